//! Searches of lists that are longer than what a search looks through by itself, and that have many segments, find what
//! reading every customer finds.

use tokio_postgres::Client;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    ports::{CustomerPageRequest, CustomerQueries, SearchText},
    tenant::Tenant,
};
use vouch_testkit::{TestDatabase, reference};

use super::{
    plans::add,
    segments::{open_when_there_are, segments},
};
use crate::harness::World;

/// Numbers of the customers; each hundredth is verified.
const LAST: i32 = 6_000;

/// References of the customers on that page, by reading all of them.
async fn read_through(
    client: &Client,
    tenant: Tenant,
    request: &CustomerPageRequest,
) -> Vec<String> {
    let sql = "SELECT reference FROM customers c
         WHERE organisation_id = $1 AND env = $2 AND strpos(search_text, $3) > 0
           AND ($4::text IS NULL OR status = $4)
           AND ($5::text IS NULL OR id < (SELECT id FROM customers WHERE organisation_id = $1 AND reference = $5))
         ORDER BY id DESC LIMIT $6";
    let search = request.search.as_ref().map(SearchText::as_str);
    let status = request.status.map(Status::as_str);
    let after = match &request.after {
        Some(CustomerHandle::Reference(reference)) => Some(reference.as_str()),
        _ => None,
    };
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let limit = i64::from(request.limit);
    let rows = client
        .query(
            sql,
            &[&organisation, &env, &search, &status, &after, &limit],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_search_of_a_long_list_finds_what_reading_it_finds() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    open_when_there_are(&client, 64).await;
    let neighbour = world.new_tenant(world.tenant.env).await;
    for tenant in [world.tenant, neighbour] {
        add(&client, tenant, 1..=LAST).await;
        assert!(segments(&client, tenant).await > 30);
    }
    // Common and rare, of the newest and of the oldest only, at the end of a text, and none.
    let texts = [
        "ref-1", "ref-11", "ref-47", "ref-4711", "person", "f00d", "0a", "-7", "f", "q", "qz",
        "-99", "nobody",
    ];
    let mut pages = Vec::new();
    for text in texts {
        for after in [None, Some("ref-4500"), Some("ref-1500")] {
            for (status, limit) in [
                (None, 50),
                (Some(Status::Verified), 3),
                (Some(Status::Closed), 1),
            ] {
                pages.push(CustomerPageRequest {
                    limit,
                    after: after.map(|after| CustomerHandle::Reference(reference(after))),
                    status,
                    search: Some(SearchText::parse(text).unwrap()),
                });
            }
        }
    }
    for request in pages {
        let page = world.store().page(world.tenant, &request).await.unwrap();
        let found: Vec<_> = page
            .customers
            .iter()
            .map(|customer| customer.reference.as_str())
            .collect();
        let expected = read_through(&client, world.tenant, &request).await;
        assert_eq!(found, expected, "{request:?}");
    }
}
