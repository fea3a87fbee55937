//! Forgetting what was kept long enough.

use std::time::Duration;

use vouch_domain::ports::{AbsenceClear, Customers, Retention, Standing};
use vouch_testkit::{amend_claim, individual, unique_claim};

use crate::harness::{Adapter, World, by_id, contract};

contract![
    keys_are_forgotten_when_they_are_old_enough,
    the_key_of_an_open_reservation_is_kept,
    no_more_are_forgotten_than_asked_for,
];

const AGE: Duration = Duration::from_secs(31 * 24 * 60 * 60);

async fn purge(world: &World<impl Adapter>, limit: u16) -> usize {
    world
        .store()
        .purge_idempotency_keys(AGE, limit)
        .await
        .unwrap()
}

async fn keys_are_forgotten_when_they_are_old_enough(world: &World<impl Adapter>) {
    let (customer, old, young) = (individual(), unique_claim(), unique_claim());
    let reservation = world.granted(&customer, &old).await;
    let made = world.recorded(&reservation).await;
    world.adapter.advance(AGE - Duration::from_secs(60)).await;
    world.stands(&customer, &young).await;
    assert_eq!(purge(world, 100).await, 0);
    world.adapter.advance(Duration::from_secs(61)).await;
    assert_eq!(purge(world, 100).await, 1);
    assert_eq!(world.key_standing(&old).await, None);
    assert!(world.key_standing(&young).await.is_some());
    assert_eq!(world.find(&by_id(&made)).await, Some(made));
}

async fn the_key_of_an_open_reservation_is_kept(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    world.release(&reservation, AbsenceClear::Now).await;
    world.adapter.advance(2 * AGE).await;
    assert_eq!(purge(world, 100).await, 0);
    let standing = world.key_standing(&claim).await;
    let Some(Standing::Resumed(resumed)) = standing else {
        panic!("not resumed: {standing:?}");
    };
    world.recorded(&resumed).await;
    assert_eq!(purge(world, 100).await, 1);
}

async fn no_more_are_forgotten_than_asked_for(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    for number in 0..4 {
        let claim = amend_claim(&by_id(&made), &format!("key-{number}"));
        assert_eq!(
            world.store().bind_key(world.tenant, made.id, &claim).await,
            Ok(true)
        );
    }
    world.adapter.advance(2 * AGE).await;
    // Four, and the one that made the customer.
    for count in [2, 2, 1, 0] {
        assert_eq!(purge(world, 2).await, count);
    }
}
