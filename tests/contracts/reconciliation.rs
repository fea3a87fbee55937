//! Open reservations that are due.

use std::time::Duration;

use vouch_domain::{
    ports::{AbsenceClear, Reconciliation, Reservation},
    tenant::{Env, Tenant},
};
use vouch_testkit::{individual, unique_claim};

use crate::harness::{Adapter, TERMS, World, assert_doubt, contract};

contract![
    nothing_is_due_while_somebody_holds_the_lease,
    a_released_reservation_is_due_as_it_was_made,
    an_expired_reservation_is_due,
    doubt_comes_along,
    what_was_taken_is_held,
    reservations_of_all_organisations_of_one_env_are_due,
    no_more_are_taken_than_asked_for,
    attempts_are_put_off_for_longer_and_longer,
    a_caller_need_not_wait_until_an_attempt_is_due,
    finished_reservations_are_not_due,
];

/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(10);

async fn due(world: &World<impl Adapter>, env: Env, limit: u8) -> Vec<Reservation> {
    world.store().take_due(env, TERMS, limit).await.unwrap()
}

async fn ids_due(world: &World<impl Adapter>) -> Vec<vouch_domain::id::CustomerId> {
    due(world, Env::Test, 100)
        .await
        .iter()
        .map(|one| one.id)
        .collect()
}

/// A reservation that nobody works on.
async fn left(world: &World<impl Adapter>, tenant: Tenant) -> Reservation {
    let reservation = world
        .granted_in(tenant, &individual(), &unique_claim())
        .await;
    world.release(&reservation, AbsenceClear::Now).await;
    reservation
}

async fn nothing_is_due_while_somebody_holds_the_lease(world: &World<impl Adapter>) {
    world.granted(&individual(), &unique_claim()).await;
    assert_eq!(due(world, Env::Test, 100).await, []);
}

async fn a_released_reservation_is_due_as_it_was_made(world: &World<impl Adapter>) {
    let reservation = left(world, world.tenant).await;
    let [taken] = &due(world, Env::Test, 100).await[..] else {
        panic!("not one");
    };
    assert_ne!(taken.lease.token, reservation.lease.token);
    let expected = Reservation {
        lease: taken.lease,
        ..reservation
    };
    assert_eq!(*taken, expected);
    assert!(taken.lease.absence_clear_in.is_zero());
}

async fn an_expired_reservation_is_due(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    world.expire_leases().await;
    assert_eq!(ids_due(world).await, [reservation.id]);
}

async fn doubt_comes_along(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let settle = Duration::from_secs(900);
    world
        .release(&reservation, AbsenceClear::After(settle))
        .await;
    let taken = due(world, Env::Test, 100).await;
    assert_doubt(taken[0].lease, settle);
}

async fn what_was_taken_is_held(world: &World<impl Adapter>) {
    left(world, world.tenant).await;
    let taken = due(world, Env::Test, 100).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(due(world, Env::Test, 100).await, []);
    world.recorded(&taken[0]).await;
}

async fn reservations_of_all_organisations_of_one_env_are_due(world: &World<impl Adapter>) {
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    let mut expected = vec![
        left(world, world.tenant).await.id,
        left(world, stranger).await.id,
    ];
    let of_live = left(world, live).await;
    let mut ids = ids_due(world).await;
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    let taken = due(world, Env::Live, 100).await;
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].id, taken[0].tenant), (of_live.id, live));
}

async fn no_more_are_taken_than_asked_for(world: &World<impl Adapter>) {
    for _ in 0..5 {
        left(world, world.tenant).await;
    }
    assert_eq!(due(world, Env::Test, 3).await.len(), 3);
    assert_eq!(due(world, Env::Test, 3).await.len(), 2);
    assert_eq!(due(world, Env::Test, 3).await.len(), 0);
}

async fn attempts_are_put_off_for_longer_and_longer(world: &World<impl Adapter>) {
    left(world, world.tenant).await;
    for _ in 0..5 {
        let taken = due(world, Env::Test, 100).await;
        assert_eq!(taken.len(), 1);
        world.release(&taken[0], AbsenceClear::Now).await;
        world.adapter.advance(PATIENT).await;
    }
    let taken = due(world, Env::Test, 100).await;
    world.release(&taken[0], AbsenceClear::Now).await;
    assert_eq!(due(world, Env::Test, 100).await, []);
}

async fn a_caller_need_not_wait_until_an_attempt_is_due(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    world.release(&reservation, AbsenceClear::Now).await;
    for _ in 0..5 {
        let taken = due(world, Env::Test, 100).await;
        world.release(&taken[0], AbsenceClear::Now).await;
        world.adapter.advance(PATIENT).await;
    }
    let taken = due(world, Env::Test, 100).await;
    world.release(&taken[0], AbsenceClear::Now).await;
    assert_eq!(world.resumed(&customer, &claim).await.id, reservation.id);
}

async fn finished_reservations_are_not_due(world: &World<impl Adapter>) {
    world.exists(&individual()).await;
    let abandoned = world.granted(&individual(), &unique_claim()).await;
    world.abandon(&abandoned).await;
    world.expire_leases().await;
    assert_eq!(due(world, Env::Test, 100).await, []);
}
