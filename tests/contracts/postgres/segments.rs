//! Customers are in the segments that their ids fall in, whatever races.

use tokio_postgres::Client;
use vouch_domain::{ports::RecordOutcome, tenant::Tenant};
use vouch_testkit::{TestDatabase, individual, unique_claim};

use super::{
    contention::{recording, when_the_store_waits},
    plans::add,
};
use crate::harness::World;

/// Has the next segment opened when the newest one has so many customers.
pub(super) async fn open_when_there_are(client: &Client, size: u16) {
    let function = format!(
        "CREATE OR REPLACE FUNCTION search_segment_size() RETURNS integer LANGUAGE sql IMMUTABLE RETURN {size}"
    );
    client.batch_execute(&function).await.unwrap();
}

/// How many segments the list of a tenant has.
pub(super) async fn segments(client: &Client, tenant: Tenant) -> i64 {
    let sql = "SELECT count(*) FROM search_segments WHERE organisation_id = $1 AND env = $2";
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let row = client.query_one(sql, &[&organisation, &env]).await.unwrap();
    row.get(0)
}

/// How many segments have customers, and how many customers are in another than their id falls in.
async fn used_and_misplaced(client: &Client) -> (i64, i64) {
    let sql = "
        SELECT count(DISTINCT chosen), count(*) FILTER (WHERE chosen IS DISTINCT FROM due)
        FROM (SELECT (SELECT split_part(min(gram), E'\\x1f', 1)::bigint FROM unnest(tsvector_to_array(c.search_grams)) gram) AS chosen,
                     (SELECT s.number FROM search_segments s
                      WHERE s.organisation_id = c.organisation_id AND s.env = c.env AND s.follows < c.id
                      ORDER BY s.follows DESC LIMIT 1) AS due
              FROM customers c WHERE c.search_grams IS NOT NULL) segments";
    let row = client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn many_at_once_open_segments_and_are_in_theirs() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    open_when_there_are(&client, 4).await;
    for _ in 0..5 {
        let mut reservations = Vec::new();
        for _ in 0..8 {
            reservations.push(world.granted(&individual(), &unique_claim()).await);
        }
        // The newest first: so the older ones come late.
        let recorded = reservations
            .iter()
            .rev()
            .map(|reservation| world.recorded(reservation));
        futures_util::future::join_all(recorded).await;
    }
    let (used, misplaced) = used_and_misplaced(&client).await;
    assert_eq!(misplaced, 0);
    // Eight reservations are twice what a segment has to have, so whoever records first opens the next one after them.
    assert_eq!(used, 5);
    assert_eq!(segments(&client, world.tenant).await, 6);
}

#[tokio::test]
async fn nobody_waits_to_open_a_segment_before_the_newest_has_twice_its_size() {
    let world = World::<TestDatabase>::new().await;
    let (client, rival) = (world.adapter.client().await, world.adapter.client().await);
    add(&client, world.tenant, 1..=8).await;
    rival.batch_execute("BEGIN").await.unwrap();
    add(&rival, world.tenant, 9..=9).await;
    open_when_there_are(&client, 8).await;
    world.customers(4).await;
    assert_eq!(segments(&client, world.tenant).await, 1);
    rival.batch_execute("COMMIT").await.unwrap();
    world.customers(1).await;
    add(&client, world.tenant, 10..=10).await;
    assert_eq!(segments(&client, world.tenant).await, 2);
    assert_eq!(used_and_misplaced(&client).await, (2, 0));
}

#[tokio::test]
async fn a_segment_is_opened_when_all_who_chose_before_have_ended() {
    let world = World::<TestDatabase>::new().await;
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let (client, rival) = (world.adapter.client().await, world.adapter.client().await);
    rival
        .batch_execute("SET statement_timeout = '1min'; BEGIN")
        .await
        .unwrap();
    // In the first segment, and newer than whoever opens the second.
    add(&rival, world.tenant, 1..=1).await;
    open_when_there_are(&client, 1).await;
    let recording = recording(&world, &reservation);
    let ending = when_the_store_waits("") + "; COMMIT";
    rival.batch_execute(&ending).await.unwrap();
    let outcome = recording.await.unwrap();
    assert!(
        matches!(outcome, Ok(RecordOutcome::Recorded(_))),
        "{outcome:?}"
    );
    let sql = "SELECT reference FROM customers c JOIN search_segments s ON s.follows = c.id";
    let followed = client.query(sql, &[]).await.unwrap();
    let followed: Vec<String> = followed.iter().map(|row| row.get(0)).collect();
    assert_eq!(followed, ["ref-1"]);
    assert_eq!(used_and_misplaced(&client).await, (1, 0));
}
