//! Leases: who may work on a reservation, and when absence at the rail is clear.

use std::time::Duration;

use vouch_domain::ports::{AbsenceClear, Standing};
use vouch_testkit::{individual, unique_claim};

use crate::harness::{Adapter, TERMS, World, assert_doubt, contract};

contract![
    a_released_reservation_is_resumed_by_its_key,
    a_released_reservation_is_resumed_by_its_reference_and_binds_the_new_key,
    a_bound_key_resumes_whatever_the_body_asks_for,
    a_lease_is_taken_over_only_when_it_has_expired,
    a_resumed_reservation_is_the_one_that_was_made,
    a_taken_over_lease_is_held_by_the_new_holder_alone,
    absence_is_clear_at_once_when_nothing_is_under_way,
    absence_is_clear_only_after_the_settle_time,
    doubt_outlives_an_attempt_that_sent_nothing,
    doubt_is_never_shortened_by_a_later_doubt,
    a_release_without_the_lease_does_nothing,
];

async fn a_released_reservation_is_resumed_by_its_key(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    world.release(&reservation, AbsenceClear::Now).await;
    let resumed = world.resumed(&customer, &claim).await;
    assert_eq!(resumed.id, reservation.id);
    assert_ne!(resumed.lease.token, reservation.lease.token);
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
}

async fn a_released_reservation_is_resumed_by_its_reference_and_binds_the_new_key(
    world: &World<impl Adapter>,
) {
    let (customer, second) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &unique_claim()).await;
    world.release(&reservation, AbsenceClear::Now).await;
    let resumed = world.resumed(&customer, &second).await;
    assert_eq!(resumed.id, reservation.id);
    assert_eq!(
        world.key_standing(&second).await,
        Some(Standing::InProgress)
    );
    let made = world.recorded(&resumed).await;
    let expected = Standing::Exists {
        customer: made,
        by_key: true,
        answered: true,
    };
    assert_eq!(world.key_standing(&second).await, Some(expected));
}

async fn a_bound_key_resumes_whatever_the_body_asks_for(world: &World<impl Adapter>) {
    let claim = unique_claim();
    let reservation = world.granted(&individual(), &claim).await;
    world.release(&reservation, AbsenceClear::Now).await;
    let Some(Standing::Resumed(resumed)) = world.key_standing(&claim).await else {
        panic!("not resumed");
    };
    assert_eq!(resumed.customer, reservation.customer);
    world.release(&resumed, AbsenceClear::Now).await;
    assert_eq!(
        world.resumed(&individual(), &claim).await.id,
        reservation.id
    );
}

async fn a_lease_is_taken_over_only_when_it_has_expired(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    world
        .adapter
        .advance(TERMS.lease() - Duration::from_secs(60))
        .await;
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    world.adapter.advance(Duration::from_secs(61)).await;
    assert_eq!(world.resumed(&customer, &claim).await.id, reservation.id);
}

async fn a_resumed_reservation_is_the_one_that_was_made(world: &World<impl Adapter>) {
    for customer in [individual(), vouch_testkit::business()] {
        let claim = unique_claim();
        let reservation = world.granted(&customer, &claim).await;
        world.release(&reservation, AbsenceClear::Now).await;
        let resumed = world.resumed(&customer, &claim).await;
        assert_eq!(resumed.customer, customer);
        assert_eq!(resumed.tenant, world.tenant);
    }
}

async fn a_taken_over_lease_is_held_by_the_new_holder_alone(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let old = world.granted(&customer, &claim).await;
    world.expire_leases().await;
    let new = world.resumed(&customer, &claim).await;
    world.release(&old, AbsenceClear::Now).await;
    world.abandon(&old).await;
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    world.recorded(&new).await;
}

async fn absence_is_clear_at_once_when_nothing_is_under_way(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let first = world.granted(&customer, &claim).await;
    world
        .release(&first, AbsenceClear::After(Duration::from_secs(900)))
        .await;
    let second = world.resumed(&customer, &claim).await;
    world.release(&second, AbsenceClear::Now).await;
    let third = world.resumed(&customer, &claim).await;
    assert!(third.lease.absence_clear_in.is_zero());
}

async fn absence_is_clear_only_after_the_settle_time(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let settle = Duration::from_secs(900);
    let first = world.granted(&customer, &claim).await;
    world.release(&first, AbsenceClear::After(settle)).await;
    let second = world.resumed(&customer, &claim).await;
    assert_doubt(second.lease, settle);
    world.expire_leases().await;
    let third = world.resumed(&customer, &claim).await;
    assert_doubt(third.lease, settle - TERMS.lease());
    world.release(&third, AbsenceClear::AsBefore).await;
    world.adapter.advance(settle).await;
    let fourth = world.resumed(&customer, &claim).await;
    assert!(fourth.lease.absence_clear_in.is_zero());
}

async fn doubt_outlives_an_attempt_that_sent_nothing(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let settle = Duration::from_secs(900);
    let first = world.granted(&customer, &claim).await;
    world.release(&first, AbsenceClear::After(settle)).await;
    let second = world.resumed(&customer, &claim).await;
    world.release(&second, AbsenceClear::AsBefore).await;
    assert_doubt(world.resumed(&customer, &claim).await.lease, settle);
}

async fn doubt_is_never_shortened_by_a_later_doubt(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let long = Duration::from_secs(900);
    let first = world.granted(&customer, &claim).await;
    world.release(&first, AbsenceClear::After(long)).await;
    let second = world.resumed(&customer, &claim).await;
    world
        .release(&second, AbsenceClear::After(Duration::from_secs(60)))
        .await;
    assert_doubt(world.resumed(&customer, &claim).await.lease, long);
}

async fn a_release_without_the_lease_does_nothing(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let mut reservation = world.granted(&customer, &claim).await;
    reservation.lease.token = uuid::Uuid::nil();
    world.release(&reservation, AbsenceClear::Now).await;
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
}
