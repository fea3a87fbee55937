//! The customers that are measured on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;
use uuid::Uuid;
use vouch_application::ids::IdMint;
use vouch_domain::{
    id::{CustomerId, EventId},
    ports::{LeaseTerms, Provisioning, RailCustomerId, Reservation, Reserve, Reserved},
    tenant::Tenant,
};
use vouch_postgres::{Database, Installation, PoolSettings, Store};
use vouch_testkit::{FixedClock, individual, unique_claim};

use crate::{Failure, home::connect, service::master_keys};

/// Customers that the service itself could have made, and so can be amended; evenly spread among the others.
const AMENDABLE_CUSTOMERS: u64 = 4_000;
/// Other organisations, and their customers.
const OTHERS: u64 = 40;
const CUSTOMERS_OF_OTHERS: u64 = 500;
/// Rows of one statement of the load.
const PORTION: i64 = 10_000;
/// How many customers at a time are made as the service makes them.
pub(crate) const AT_ONCE: usize = 16;

/// Customers of one row of a [`Table`].
pub const BATCH: u8 = 8;

/// A table in the schema `bench` with customers in rows of [`BATCH`], so that `pgbench` learns of several in one query.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its rows, numbered from 0.
    pub batches: u32,
    /// Which customers of an organisation are in it, in SQL.
    pub(crate) customers: &'static str,
}

/// Any customers.
pub const EVERYONE: Table = Table {
    name: "everyone",
    batches: 1_250,
    customers: "NOT is_primary",
};
/// Those that can be amended.
pub const AMENDABLE: Table = Table {
    name: "amendable",
    batches: 500,
    customers: "reference LIKE 'customer-%'",
};
/// Customers of the Treasury API.
pub const PAYERS: Table = Table {
    name: "payers",
    batches: 500,
    customers: "NOT is_primary",
};

/// Terms of reservations that end at once.
pub const TERMS: LeaseTerms = LeaseTerms {
    look_up: Duration::from_secs(3),
    create: Duration::from_secs(10),
    settle: Duration::from_secs(2),
};

/// Leaves the database as a quiet hour would.
///
/// # Errors
/// When the database fails.
pub async fn settle(client: &Client) -> Result<(), Failure> {
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// The store of the measured installation.
///
/// # Errors
/// When the database cannot be used.
pub async fn store(url: &str) -> Result<Store, Failure> {
    let database = Database::new(url, PoolSettings::direct(AT_ONCE))?;
    let installation = Installation::open(&database, master_keys()?).await?;
    Ok(Store::new(database, &installation))
}

/// Fills the database: so many customers of this tenant, and some thousands of others.
///
/// # Errors
/// When the database fails.
pub async fn load(url: &str, tenant: Tenant, rows: u64) -> Result<(), Failure> {
    let client = connect(url).await?;
    client.batch_execute(include_str!("data.sql")).await?;
    let since = start().timestamp_millis();
    let organisation = tenant.organisation.uuid();
    let segments = "SELECT bench.add_segments($1, $2, $3)";
    client
        .execute(segments, &[&organisation, &i64::try_from(rows)?, &since])
        .await?;
    add_amendable(url, tenant, rows).await?;
    client
        .batch_execute(
            "INSERT INTO bench.real_customer SELECT identity_hashes, data_key, personal_data FROM customers
             WHERE NOT is_primary LIMIT 1",
        )
        .await?;
    let others = add_others(&client).await?;
    // References between the rows of one statement need no check.
    client
        .batch_execute("SET session_replication_role = replica")
        .await?;
    client
        .execute("SELECT bench.prepare_creates()", &[])
        .await?;
    let search_index = drop_search_index(&client).await?;
    let progress = progress("customers", rows + OTHERS * CUSTOMERS_OF_OTHERS);
    add(&client, organisation, rows, since, &progress).await?;
    for other in others {
        add(&client, other, CUSTOMERS_OF_OTHERS, since, &progress).await?;
    }
    progress.finish();
    client.batch_execute(&search_index).await?;
    for table in [&EVERYONE, &AMENDABLE] {
        add_batches(&client, organisation, table).await?;
    }
    Ok(())
}

async fn add_others(client: &Client) -> Result<Vec<Uuid>, Failure> {
    let sql = "INSERT INTO organisations
               SELECT gen_random_uuid(), 'Other', 'other@example.com', false, true
               FROM generate_series(1, $1::bigint) RETURNING id";
    let rows = client.query(sql, &[&i64::try_from(OTHERS)?]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The first customer's millisecond.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_768_471_200_000).unwrap_or_default()
}

pub(crate) fn progress(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    let progress = ProgressBar::new(length).with_message(what);
    match style {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
}

async fn add(
    client: &Client,
    organisation: Uuid,
    rows: u64,
    since: i64,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    for (first, last) in portions(rows)? {
        let add = "SELECT bench.add_customers($1, $2, $3, $4)";
        client
            .execute(add, &[&organisation, &first, &last, &since])
            .await?;
        progress.inc(last.abs_diff(first) + 1);
    }
    Ok(())
}

/// The numbers from 1 to this, in portions from the first of each to its last.
pub(crate) fn portions(rows: u64) -> Result<impl Iterator<Item = (i64, i64)>, Failure> {
    let rows = i64::try_from(rows)?;
    let before = (0..rows).step_by(usize::try_from(PORTION)?);
    Ok(before.map(move |before| (before + 1, rows.min(before + PORTION))))
}

/// An index that is made at the end is made in a fraction of the time. Answers the statement that makes it.
async fn drop_search_index(client: &Client) -> Result<String, Failure> {
    let definition = client
        .query_one("SELECT pg_get_indexdef('customers_search'::regclass)", &[])
        .await?
        .get(0);
    client.batch_execute("DROP INDEX customers_search").await?;
    Ok(definition)
}

/// Makes customers by the store's own steps.
async fn add_amendable(url: &str, tenant: Tenant, rows: u64) -> Result<(), Failure> {
    // Whoever loses these loses the whole measurement.
    let store = store(&format!("{url}?options=-csynchronous_commit%3Doff")).await?;
    let clock = FixedClock::new();
    clock.set(start());
    let ids = IdMint::new(clock.clone());
    let apart = Duration::from_millis(rows / AMENDABLE_CUSTOMERS);
    let progress = progress("amendable customers", AMENDABLE_CUSTOMERS);
    let made = stream::iter(0..AMENDABLE_CUSTOMERS).map(|_| {
        clock.advance(apart);
        let (id, event) = (ids.mint(), ids.mint());
        create(&store, tenant, id, event)
    });
    made.buffer_unordered(AT_ONCE)
        .try_for_each(async |()| {
            progress.inc(1);
            Ok(())
        })
        .await?;
    progress.finish();
    Ok(())
}

/// One customer, by the two statements of a create.
///
/// # Errors
/// When the database fails.
pub async fn create(
    store: &Store,
    tenant: Tenant,
    id: CustomerId,
    event: EventId,
) -> Result<(), Failure> {
    let customer = individual();
    let claim = unique_claim();
    let request = Reserve {
        id,
        customer: &customer,
        claim: &claim,
        terms: TERMS,
    };
    let Reserved::Granted(lease) = store.reserve(tenant, &request).await? else {
        return Err("a new customer is not reserved".into());
    };
    let reservation = Reservation {
        tenant,
        id,
        customer,
        lease,
    };
    let rail_customer = RailCustomerId::parse(&id.to_string())?;
    store
        .record_provisioned(&reservation, &rail_customer, event, true)
        .await?;
    Ok(())
}

/// Fills a table with customers of this organisation.
pub(crate) async fn add_batches(
    client: &Client,
    organisation: Uuid,
    table: &Table,
) -> Result<(), Failure> {
    let columns: Vec<String> = (0..BATCH)
        .map(|n| format!("ids[{0}] AS id{n}, refs[{0}] AS reference{n}", n + 1))
        .collect();
    let columns = columns.join(", ");
    let Table {
        name,
        batches,
        customers,
    } = table;
    let sql = format!(
        "CREATE TABLE bench.{name} AS
         SELECT n, {columns} FROM (
             SELECT n, array_agg(id) AS ids, array_agg(reference) AS refs FROM (
                 SELECT id, reference, (row_number() OVER (ORDER BY random()) - 1) / {BATCH} AS n FROM customers
                 WHERE organisation_id = '{organisation}' AND {customers} LIMIT {batches} * {BATCH}
             ) numbered GROUP BY n HAVING count(*) = {BATCH}
         ) batches;
         ALTER TABLE bench.{name} ADD PRIMARY KEY (n)"
    );
    client.batch_execute(&sql).await?;
    Ok(())
}
