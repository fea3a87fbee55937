//! What becomes of statements that meet others.

use std::time::Duration;

use tokio::time::{Instant, pause, sleep};
use tokio_postgres::Client;
use vouch_domain::{
    customer::CustomerHandle,
    id::EventId,
    ports::{CustomerQueries, Provisioning, RecordOutcome, Reservation, StoreError},
};
use vouch_testkit::{TestDatabase, Wiretap, individual, unique_claim};

use crate::harness::{World, by_id, rail_id};

/// Waits until somebody waits for a lock in this database.
async fn until_somebody_waits(client: &Client) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'vouch' AND wait_event_type = 'Lock'";
    while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(Instant::now() < deadline, "nobody waits");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Starts to record a reservation.
fn recording(
    world: &World<TestDatabase>,
    reservation: &Reservation,
) -> tokio::task::JoinHandle<Result<RecordOutcome, StoreError>> {
    let (store, reservation) = (world.store().clone(), reservation.clone());
    let event: EventId = world.ids.mint();
    tokio::spawn(async move {
        store
            .record_provisioned(&reservation, &rail_id("rail-1"), event, true)
            .await
    })
}

const LOCK_CUSTOMERS: &str = "BEGIN; SELECT FROM customers FOR UPDATE";
const LOCK_RESERVATIONS: &str = "SELECT FROM reservations FOR UPDATE";

#[tokio::test]
async fn a_statement_that_loses_a_deadlock_is_run_again() {
    let world = World::<TestDatabase>::new().await;
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let rival = world.adapter.client().await;
    // So that it is never the rival that gives way.
    rival
        .batch_execute("SET deadlock_timeout = '1min'")
        .await
        .unwrap();
    rival.batch_execute(LOCK_CUSTOMERS).await.unwrap();
    let recording = recording(&world, &reservation);
    let witness = world.adapter.client().await;
    until_somebody_waits(&witness).await;
    let free = format!("{LOCK_RESERVATIONS} SKIP LOCKED");
    assert!(
        witness.query(&free, &[]).await.unwrap().is_empty(),
        "no deadlock would come about"
    );
    rival.batch_execute(LOCK_RESERVATIONS).await.unwrap();
    rival.batch_execute("COMMIT").await.unwrap();
    let outcome = recording.await.unwrap();
    assert!(
        matches!(outcome, Ok(RecordOutcome::Recorded(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_lock_that_is_not_given_up_makes_the_store_unavailable() {
    let world = World::<TestDatabase>::new().await;
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let rival = world.adapter.client().await;
    rival.batch_execute(LOCK_CUSTOMERS).await.unwrap();
    let outcome = recording(&world, &reservation).await.unwrap();
    assert!(
        matches!(outcome, Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    rival.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(world.find(&CustomerHandle::Id(reservation.id)).await, None);
    world.recorded(&reservation).await;
}

#[tokio::test]
async fn a_lost_connection_makes_the_store_unavailable_once() {
    let world = World::<TestDatabase>::new().await;
    let made = world.exists(&individual()).await;
    let cut = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'vouch'";
    world
        .adapter
        .client()
        .await
        .query_one(cut, &[])
        .await
        .unwrap();
    let handle = by_id(&made);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match CustomerQueries::find(world.store(), world.tenant, &handle).await {
            Ok(found) => {
                assert_eq!(found, Some(made));
                break;
            }
            Err(StoreError::Unavailable(_)) => assert!(Instant::now() < deadline, "it stays lost"),
            Err(defect) => panic!("{defect}"),
        }
    }
}

#[tokio::test]
async fn a_violated_constraint_is_named_without_its_values() {
    let world = World::<TestDatabase>::new().await;
    let customer = individual();
    let reservation = world.granted(&customer, &unique_claim()).await;
    let event: EventId = world.ids.mint();
    let store = world.store();
    store
        .record_provisioned(&reservation, &rail_id("rail-1"), event, true)
        .await
        .unwrap();
    let second = world.granted(&individual(), &unique_claim()).await;
    let outcome = store
        .record_provisioned(&second, &rail_id("rail-2"), event, true)
        .await;
    let expected = StoreError::Defect("unexpected violation of events_id".to_owned());
    assert_eq!(outcome, Err(expected));
}

#[tokio::test]
async fn a_database_that_says_nothing_is_not_waited_for_beyond_one_deadline() {
    const DEADLINE: Duration = Duration::from_secs(5);
    const TICK: Duration = Duration::from_millis(10);
    let world = World::<TestDatabase>::new().await;
    let handle = by_id(&world.exists(&individual()).await);
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    let find = async || CustomerQueries::find(&store, world.tenant, &handle).await;
    find().await.unwrap();
    tap.freeze();
    // What is waited for in vain takes no time now, and is counted exactly.
    pause();
    // On the connection that there is; then on a new one, which cannot be opened; and behind somebody who waits.
    for _ in 0..2 {
        let since = Instant::now();
        let (one, other) = tokio::join!(find(), find());
        for found in [one, other] {
            assert!(
                matches!(found, Err(StoreError::Unavailable(_))),
                "{found:?}"
            );
        }
        assert!(since.elapsed() < DEADLINE + TICK, "{:?}", since.elapsed());
    }
}
