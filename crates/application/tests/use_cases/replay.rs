//! Bodies that break the rules: only what their key is bound to saves them.

use tokio::time::Instant;
use vouch_application::create::CreateError;
use vouch_testkit::{Gate, Script, individual, unique_claim};

use crate::bench::{
    Bench, PATIENCE, another_body, assert_existing, assert_new, assert_unresolved, unavailable,
};

#[tokio::test(start_paused = true)]
async fn an_invalid_body_under_a_free_key_is_invalid() {
    let bench = Bench::new().await;
    let claim = unique_claim();
    let outcome = bench.create_invalid(&claim).await;
    assert_eq!(outcome, Err(CreateError::Invalid(Vec::new())));
    assert_eq!(bench.key_standing(&claim).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_valid_when_it_was_carried_out_is_replayed() {
    let bench = Bench::new().await;
    let claim = unique_claim();
    bench.create(&individual(), &claim).await.unwrap();
    assert_existing(&bench.create_invalid(&claim).await, true);
}

#[tokio::test(start_paused = true)]
async fn another_body_under_a_bound_key_is_a_conflict_before_it_is_invalid() {
    let bench = Bench::new().await;
    let claim = unique_claim();
    bench.create(&individual(), &claim).await.unwrap();
    let outcome = bench.create_invalid(&another_body(&claim)).await;
    assert_eq!(outcome, Err(CreateError::KeyConflict));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_valid_when_it_was_reserved_is_resumed() {
    let bench = Bench::new().await;
    let claim = unique_claim();
    bench.rail.on_create(Script::fail(unavailable(None)));
    assert_unresolved(&bench.create(&individual(), &claim).await);
    assert_new(&bench.create_invalid(&claim).await);
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_body_waits_for_its_twin() {
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let claim = unique_claim();
    let first = bench.creating(&individual(), &claim);
    gate.reached().await;
    let started = Instant::now();
    assert_eq!(
        bench.create_invalid(&claim).await,
        Err(CreateError::InProgress)
    );
    assert_eq!(started.elapsed(), PATIENCE);
    gate.open();
    assert_new(&first.await.unwrap());
    assert_existing(&bench.create_invalid(&claim).await, true);
}
