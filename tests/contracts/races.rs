//! Many at once.

use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};
use vouch_domain::{
    customer::NewCustomer,
    id::EventId,
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, CustomerQueries, Provisioning, RecordOutcome, Reserve, Reserved, Standing,
    },
};
use vouch_testkit::{individual, interac_email, unique_claim};

use crate::harness::{Adapter, TERMS, World, contract, rail_id};

contract![
    of_many_requests_under_one_key_one_is_granted,
    of_many_requests_for_one_reference_one_is_granted,
    of_many_requests_for_one_person_one_is_granted,
    of_many_requests_for_one_interac_email_one_is_granted,
    an_expired_lease_is_taken_over_once,
    one_of_many_claimants_gets_the_answer,
    one_of_many_reservations_binds_a_rail_customer,
];

/// As many as the store has connections: all of them race in the database, and nobody waits in the pool.
const MANY: usize = 8;

/// Runs the work of all at the same moment.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    work: impl Iterator<Item = F>,
) -> Vec<T> {
    let work: Vec<F> = work.collect();
    let start = Arc::new(Barrier::new(work.len()));
    let mut running = JoinSet::new();
    for one in work {
        let start = Arc::clone(&start);
        running.spawn(async move {
            start.wait().await;
            one.await
        });
    }
    running.join_all().await
}

async fn reserve_all<A: Adapter>(
    world: &World<A>,
    requests: Vec<(NewCustomer, KeyClaim)>,
) -> Vec<Reserved> {
    at_once(requests.into_iter().map(|(customer, claim)| {
        let (store, tenant, id) = (world.store().clone(), world.tenant, world.ids.mint());
        async move {
            let reserve = Reserve {
                id,
                customer: &customer,
                claim: &claim,
                terms: TERMS,
            };
            store.reserve(tenant, &reserve).await.unwrap()
        }
    }))
    .await
}

/// One is granted, and all others stand like this.
fn assert_one_granted(outcomes: &[Reserved], others: &Standing) {
    let granted = outcomes
        .iter()
        .filter(|one| matches!(one, Reserved::Granted(_)));
    assert_eq!(granted.count(), 1, "{outcomes:?}");
    let stand = outcomes
        .iter()
        .filter(|one| **one == Reserved::Stands(others.clone()));
    assert_eq!(stand.count(), MANY - 1, "{outcomes:?}");
}

async fn of_many_requests_under_one_key_one_is_granted(world: &World<impl Adapter>) {
    let claim = unique_claim();
    let requests = (0..MANY).map(|_| (individual(), claim.clone())).collect();
    assert_one_granted(&reserve_all(world, requests).await, &Standing::InProgress);
}

async fn of_many_requests_for_one_reference_one_is_granted(world: &World<impl Adapter>) {
    let customer = individual();
    let requests = (0..MANY)
        .map(|_| (customer.clone(), unique_claim()))
        .collect();
    assert_one_granted(&reserve_all(world, requests).await, &Standing::InProgress);
}

async fn of_many_requests_for_one_person_one_is_granted(world: &World<impl Adapter>) {
    let person = individual();
    let request = || NewCustomer {
        reference: individual().reference,
        ..person.clone()
    };
    let requests = (0..MANY).map(|_| (request(), unique_claim())).collect();
    assert_one_granted(&reserve_all(world, requests).await, &Standing::PersonBusy);
}

async fn of_many_requests_for_one_interac_email_one_is_granted(world: &World<impl Adapter>) {
    let request = || NewCustomer {
        interac_email: Some(interac_email("wanted@example.com")),
        ..individual()
    };
    let requests = (0..MANY).map(|_| (request(), unique_claim())).collect();
    assert_one_granted(
        &reserve_all(world, requests).await,
        &Standing::InteracEmailTaken,
    );
}

async fn an_expired_lease_is_taken_over_once(world: &World<impl Adapter>) {
    let customer = individual();
    let reservation = world.granted(&customer, &unique_claim()).await;
    world.release(&reservation, AbsenceClear::Now).await;
    let requests = (0..MANY)
        .map(|_| (customer.clone(), unique_claim()))
        .collect();
    let outcomes = reserve_all(world, requests).await;
    let resumed = outcomes
        .iter()
        .filter(|one| matches!(one, Reserved::Stands(Standing::Resumed(_))));
    assert_eq!(resumed.count(), 1, "{outcomes:?}");
    let waiting = outcomes
        .iter()
        .filter(|one| **one == Reserved::Stands(Standing::InProgress));
    assert_eq!(waiting.count(), MANY - 1, "{outcomes:?}");
}

async fn one_of_many_claimants_gets_the_answer(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let event: EventId = world.ids.mint();
    let rail = rail_id("rail-1");
    world
        .store()
        .record_provisioned(&reservation, &rail, event, false)
        .await
        .unwrap();
    let claimed = at_once((0..MANY).map(|_| {
        let (store, tenant, id) = (world.store().clone(), world.tenant, reservation.id);
        async move { store.claim_creation_answer(tenant, id).await.unwrap() }
    }))
    .await;
    assert_eq!(claimed.iter().filter(|claimed| **claimed).count(), 1);
}

async fn one_of_many_reservations_binds_a_rail_customer(world: &World<impl Adapter>) {
    let mut reservations = Vec::new();
    for _ in 0..MANY {
        reservations.push(world.granted(&individual(), &unique_claim()).await);
    }
    let outcomes = at_once(reservations.into_iter().map(|reservation| {
        let (store, event) = (world.store().clone(), world.ids.mint());
        async move {
            store
                .record_provisioned(&reservation, &rail_id("rail-1"), event, true)
                .await
                .unwrap()
        }
    }))
    .await;
    let taken = outcomes
        .iter()
        .filter(|one| **one == RecordOutcome::RailCustomerTaken);
    assert_eq!(taken.count(), MANY - 1, "{outcomes:?}");
    let page = vouch_domain::ports::CustomerPageRequest {
        limit: 100,
        after: None,
        status: None,
        search: None,
    };
    assert_eq!(
        world
            .store()
            .page(world.tenant, &page)
            .await
            .unwrap()
            .customers
            .len(),
        1
    );
}
