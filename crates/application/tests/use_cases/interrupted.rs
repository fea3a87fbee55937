//! Callers that go away, and stores that fail.

use std::time::Duration;

use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};
use vouch_application::create::CreateError;
use vouch_domain::ports::{Standing, StoreError};
use vouch_testkit::{Gate, Script, individual, unique_claim};

use crate::bench::{Bench, TERMS, assert_existing, assert_new};

#[tokio::test(start_paused = true)]
async fn the_work_goes_on_when_the_caller_hangs_up() {
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let (customer, claim) = (individual(), unique_claim());
    let caller = bench.creating(&customer, &claim);
    gate.reached().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();
    while bench.key_standing(&claim).await == Some(Standing::InProgress) {
        yield_now().await;
    }
    // Nobody was told that the customer is new; the next to ask is, and nobody after that.
    assert_new(&bench.create(&customer, &claim).await);
    assert_existing(&bench.create(&customer, &claim).await, true);
    assert_eq!(bench.rail.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_made_is_adopted_when_its_lease_is_over() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    // The process died between the rail's answer and its recording.
    bench.reservation(&customer, &claim).await;
    let now = vouch_domain::ports::Clock::now(&*bench.clock);
    bench
        .rail
        .put(vouch_testkit::rail_customer("orphan", &customer, now));
    assert_eq!(
        bench.create(&customer, &claim).await,
        Err(CreateError::InProgress)
    );
    bench.pass(TERMS.lease()).await;
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_sends_nothing_to_the_rail() {
    let bench = Bench::new().await;
    let failure = StoreError::Unavailable("down".to_owned());
    bench.store.fail_with(Some(failure.clone()));
    let (customer, claim) = (individual(), unique_claim());
    assert_eq!(
        bench.create(&customer, &claim).await,
        Err(CreateError::Store(failure))
    );
    bench.store.fail_with(None);
    assert_eq!(bench.rail.calls(), []);
    assert_new(&bench.create(&customer, &claim).await);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_before_the_recording_loses_nothing() {
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let (customer, claim) = (individual(), unique_claim());
    let creating = bench.creating(&customer, &claim);
    gate.reached().await;
    bench
        .store
        .fail_with(Some(StoreError::Unavailable("down".to_owned())));
    gate.open();
    assert!(matches!(
        creating.await.unwrap(),
        Err(CreateError::Store(_))
    ));
    bench.store.fail_with(None);
    bench.pass(TERMS.lease()).await;
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_soon_is_told_of_the_success() {
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let creating = bench.creating(&individual(), &unique_claim());
    gate.reached().await;
    bench
        .store
        .fail_with(Some(StoreError::Unavailable("restarting".to_owned())));
    gate.open();
    sleep(Duration::from_secs(1)).await;
    assert!(!creating.is_finished());
    bench.store.fail_with(None);
    assert_new(&creating.await.unwrap());
    assert_eq!(bench.rail.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_says_nothing_is_not_waited_for_again_and_again() {
    const STATEMENT: Duration = Duration::from_secs(5);
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let (customer, claim) = (individual(), unique_claim());
    let creating = bench.creating(&customer, &claim);
    gate.reached().await;
    let silent = StoreError::Unavailable("no answer in time".to_owned());
    bench.store.fail_slowly_with(STATEMENT / 2, silent);
    let frozen_since = Instant::now();
    gate.open();
    assert!(matches!(
        creating.await.unwrap(),
        Err(CreateError::Store(StoreError::Unavailable(_)))
    ));
    assert!(frozen_since.elapsed() <= STATEMENT);
    bench.store.fail_with(None);
    bench.pass(TERMS.lease()).await;
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.records().len(), 1);
}
