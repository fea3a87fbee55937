//! Idempotency keys: what tells one from another.

use vouch_domain::{
    idempotency::{Fingerprint, KeyClaim},
    ports::Customers,
};
use vouch_testkit::{amend_claim, claim, individual};

use crate::harness::{Adapter, World, by_id, by_reference, contract};

contract![
    a_key_is_bound_once,
    a_key_for_another_operation_is_another_key,
    keys_are_compared_byte_for_byte
];

async fn a_key_is_bound_once(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let claim = amend_claim(&by_id(&made), "the-key");
    let bind = async |claim: &KeyClaim| {
        world
            .store()
            .bind_key(world.tenant, made.id, claim)
            .await
            .unwrap()
    };
    assert!(bind(&claim).await);
    assert!(!bind(&claim).await);
    let another_body = KeyClaim {
        fingerprint: Fingerprint([2; 32]),
        ..claim
    };
    assert!(!bind(&another_body).await);
}

async fn a_key_for_another_operation_is_another_key(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let other = world.exists(&individual()).await;
    let claims = [
        claim("the-key"),
        amend_claim(&by_id(&made), "the-key"),
        amend_claim(&by_reference(&made), "the-key"),
        amend_claim(&by_id(&other), "the-key"),
    ];
    for claim in claims {
        assert_eq!(
            world.store().bind_key(world.tenant, made.id, &claim).await,
            Ok(true)
        );
    }
}

async fn keys_are_compared_byte_for_byte(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    for key in ["key", "KEY", "key'", "key%", "k_y", &"k".repeat(200)] {
        let claim = amend_claim(&by_id(&made), key);
        assert_eq!(
            world.store().bind_key(world.tenant, made.id, &claim).await,
            Ok(true),
            "{key}"
        );
    }
}
