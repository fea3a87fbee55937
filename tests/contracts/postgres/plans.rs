//! The very statements that the store sends use the indexes that were made for them.

use tokio_postgres::{Client, types::ToSql};
use vouch_domain::{
    customer::{CustomerHandle, Status},
    ports::{CustomerPageRequest, CustomerQueries, SearchText, TreasuryCustomerQueries},
};
use vouch_testkit::{Parsed, TestDatabase, Wiretap, individual, reference};

use crate::harness::World;

/// A tenant among others, with 5,000 customers each.
async fn filled() -> (World<TestDatabase>, Client) {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let sql = "
        INSERT INTO customers (organisation_id, env, id, reference, provisioning, rail_customer_id, status, version,
                               event_count, customer_type, country, id_type, display_name, search_text,
                               identity_hashes, data_key, personal_data)
        SELECT $1::uuid, $2, (lpad(to_hex(1768471200000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
               'ref-' || n, 'provisioned', $1::uuid || '-' || n,
               CASE WHEN n % 100 = 0 THEN 'verified' ELSE 'pending' END, 1, 1, 'individual', 'CA', 'passport',
               'Person ' || n, E'ref-' || n || E'\\x1f\\x1fperson ' || md5(n::text), repeat('x', 144)::bytea,
               repeat('x', 61)::bytea, repeat('x', 400)::bytea
        FROM generate_series(1, 5000) n";
    for tenant in [world.tenant, world.new_tenant(world.tenant.env).await] {
        let organisation = tenant.organisation.uuid();
        client
            .execute(sql, &[&organisation, &tenant.env.as_str()])
            .await
            .unwrap();
    }
    client.batch_execute("ANALYZE").await.unwrap();
    (world, client)
}

/// The plan of a statement for these values of its placeholders.
async fn plan(client: &Client, statement: &Parsed, values: &[String]) -> String {
    let Parsed { sql, types } = statement;
    let prepare = format!("DEALLOCATE ALL; PREPARE it ({}) AS {sql}", types.join(", "));
    client.batch_execute(&prepare).await.unwrap();
    let explain = format!("EXPLAIN EXECUTE it ({})", values.join(", "));
    let rows = client
        .query(&explain, &[] as &[&(dyn ToSql + Sync)])
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<_, String>(0) + "\n")
        .collect()
}

/// Plans with the values known and with them unknown, as PostgreSQL does for the first and for later executions.
async fn assert_uses(client: &Client, statement: &Parsed, values: &[String], index: &str) {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client
            .batch_execute(&format!("SET plan_cache_mode = {mode}"))
            .await
            .unwrap();
        let plan = plan(client, statement, values).await;
        assert!(plan.contains(index), "{mode}: not by {index}:\n{plan}");
        assert!(!plan.contains("Seq Scan on customers"), "{mode}:\n{plan}");
    }
}

fn quoted(value: impl std::fmt::Display) -> String {
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
        let (statements, _) = tap.take();
        let values = [&tenant[..], &[value]].concat();
        assert_uses(&client, &statements[0], &values, index).await;
    }

    let page = |after: bool, status, search: Option<&str>| CustomerPageRequest {
        limit: 50,
        after: after.then(|| CustomerHandle::Reference(reference("ref-2500"))),
        status,
        search: search.map(|text| SearchText::parse(text).unwrap()),
    };
    for (request, index) in [
        (page(false, None, None), "customers_pkey"),
        (page(true, None, None), "customers_pkey"),
        (
            page(false, Some(Status::Verified), None),
            "customers_status",
        ),
        (page(true, Some(Status::Verified), None), "customers_status"),
        (page(false, None, Some("ref-4711")), "customers_search"),
        (page(true, None, Some("ref-1711")), "customers_search"),
        (
            page(false, Some(Status::Pending), Some("ref-4711")),
            "customers_search",
        ),
    ] {
        store.page(world.tenant, &request).await.unwrap();
        let (statements, _) = tap.take();
        let text = |text: Option<String>| text.map_or("NULL".to_owned(), quoted);
        let values = [
            tenant[0].clone(),
            tenant[1].clone(),
            "NULL".to_owned(),
            text(request.after.map(|_| "ref-2500".to_owned())),
            text(request.status.map(|status| status.as_str().to_owned())),
            text(
                request
                    .search
                    .map(|search| format!("%{}%", search.as_str())),
            ),
            "51".to_owned(),
        ];
        assert_uses(&client, &statements[0], &values, index).await;
    }
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
