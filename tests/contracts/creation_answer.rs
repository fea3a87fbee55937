//! The one 201 of a customer.

use vouch_domain::{
    id::EventId,
    ports::{Provisioning, RecordOutcome, Standing},
};
use vouch_testkit::{individual, unique_claim};

use crate::harness::{Adapter, World, contract, rail_id};

contract![
    an_answer_given_with_the_recording_cannot_be_claimed,
    an_answer_is_claimed_once,
    nobody_claims_the_answer_of_an_unknown_customer,
];

async fn an_answer_given_with_the_recording_cannot_be_claimed(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let claimed = world
        .store()
        .claim_creation_answer(world.tenant, made.id)
        .await;
    assert_eq!(claimed, Ok(false));
}

async fn an_answer_is_claimed_once(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    let event: EventId = world.ids.mint();
    let store = world.store();
    let recorded = store
        .record_provisioned(&reservation, &rail_id("rail-1"), event, false)
        .await;
    assert!(matches!(recorded, Ok(RecordOutcome::Recorded(_))));
    for answered in [false, true] {
        let standing = world.stands(&customer, &claim).await;
        assert!(
            matches!(&standing, Standing::Exists { answered: known, .. } if *known == answered),
            "{standing:?}"
        );
        let claimed = store
            .claim_creation_answer(world.tenant, reservation.id)
            .await;
        assert_eq!(claimed, Ok(!answered));
    }
}

async fn nobody_claims_the_answer_of_an_unknown_customer(world: &World<impl Adapter>) {
    let unknown = world.ids.mint();
    let claimed = world
        .store()
        .claim_creation_answer(world.tenant, unknown)
        .await;
    assert_eq!(claimed, Ok(false));
}
