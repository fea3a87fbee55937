//! After an unclear answer: look first, adopt what fits, and create again only when absence is clear.

use std::time::Duration;

use vouch_application::create::{CreateError, Created};
use vouch_domain::{
    customer::NewCustomer,
    idempotency::KeyClaim,
    ports::{Clock, RailFailure, RailField},
};
use vouch_testkit::{Gate, Script, individual, rail_customer, unique_claim};

use crate::bench::{Bench, TERMS, assert_new, assert_unresolved, unavailable, unclear};

/// A reservation whose create ended unclear, with nothing at the rail so far.
async fn in_doubt() -> (Bench, NewCustomer, KeyClaim) {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.rail.on_create(Script::fail(unclear()));
    assert_unresolved(&bench.create(&customer, &claim).await);
    (bench, customer, claim)
}

fn refused() -> RailFailure {
    RailFailure::Refused {
        fields: vec![RailField("tin")],
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_rail_made_is_adopted() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.rail.on_create(Script::behave_and_fail(unclear()));
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 1);
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_appears_late_is_adopted_and_nothing_is_sent_before() {
    let (bench, customer, claim) = in_doubt().await;
    for waited in [0, 500, 1000] {
        bench.pass(Duration::from_millis(500)).await;
        let doubt = TERMS.settle - Duration::from_millis(waited + 500);
        let expected = CreateError::RailUnresolved { retry_after: doubt };
        assert_eq!(bench.create(&customer, &claim).await, Err(expected));
    }
    bench
        .rail
        .put(rail_customer("late", &customer, bench.clock.now()));
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn clear_absence_leads_to_another_create() {
    let (bench, customer, claim) = in_doubt().await;
    bench.pass(TERMS.settle).await;
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 2);
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_up_leaves_the_doubt_as_it_was() {
    let (bench, customer, claim) = in_doubt().await;
    bench.rail.on_find(Script::fail(unavailable(None)));
    assert_unresolved(&bench.create(&customer, &claim).await);
    let expected = CreateError::RailUnresolved {
        retry_after: TERMS.settle,
    };
    assert_eq!(bench.create(&customer, &claim).await, Err(expected));
    bench.rail.on_find(Script::fail(unclear()));
    bench.pass(TERMS.settle).await;
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_new(&bench.create(&customer, &claim).await);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_an_unclear_create_is_looked_into_and_then_final() {
    let (bench, customer, claim) = in_doubt().await;
    bench.pass(TERMS.settle).await;
    bench.rail.on_create(Script::fail(refused()));
    let outcome = bench.create(&customer, &claim).await;
    let fields = vec![RailField("tin")];
    assert_eq!(outcome, Err(CreateError::RefusedByRail { fields }));
    assert_eq!(bench.rail.calls().len(), 4, "create, find, create, find");
    assert_eq!(bench.key_standing(&claim).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_because_the_unclear_create_succeeded_ends_in_adoption() {
    let (bench, customer, claim) = in_doubt().await;
    bench.pass(TERMS.settle).await;
    let gate = Gate::new();
    bench.rail.on_create(Script::fail(refused()).behind(&gate));
    let creating = bench.creating(&customer, &claim);
    gate.reached().await;
    bench
        .rail
        .put(rail_customer("late", &customer, bench.clock.now()));
    gate.open();
    assert_new(&creating.await.unwrap());
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_up_after_a_refusal_keeps_the_reservation() {
    let (bench, customer, claim) = in_doubt().await;
    bench.pass(TERMS.settle).await;
    bench.rail.on_create(Script::fail(refused()));
    bench.rail.on_find(Script::behave());
    bench.rail.on_find(Script::fail(unclear()));
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_new(&bench.create(&customer, &claim).await);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_record_that_fits_and_is_free_is_adopted() {
    let (bench, customer, claim) = in_doubt().await;
    let other = individual();
    bench.create(&other, &unique_claim()).await.unwrap();
    let taken = bench.rail.records()[0].id.clone();
    let now = bench.clock.now();
    let put = |id: &str, seconds: i64| {
        bench.rail.put(rail_customer(
            id,
            &customer,
            now + chrono::Duration::seconds(seconds),
        ));
    };
    put("newest", 9);
    put("oldest-free", 5);
    put(taken.expose(), 1);
    assert_new(&bench.create(&customer, &claim).await);
    assert!(!bench.is_free("oldest-free").await);
    assert!(bench.is_free("newest").await);
}

#[tokio::test(start_paused = true)]
async fn records_that_do_not_fit_are_left_alone() {
    let (bench, customer, claim) = in_doubt().await;
    let now = bench.clock.now();
    bench.rail.put(rail_customer(
        "too-old",
        &customer,
        now - chrono::Duration::seconds(61),
    ));
    let mut renamed = rail_customer("renamed", &customer, now);
    renamed.first_name = Some("Eve".to_owned());
    bench.rail.put(renamed);
    assert_unresolved(&bench.create(&customer, &claim).await);
    bench.pass(TERMS.settle).await;
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_create_is_sent_that_the_lease_does_not_cover() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.rail.on_create(Script::fail(unavailable(None)));
    assert_unresolved(&bench.create(&customer, &claim).await);
    bench
        .rail
        .on_find(Script::behave().after(TERMS.look_up + Duration::from_millis(1)));
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 1);
    bench.rail.on_find(Script::behave().after(TERMS.look_up));
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.creates(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_comes_after_the_lease_makes_no_second_customer() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    let slow = bench.creating(&customer, &claim);
    gate.reached().await;
    bench.pass(TERMS.lease()).await;
    let Ok(Created::New(made)) = bench.create(&customer, &claim).await else {
        panic!("the lease was not taken over");
    };
    gate.open();
    assert_unresolved(&slow.await.unwrap());
    let replay = Created::Existing {
        customer: made,
        replayed: true,
    };
    assert_eq!(bench.create(&customer, &claim).await, Ok(replay));
}
