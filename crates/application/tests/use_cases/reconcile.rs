//! The reconciler: reservations whose callers never came back.

use std::{sync::Arc, time::Duration};

use tokio::{task::yield_now, time::sleep};
use vouch_application::{background::Wake, jobs::Work, rails::Rails};
use vouch_domain::{
    customer::CustomerHandle,
    ports::{Clock, CustomerQueries, RailFailure, StoreError, Urgency},
    tenant::Env,
};
use vouch_testkit::{Call, Gate, Script, individual, rail_customer, unique_claim};

use crate::bench::{Bench, TERMS, assert_new, assert_unresolved, unavailable, unclear};

/// A reservation that a caller left open, with nothing at the rail.
async fn left_open(failure: RailFailure) -> (Bench, CustomerHandle) {
    let bench = Bench::new().await;
    let customer = individual();
    bench.rail.on_create(Script::fail(failure));
    assert_unresolved(&bench.create(&customer, &unique_claim()).await);
    (bench, CustomerHandle::Reference(customer.reference))
}

async fn is_made(bench: &Bench, customer: &CustomerHandle) -> bool {
    bench
        .store
        .find(bench.tenant, customer)
        .await
        .unwrap()
        .is_some()
}

#[tokio::test(start_paused = true)]
async fn what_was_left_open_is_finished_once() {
    let (bench, customer) = left_open(unavailable(None)).await;
    assert_eq!(bench.reconciler().pass(Env::Live).await, Ok(0));
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    assert!(is_made(&bench, &customer).await);
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_somebody_works_on_is_left_alone() {
    let bench = Bench::new().await;
    bench.reservation(&individual(), &unique_claim()).await;
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(0));
    bench.pass(TERMS.lease()).await;
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    let (find, create) = (
        Call::Find(Urgency::Background),
        Call::Create(Urgency::Background),
    );
    assert_eq!(bench.rail.calls(), [find, create]);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_of_a_dead_process_is_adopted() {
    let bench = Bench::new().await;
    let customer = individual();
    bench.reservation(&customer, &unique_claim()).await;
    bench
        .rail
        .put(rail_customer("orphan", &customer, bench.clock.now()));
    bench.pass(TERMS.lease()).await;
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    assert_eq!(bench.rail.creates(), 0);
    assert!(is_made(&bench, &CustomerHandle::Reference(customer.reference)).await);
}

#[tokio::test(start_paused = true)]
async fn doubt_is_waited_out_before_another_create() {
    let (bench, customer) = left_open(unclear()).await;
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    assert_eq!(bench.rail.creates(), 1);
    bench.pass(TERMS.settle).await;
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    assert_eq!(bench.rail.creates(), 2);
    assert!(is_made(&bench, &customer).await);
}

#[tokio::test(start_paused = true)]
async fn what_the_rail_refuses_is_abandoned() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.rail.on_create(Script::fail(unavailable(None)));
    bench
        .rail
        .on_create(Script::fail(RailFailure::Refused { fields: Vec::new() }));
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    assert_eq!(bench.key_standing(&claim).await, None);
    assert_new(&bench.create(&customer, &claim).await);
}

#[tokio::test(start_paused = true)]
async fn without_a_rail_nothing_is_taken() {
    let (mut bench, _) = left_open(unavailable(None)).await;
    bench.rails = Rails::default();
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn more_than_one_batch_is_finished_in_one_pass() {
    let bench = Bench::new().await;
    for _ in 0..40 {
        bench.rail.on_create(Script::fail(unavailable(None)));
        assert_unresolved(&bench.create(&individual(), &unique_claim()).await);
    }
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(40));
    assert_eq!(bench.rail.records().len(), 40);
}

#[tokio::test(start_paused = true)]
async fn it_starts_as_soon_as_a_caller_leaves_something_open() {
    let bench = Bench::new().await;
    let reconciler = bench.reconciler();
    let running = tokio::spawn(async move { reconciler.run().await });
    let customer = individual();
    bench.rail.on_create(Script::fail(unavailable(None)));
    let started = tokio::time::Instant::now();
    assert_unresolved(&bench.create(&customer, &unique_claim()).await);
    let customer = CustomerHandle::Reference(customer.reference);
    while !is_made(&bench, &customer).await {
        yield_now().await;
    }
    assert!(started.elapsed().is_zero());
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn it_finds_within_a_second_what_other_processes_left_and_outlives_a_failing_store() {
    let (mut bench, customer) = left_open(unavailable(None)).await;
    // Nobody of another process wakes ours.
    bench.wake = Wake::default();
    bench
        .store
        .fail_with(Some(StoreError::Unavailable("down".to_owned())));
    let reconciler = Arc::new(bench.reconciler());
    let running = tokio::spawn(async move { reconciler.run().await });
    sleep(Duration::from_millis(10)).await;
    bench.store.fail_with(None);
    sleep(Duration::from_secs(1)).await;
    assert!(is_made(&bench, &customer).await);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn it_finishes_what_it_has_in_hand_when_it_is_stopped_and_takes_nothing_more() {
    let (bench, in_hand) = left_open(unavailable(None)).await;
    let gate = Gate::new();
    bench.rail.on_find(Script::behave().behind(&gate));
    let reconciler = bench.reconciler();
    let running = tokio::spawn(async move { reconciler.run().await });
    gate.reached().await;
    bench.wake.stop();
    let late = individual();
    bench.rail.on_create(Script::fail(unavailable(None)));
    assert_unresolved(&bench.create(&late, &unique_claim()).await);
    gate.open();
    running.await.unwrap();
    assert!(is_made(&bench, &in_hand).await);
    assert!(!is_made(&bench, &CustomerHandle::Reference(late.reference)).await);
}
