//! Requests that want the same thing at the same time.

use std::time::Duration;

use tokio::{task::JoinSet, time::Instant};
use vouch_application::{
    create::{CreateError, Created},
    jobs::Work,
};
use vouch_domain::{
    customer::NewCustomer,
    ports::{Provisioning, RailFailure, Urgency},
    tenant::Env,
};
use vouch_testkit::{Call, Gate, Script, individual, new_tenant, unique_claim};

use crate::bench::{Bench, PATIENCE, assert_existing, assert_new, assert_unresolved, unavailable};

const MANY: usize = 32;

/// A create that the rail holds until the gate opens.
async fn held() -> (Bench, NewCustomer, std::sync::Arc<Gate>) {
    let bench = Bench::new().await;
    let gate = Gate::new();
    bench.rail.on_create(Script::behave().behind(&gate));
    (bench, individual(), gate)
}

#[tokio::test(start_paused = true)]
async fn a_twin_waits_for_the_outcome() {
    for by_key in [true, false] {
        let (bench, customer, gate) = held().await;
        let claim = unique_claim();
        let first = bench.creating(&customer, &claim);
        gate.reached().await;
        let second = if by_key { claim } else { unique_claim() };
        let second = bench.creating(&customer, &second);
        tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
        assert!(!second.is_finished());
        gate.open();
        assert_new(&first.await.unwrap());
        assert_existing(&second.await.unwrap(), by_key);
        assert_eq!(bench.rail.creates(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_twin_waits_five_seconds_at_most() {
    let (bench, customer, gate) = held().await;
    let claim = unique_claim();
    let first = bench.creating(&customer, &claim);
    gate.reached().await;
    let started = Instant::now();
    assert_eq!(
        bench.create(&customer, &claim).await,
        Err(CreateError::InProgress)
    );
    assert_eq!(started.elapsed(), PATIENCE);
    gate.open();
    assert_new(&first.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn exactly_one_of_many_twins_is_told_that_the_customer_is_new() {
    for by_key in [true, false] {
        let bench = Bench::new().await;
        let (customer, claim) = (individual(), unique_claim());
        bench
            .rail
            .on_create(Script::behave().after(Duration::from_secs(1)));
        let outcomes = many(&bench, &customer, || {
            if by_key {
                claim.clone()
            } else {
                unique_claim()
            }
        });
        assert_one_new(outcomes.await);
        assert_eq!(bench.rail.creates(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_one_is_told_so_when_the_reconciler_finished_the_work() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.rail.on_create(Script::fail(unavailable(None)));
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_eq!(bench.reconciler().pass(Env::Test).await, Ok(1));
    let background = [
        Call::Find(Urgency::Background),
        Call::Create(Urgency::Background),
    ];
    assert_eq!(bench.rail.calls()[1..], background);
    assert_one_new(many(&bench, &customer, || claim.clone()).await);
    assert_eq!(bench.rail.calls().len(), 3);
}

async fn many(
    bench: &Bench,
    customer: &NewCustomer,
    claim: impl Fn() -> vouch_domain::idempotency::KeyClaim,
) -> Vec<Created> {
    let mut running = JoinSet::new();
    for _ in 0..MANY {
        let creating = bench.creating(customer, &claim());
        running.spawn(async move { creating.await.unwrap().unwrap() });
    }
    running.join_all().await
}

fn assert_one_new(outcomes: Vec<Created>) {
    let new = outcomes.iter().filter(|one| matches!(one, Created::New(_)));
    assert_eq!(new.count(), 1, "{outcomes:?}");
    let mut customers = outcomes.into_iter().map(|outcome| match outcome {
        Created::New(customer) | Created::Existing { customer, .. } => customer,
    });
    let first = customers.next().unwrap();
    assert!(customers.all(|other| other == first));
}

#[tokio::test(start_paused = true)]
async fn another_identity_waits_for_the_reference_and_loses_when_it_is_kept() {
    let (bench, customer, gate) = held().await;
    let first = bench.creating(&customer, &unique_claim());
    gate.reached().await;
    let other = NewCustomer {
        reference: customer.reference.clone(),
        ..individual()
    };
    let second = bench.creating(&other, &unique_claim());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!second.is_finished());
    gate.open();
    let Ok(Created::New(made)) = first.await.unwrap() else {
        panic!("not new");
    };
    let outcome = second.await.unwrap();
    assert!(
        matches!(&outcome, Err(CreateError::ReferenceTaken { customer: Some(id), .. }) if *id == made.id),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_identity_waits_for_the_reference_and_gets_it_when_it_is_abandoned() {
    let bench = Bench::new().await;
    let gate = Gate::new();
    let refused = RailFailure::Refused { fields: Vec::new() };
    bench.rail.on_create(Script::fail(refused).behind(&gate));
    let customer = individual();
    let first = bench.creating(&customer, &unique_claim());
    gate.reached().await;
    let other = NewCustomer {
        reference: customer.reference.clone(),
        ..individual()
    };
    let second = bench.creating(&other, &unique_claim());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!second.is_finished());
    gate.open();
    assert!(matches!(
        first.await.unwrap(),
        Err(CreateError::RefusedByRail { .. })
    ));
    assert_new(&second.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn another_organisation_waits_for_the_person_with_nothing_reserved() {
    let (bench, customer, gate) = held().await;
    let stranger = new_tenant(&bench.store, &bench.ids, Env::Test).await;
    let first = bench.creating(&customer, &unique_claim());
    gate.reached().await;
    let (started, claim) = (Instant::now(), unique_claim());
    assert_unresolved(&bench.create_in(stranger, &customer, &claim).await);
    assert_eq!(started.elapsed(), PATIENCE);
    let standing = bench
        .store
        .key_standing(stranger, &claim, crate::bench::TERMS)
        .await;
    assert_eq!(standing, Ok(None));
    gate.open();
    assert_new(&first.await.unwrap());
    // Free again, and never confused with the other organisation's record.
    assert_new(&bench.create_in(stranger, &customer, &claim).await);
    assert_eq!(bench.rail.records().len(), 2);
}
