//! The schema: the way there, the way back, and the rule that all its keys obey.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tokio_postgres::Client;
use vouch_postgres::{SchemaState, migrate, schema_state};
use vouch_testkit::ScratchDatabase;

/// Diesel's own record of what was run.
const RECORD: &str = "__diesel_schema_migrations";

/// Keys that do not begin with the organisation, each for a reason that the schema gives.
const GLOBAL_KEYS: [(&str, &[&str]); 9] = [
    ("api_keys", &["digest"]),
    ("api_keys", &["id"]),
    ("customers", &["env", "rail_customer_id"]),
    ("installation", &["only_row"]),
    ("organisations", &["id"]),
    ("rail_callbacks", &["env", "digest"]),
    ("reservations", &["env", "person"]),
    ("search_segments", &["number"]),
    ("virtual_accounts", &["env", "rail_account_id"]),
];

/// The migrations, oldest first.
fn folders() -> Vec<PathBuf> {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let entries = fs::read_dir(migrations)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

async fn run(client: &Client, folder: &Path, file: &str) {
    let sql = fs::read_to_string(folder.join(file)).unwrap();
    // Like Diesel does: each as a whole or not at all.
    client
        .batch_execute(&format!("BEGIN; {sql}; COMMIT"))
        .await
        .unwrap();
}

/// The schema as PostgreSQL itself tells it.
fn dump(database: &ScratchDatabase) -> String {
    let folders = vouch_local_postgres::binary_folders();
    let folder = folders
        .iter()
        .find(|folder| folder.join("pg_dump").exists())
        .expect("pg_dump");
    let run = Command::new(folder.join("pg_dump"))
        .args([
            "--schema-only",
            "--no-owner",
            "--exclude-table",
            RECORD,
            database.url(),
        ])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    // Newer versions write a random word here, to fence what follows.
    let text = String::from_utf8(run.stdout).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_way_back_leads_to_where_it_began() {
    let database = ScratchDatabase::empty().await;
    let client = database.client().await;
    let mut schemas = vec![dump(&database)];
    for folder in &folders() {
        run(&client, folder, "up.sql").await;
        schemas.push(dump(&database));
    }
    let highest = schemas.last().unwrap().clone();
    for (folder, before) in folders().iter().zip(&schemas).rev() {
        run(&client, folder, "down.sql").await;
        assert_eq!(&dump(&database), before, "{}", folder.display());
    }
    for folder in &folders() {
        run(&client, folder, "up.sql").await;
    }
    assert_eq!(dump(&database), highest);
    assert!(highest.contains("CREATE TABLE public.customers"));
}

/// As it was before the Treasury contract: two organisations, one of them with a customer and a key.
const BEFORE_TREASURY: &str = "
    INSERT INTO organisations VALUES
        ('01890a5d-ac96-774b-bcce-b302099a8057', 'One', 'one@example.com', false, true),
        ('01890a5d-ac97-774b-bcce-b302099a8057', 'Two', 'two@example.com', true, false);
    INSERT INTO customers (organisation_id, env, id, reference, provisioning, rail_customer_id, status, version,
                           event_count, customer_type, country, id_type, display_name, search_text, identity_hashes,
                           data_key, personal_data)
    VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'test', '01890a5d-ac98-774b-bcce-b302099a8057', 'r', 'provisioned',
            'rail-1', 'verified', 1, 0, 'individual', 'CA', 'passport', 'Ada Obi', 'ada', repeat('x', 144)::bytea, 'k',
            'p');
    INSERT INTO idempotency_keys (organisation_id, env, contract, scope, key, fingerprint, customer_id)
    VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'test', 'remittance', 'POST /customers', 'k',
            repeat('x', 32)::bytea, '01890a5d-ac98-774b-bcce-b302099a8057')";

#[tokio::test]
async fn organisations_of_before_get_their_primary_customers() {
    let database = ScratchDatabase::empty().await;
    let client = database.client().await;
    let folders = folders();
    run(&client, &folders[0], "up.sql").await;
    client.batch_execute(BEFORE_TREASURY).await.unwrap();
    let before = contents(&client).await;
    run(&client, &folders[1], "up.sql").await;
    let sql = "SELECT o.name || ' ' || c.env, c.id::text, left(c.id::text, 15) = left(o.id::text, 13) || '-7'
               FROM customers c JOIN organisations o ON o.id = c.organisation_id
               WHERE c.is_primary ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["One live", "One test", "Two live", "Two test"]);
    let ids: BTreeSet<String> = rows.iter().map(|row| row.get(1)).collect();
    assert_eq!(ids.len(), 4);
    assert!(rows.iter().all(|row| row.get(2)), "{ids:?}");
    run(&client, &folders[1], "down.sql").await;
    assert_eq!(contents(&client).await, before);
}

/// Every customer and every key.
async fn contents(client: &Client) -> String {
    let sql = "SELECT (SELECT string_agg(c::text, ';') FROM customers c) || (SELECT string_agg(k::text, ';')
               FROM idempotency_keys k)";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// As it was before segments: 20,000 customers of an organisation, each tenth of them live, in the order of their ids.
const BEFORE_SEGMENTS: &str = "
    INSERT INTO organisations VALUES ('01890a5d-ac96-774b-bcce-b302099a8abc', 'One', 'one@example.com', false, true);
    INSERT INTO customers (organisation_id, env, id, reference, provisioning, status, version, event_count, customer_type,
                           display_name, search_text, search_grams, data_key, personal_data)
    SELECT '01890a5d-ac96-774b-bcce-b302099a8abc', CASE WHEN n % 10 = 0 THEN 'live' ELSE 'test' END,
           ('01890a5d-ac98-774b-bcce-' || lpad(n::text, 12, '0'))::uuid, 'r' || n, 'none', 'pending', 1, 0, 'business',
           'Ada', left(md5(n::text), 3),
           array_to_tsvector(ARRAY['abc' || left(md5(n::text), 3), 'abc' || left(md5(n::text), 1) || E'\\x1f\\x1f']), 'k', 'p'
    FROM generate_series(1, 20000) n";

/// How many of an env's segments have customers, and how many customers would be found by other grams if they came now.
const SEGMENTS_OF_BEFORE: &str = "
    SELECT format('%s %s %s', env, count(DISTINCT split_part(search_grams::text, E'\\x1f', 1)),
                  count(*) FILTER (WHERE search_grams <> placed_grams(
                      organisation_id, env, id, ARRAY[search_text, left(search_text, 1) || E'\\x1f\\x1f'])))
    FROM customers WHERE NOT is_primary GROUP BY env ORDER BY env";

#[tokio::test]
async fn customers_of_before_are_found_in_segments_like_those_that_come_after() {
    let database = ScratchDatabase::empty().await;
    let client = database.client().await;
    let folders = folders();
    let (before, rest) = folders.split_at(
        folders
            .iter()
            .position(|folder| folder.ends_with("2026-11-22-100000_search_segments"))
            .unwrap(),
    );
    for folder in before {
        run(&client, folder, "up.sql").await;
    }
    client.batch_execute(BEFORE_SEGMENTS).await.unwrap();
    let grams = async || {
        let sql = "SELECT string_agg(search_grams::text, ' ' ORDER BY id) FROM customers";
        let row = client.query_one(sql, &[]).await.unwrap();
        row.get::<_, String>(0)
    };
    let old = grams().await;
    // There, and there again after the way back.
    for _ in 0..2 {
        run(&client, &rest[0], "up.sql").await;
        let rows = client.query(SEGMENTS_OF_BEFORE, &[]).await.unwrap();
        let segments: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(segments, ["live 1 0", "test 3 0"]);
        run(&client, &rest[0], "down.sql").await;
        assert!(grams().await == old, "other grams than before");
    }
}

/// As it was before it was known which events decisions depend on: customers with their events, oldest first, named with the
/// number of the last that counts. The last is in the other env, with the id of the first.
const BEFORE_STATUS_EVENTS: &str = "
    INSERT INTO organisations VALUES ('01890a5d-ac96-774b-bcce-b302099a8abc', 'One', 'one@example.com', false, true);
    CREATE TEMPORARY TABLE histories AS
    SELECT '01890a5d-ac96-774b-bcce-b302099a8abc'::uuid AS organisation_id, env,
           ('01890a5d-ac98-774b-bcce-00000000000' || n)::uuid AS id, reference, string_to_array(types, ' ') AS types
    FROM (VALUES
        ('test', 1, 'decided: 3', 'customer_created kyc_status_changed kyc_status_changed customer_updated'),
        ('test', 2, 'submitted: 3', 'customer_created kyc_status_changed kyc_submitted customer_updated payout_paid'),
        ('test', 3, 'closed: 2', 'customer_created customer_closed virtual_account_failed'),
        ('test', 4, 'new: 0', 'customer_created'),
        ('live', 1, 'amended: 0', 'customer_created customer_updated')
    ) history (env, n, reference, types);
    INSERT INTO customers (organisation_id, env, id, reference, provisioning, status, version, event_count, customer_type,
                           display_name, search_text, search_grams, data_key, personal_data)
    SELECT organisation_id, env, id, reference, 'none', 'pending', 1, cardinality(types), 'business', 'Ada', 'ada',
           ''::tsvector, 'k', 'p'
    FROM histories;
    INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, status, version, changed, detail)
    SELECT organisation_id, env, h.id, sequence, gen_random_uuid(), event_type, 'pending', 1, '{}',
           CASE WHEN event_type NOT IN ('customer_created', 'customer_updated', 'customer_closed') THEN '{}'::jsonb END
    FROM histories h, unnest(types) WITH ORDINALITY e (event_type, sequence)";

#[tokio::test]
async fn customers_of_before_are_judged_by_their_last_event_that_counts() {
    let database = ScratchDatabase::empty().await;
    let client = database.client().await;
    let folders = folders();
    let is_meant = |folder: &PathBuf| folder.ends_with("2026-11-22-095000_status_events");
    let place = folders.iter().position(is_meant).unwrap();
    for folder in &folders[..place] {
        run(&client, folder, "up.sql").await;
    }
    client.batch_execute(BEFORE_STATUS_EVENTS).await.unwrap();
    run(&client, &folders[place], "up.sql").await;
    let sql =
        "SELECT reference, split_part(reference, ':', 1) || ': ' || status_event FROM customers
               WHERE NOT is_primary";
    let rows = client.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let (expected, found): (String, String) = (row.get(0), row.get(1));
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn the_program_makes_the_schema_of_the_files() {
    let by_program = ScratchDatabase::empty().await;
    let pool = by_program.pool();
    assert_eq!(schema_state(&pool).await.unwrap(), SchemaState::Behind);
    assert_eq!(migrate(&pool).await.unwrap(), folders().len());
    assert_eq!(schema_state(&pool).await.unwrap(), SchemaState::Current);
    assert_eq!(migrate(&pool).await.unwrap(), 0);

    let by_hand = ScratchDatabase::empty().await;
    let client = by_hand.client().await;
    for folder in &folders() {
        run(&client, folder, "up.sql").await;
    }
    assert_eq!(dump(&by_program), dump(&by_hand));
}

#[tokio::test]
async fn several_programs_may_migrate_at_once() {
    let database = ScratchDatabase::empty().await;
    let (one, other) = (database.pool(), database.pool());
    let (one, other) = tokio::join!(migrate(&one), migrate(&other));
    assert_eq!(one.unwrap() + other.unwrap(), folders().len());
}

#[tokio::test]
async fn every_key_begins_with_the_organisation() {
    let database = ScratchDatabase::migrated().await;
    let client = database.client().await;
    let indexes = "SELECT c.relname::text, i.indexrelid::regclass::text,
                array_agg(a.attname::text ORDER BY k.position) AS columns
         FROM pg_index i
         JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, position)
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
         WHERE i.indisunique AND c.relname <> $1
         GROUP BY 1, 2";
    let rows = client.query(indexes, &[&RECORD]).await.unwrap();
    let mut global = BTreeSet::new();
    for row in &rows {
        let (table, columns): (String, Vec<String>) = (row.get(0), row.get(2));
        if columns[0] != "organisation_id" {
            global.insert((table, columns));
        }
    }
    let expected = GLOBAL_KEYS.iter().map(|(table, columns)| {
        let columns = columns.iter().map(|column| (*column).to_owned());
        ((*table).to_owned(), columns.collect::<Vec<_>>())
    });
    assert_eq!(global, expected.collect());
}

#[tokio::test]
async fn every_table_has_a_key_and_every_tenants_table_an_organisation_and_an_env() {
    let database = ScratchDatabase::migrated().await;
    let client = database.client().await;
    let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> $1";
    let mut tables = BTreeMap::<String, BTreeSet<String>>::new();
    for row in client.query(columns, &[&RECORD]).await.unwrap() {
        tables.entry(row.get(0)).or_default().insert(row.get(1));
    }
    let keyed = "SELECT table_name::text FROM information_schema.table_constraints
         WHERE table_schema = 'public' AND constraint_type = 'PRIMARY KEY'";
    let keyed = client.query(keyed, &[]).await.unwrap();
    let keyed: BTreeSet<String> = keyed.iter().map(|row| row.get(0)).collect();
    for (table, columns) in &tables {
        assert!(keyed.contains(table), "{table} has no primary key");
        let is_global =
            ["installation", "organisations", "rail_callbacks"].contains(&table.as_str());
        let has_tenant = ["organisation_id", "env"]
            .iter()
            .all(|column| columns.contains(*column));
        assert!(is_global || has_tenant, "{table} belongs to no tenant");
    }
}
