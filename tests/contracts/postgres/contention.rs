//! What becomes of statements that meet others.

use std::time::Duration;

use tokio::time::{Instant, pause};
use vouch_domain::{
    customer::CustomerHandle,
    id::EventId,
    ports::{
        AccountJobs, CustomerPageRequest, CustomerQueries, PageError, Provisioning, RecordOutcome,
        Reservation, StoreError,
    },
    values::FiatCurrency,
    virtual_account::AccountState,
};
use vouch_testkit::{TestDatabase, Wiretap, individual, unique_claim};

use crate::{
    harness::{World, by_id, rail_id},
    virtual_accounts::{all, open, take_one, verified},
};

/// Starts to record a reservation.
pub(super) fn recording(
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

/// Waits until the store waits for a lock, and then does this. PostgreSQL looks for a deadlock once, a second after a wait
/// began: too soon for a test that asks from outside who waits.
pub(super) fn when_the_store_waits(then: &str) -> String {
    format!(
        "DO $$ BEGIN
             LOOP
                 PERFORM pg_stat_clear_snapshot();
                 EXIT WHEN EXISTS (SELECT FROM pg_stat_activity
                                   WHERE datname = current_database() AND application_name = 'vouch'
                                     AND wait_event_type = 'Lock');
                 PERFORM pg_sleep(0.001);
             END LOOP;
             {then}
         END $$"
    )
}

/// Waits for what the store has.
const LOCK_EACH_OTHER: &str = "
    PERFORM FROM reservations FOR UPDATE SKIP LOCKED;
    IF FOUND THEN RAISE EXCEPTION 'no deadlock would come about'; END IF;
    PERFORM FROM reservations FOR UPDATE;";

#[tokio::test]
async fn a_statement_that_loses_a_deadlock_is_run_again() {
    let world = World::<TestDatabase>::new().await;
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let rival = world.adapter.client().await;
    // So that it is never the rival that gives way.
    rival
        .batch_execute("SET deadlock_timeout = '1min'; SET statement_timeout = '1min'")
        .await
        .unwrap();
    rival.batch_execute(LOCK_CUSTOMERS).await.unwrap();
    let recording = recording(&world, &reservation);
    // At once, so that a slow test does not hold the locks for longer than the store waits for any.
    let locking = when_the_store_waits(LOCK_EACH_OTHER) + "; COMMIT";
    rival.batch_execute(&locking).await.unwrap();
    let outcome = recording.await.unwrap();
    assert!(
        matches!(outcome, Ok(RecordOutcome::Recorded(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn whoever_settles_an_account_waits_for_its_customer_with_empty_hands() {
    let world = World::<TestDatabase>::new().await;
    let customer = verified(&world, world.tenant).await;
    open(&world, &customer, FiatCurrency::Gbp).await;
    let job = take_one(&world).await;
    let rival = world.adapter.client().await;
    rival.batch_execute(LOCK_CUSTOMERS).await.unwrap();
    let (store, event) = (world.store().clone(), world.ids.mint());
    let settling = tokio::spawn(async move {
        store
            .settle_account(&job, &AccountState::Failed, event)
            .await
    });
    // Whoever closes the customer locks its accounts next, and would lock the store out while it locks the other.
    let locking = when_the_store_waits("PERFORM FROM virtual_accounts FOR UPDATE NOWAIT;");
    rival.batch_execute(&locking).await.unwrap();
    let closing = "UPDATE customers SET status = 'closed' WHERE NOT is_primary; COMMIT";
    rival.batch_execute(closing).await.unwrap();
    assert_eq!(settling.await.unwrap(), Ok(false));
    let account = all(&world, &customer).await.remove(0);
    assert_eq!(account.state, AccountState::Closed);
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
    let page = CustomerPageRequest {
        status: None,
        search: None,
        limit: 10,
        after: None,
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match CustomerQueries::page(world.store(), world.tenant, &page).await {
            Ok(page) => {
                assert_eq!(page.customers, [made]);
                break;
            }
            Err(PageError::Store(StoreError::Unavailable(_))) => {
                assert!(Instant::now() < deadline, "it stays lost");
            }
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
