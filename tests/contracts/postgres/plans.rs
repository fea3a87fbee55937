//! The very statements that the store sends use the indexes that were made for them.

use std::ops::RangeInclusive;

use tokio_postgres::{Client, types::ToSql};
use vouch_domain::{
    customer::{CustomerHandle, Status},
    ports::{CustomerPageRequest, CustomerQueries, SearchText, TreasuryCustomerQueries},
    tenant::Tenant,
};
use vouch_postgres::sought;
use vouch_testkit::{Parsed, TestDatabase, Wiretap, individual, reference};

use super::segments::{open_when_there_are, segments};
use crate::harness::World;

/// A tenant among others, with 5,000 customers each.
async fn filled() -> (World<TestDatabase>, Client) {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    open_when_there_are(&client, 64).await;
    for tenant in [world.tenant, world.new_tenant(world.tenant.env).await] {
        // Several times as many as a search walks through: of no more than those it may well read all.
        add(&client, tenant, 1..=5_000).await;
    }
    assert!(segments(&client, world.tenant).await > 30);
    client.batch_execute("ANALYZE").await.unwrap();
    (world, client)
}

/// Customers with these numbers.
pub(super) async fn add(client: &Client, tenant: Tenant, numbers: RangeInclusive<i32>) {
    let sql = "
        INSERT INTO customers (organisation_id, env, id, reference, provisioning, rail_customer_id, status, version,
                               event_count, customer_type, country, id_type, display_name, search_text,
                               search_grams, identity_hashes, data_key, personal_data)
        SELECT $1::uuid, $2, id,
               'ref-' || n, 'provisioned', $1::uuid || '-' || n,
               CASE WHEN n % 100 = 0 THEN 'verified' ELSE 'pending' END, 1, 1, 'individual', 'CA', 'passport',
               'Person ' || n, search_text,
               placed_grams($1, $2, id, ARRAY(SELECT substr(search_text || E'\\x1f\\x1f', place, 3)
                                              FROM generate_series(1, char_length(search_text)) place)),
               repeat('x', 144)::bytea, repeat('x', 61)::bytea, repeat('x', 400)::bytea
        FROM generate_series($3::int, $4::int) n,
             LATERAL (SELECT (lpad(to_hex(1768471200000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid AS id) id,
             LATERAL (SELECT E'ref-' || n || E'\\x1f\\x1fperson ' || md5(n::text) AS search_text) text";
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let (first, last) = (numbers.start(), numbers.end());
    client
        .execute(sql, &[&organisation, &env, first, last])
        .await
        .unwrap();
}

/// The plan of a statement for these values of its placeholders.
pub(super) async fn plan(client: &Client, statement: &Parsed, values: &[String]) -> String {
    explained(client, "EXPLAIN", statement, values).await
}

async fn explained(
    client: &Client,
    explain: &str,
    statement: &Parsed,
    values: &[String],
) -> String {
    let Parsed { sql, types } = statement;
    let prepare = format!("DEALLOCATE ALL; PREPARE it ({}) AS {sql}", types.join(", "));
    client.batch_execute(&prepare).await.unwrap();
    let explain = format!("{explain} EXECUTE it ({})", values.join(", "));
    let rows = client
        .query(&explain, &[] as &[&(dyn ToSql + Sync)])
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<_, String>(0) + "\n")
        .collect()
}

/// Plans with the values known and with them unknown, as PostgreSQL does for the first and for later executions.
pub(super) async fn assert_uses(
    client: &Client,
    statement: &Parsed,
    values: &[String],
    index: &str,
) {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client
            .batch_execute(&format!("SET plan_cache_mode = {mode}"))
            .await
            .unwrap();
        let plan = plan(client, statement, values).await;
        assert!(plan.contains(index), "{mode}: not by {index}:\n{plan}");
        // There are few organisations, and always will be; and few segments, for which alone a search samples the list.
        let others = plan
            .replace("Seq Scan on organisations", "")
            .replace("Seq Scan on search_segments  (", "");
        assert!(!others.contains("Seq Scan"), "{mode}:\n{plan}");
    }
}

pub(super) fn quoted(value: impl std::fmt::Display) -> String {
    format!("'{value}'")
}

#[tokio::test]
async fn reads_use_their_indexes() {
    let (world, client) = filled().await;
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    let tenant = [quoted(world.tenant.organisation.uuid()), quoted("test")];
    let made = world.exists(&individual()).await;
    let _ = tap.take();

    for (handle, value, index) in [
        (
            CustomerHandle::Id(made.id),
            quoted(made.id.uuid()),
            "customers_pkey",
        ),
        (
            CustomerHandle::Reference(reference("ref-7")),
            quoted("ref-7"),
            "customers_reference",
        ),
    ] {
        store.find(world.tenant, &handle).await.unwrap();
        let (mut statements, _) = tap.take();
        // The connection that such reads share is new, and sets itself up.
        statements.retain(|statement| statement.sql.contains("FROM customers"));
        let values = [&tenant[..], &[value]].concat();
        assert_uses(&client, &statements[0], &values, index).await;
    }

    let page = |after: bool, status, search: Option<&str>| CustomerPageRequest {
        limit: 50,
        after: after.then(|| CustomerHandle::Reference(reference("ref-2500"))),
        status,
        search: search.map(|text| SearchText::parse(text).unwrap()),
    };
    let pages = [
        (page(false, None, None), "customers_pkey"),
        (page(true, None, None), "customers_pkey"),
        (
            page(false, Some(Status::Verified), None),
            "customers_status",
        ),
        (page(true, Some(Status::Verified), None), "customers_status"),
        (page(false, None, Some("q")), "customers_search"),
        (page(true, None, Some("ref-1711")), "customers_search"),
        (
            page(false, Some(Status::Pending), Some("ref-4711")),
            "customers_search",
        ),
        (
            page(true, Some(Status::Verified), Some("qz")),
            "customers_search",
        ),
    ];
    let mut statements = Vec::new();
    for (request, index) in pages {
        store.page(world.tenant, &request).await.unwrap();
        let (mut sent, _) = tap.take();
        let text = |text: Option<String>| text.map_or("NULL".to_owned(), quoted);
        let values = [
            tenant[0].clone(),
            tenant[1].clone(),
            "NULL".to_owned(),
            text(request.after.map(|_| "ref-2500".to_owned())),
            text(request.status.map(|status| status.as_str().to_owned())),
            text(request.search.map(|search| search.as_str().to_owned())),
            "51".to_owned(),
            "ARRAY[E'''\\x1fqzx''']".to_owned(),
        ];
        statements.push((sent.remove(0), values, index));
    }
    for (statement, values, index) in &statements {
        assert_uses(&client, statement, values, index).await;
    }
    // What the planner knows is old news now.
    add(&client, world.tenant, 5_001..=20_000).await;
    for (statement, values, index) in &statements {
        assert_uses(&client, statement, values, index).await;
    }
}

/// How many rows the index of searches handed over.
async fn read_for_a_search(client: &Client, statement: &Parsed, values: &[String]) -> f64 {
    let explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)";
    let plan = explained(client, explain, statement, values).await;
    let (_, scan) = plan
        .split_once("Bitmap Index Scan on customers_search (actual rows=")
        .unwrap_or_else(|| panic!("{plan}"));
    scan.split_once(' ').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn a_text_is_found_by_what_is_rare_in_it_when_there_is_but_one_segment() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    add(&client, world.tenant, 1..=3_000).await;
    assert_eq!(segments(&client, world.tenant).await, 1);
    client.batch_execute("ANALYZE").await.unwrap();
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    let _ = tap.take();

    // It begins with what everybody has, and ends with what an old customer has alone.
    let old = "SELECT 'person ' || left(md5('711'), 6)";
    let text: String = client.query_one(old, &[]).await.unwrap().get(0);
    let search = SearchText::parse(&text).unwrap();
    let grams: Vec<_> = sought(&search)
        .iter()
        .map(|gram| quoted(gram.replace('\'', "''")))
        .collect();
    let request = CustomerPageRequest {
        limit: 50,
        after: None,
        status: None,
        search: Some(search),
    };
    let page = store.page(world.tenant, &request).await.unwrap();
    assert_eq!(page.customers.len(), 1);
    let (statements, _) = tap.take();
    let values = [
        quoted(world.tenant.organisation.uuid()),
        quoted("test"),
        "NULL".to_owned(),
        "NULL".to_owned(),
        "NULL".to_owned(),
        quoted(text),
        "51".to_owned(),
        format!("ARRAY[{}]", grams.join(", ")),
    ];
    let read = read_for_a_search(&client, &statements[0], &values).await;
    assert!((1.0..30.0).contains(&read), "{read}");
}

#[tokio::test]
async fn reads_of_the_treasury_api_use_their_indexes() {
    let (world, client) = filled().await;
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    let tenant = [quoted(world.tenant.organisation.uuid()), quoted("test")];
    let made = world.exists(&individual()).await;
    let _ = tap.take();

    store.find_treasury(world.tenant, made.id).await.unwrap();
    let (statements, _) = tap.take();
    let values = [&tenant[..], &[quoted(made.id.uuid())]].concat();
    assert_uses(&client, &statements[0], &values, "customers_pkey").await;
    for after in [None, Some(made.id)] {
        // What the rows hold is not what was sealed for them.
        let _ = store.page_treasury(world.tenant, after, 50).await;
        let (statements, _) = tap.take();
        let after = after.map(|after| quoted(after.uuid()));
        let values: Vec<_> = tenant
            .iter()
            .cloned()
            .chain(["50".to_owned()])
            .chain(after)
            .collect();
        assert_uses(&client, &statements[0], &values, "customers_pkey").await;
    }
}
