//! What becomes of submissions when something is decided about their customers.

use chrono::DateTime;
use vouch_domain::{
    customer::{Cause, CustomerSummary, Explanation, RailReason, Rejection, Status, ToldReason},
    kyc::{Gap, Handover, SubmissionStatus},
    ports::{ChangeStatus, KycFiles, Reviews, StatusChanges, SubmissionJobs, TransitionOutcome},
    tenant::Env,
};

use crate::{
    harness::{Adapter, World, by_id, contract, rail_id},
    submissions::{LEASE, PATIENT, as_it_is, opened, ready, take, take_one},
};

contract![
    a_decision_ends_the_open_submission,
    a_review_knows_how_far_the_newest_submission_has_come,
    the_newest_submission_follows_its_customer,
];

async fn moves(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    from: Status,
    to: Status,
    cause: Cause,
) -> TransitionOutcome {
    let reason = RailReason::new("The document is unreadable").unwrap();
    let told = ToldReason { reason, at: None };
    let explanation = Explanation::of(Some(&told), &[]);
    let change = ChangeStatus {
        customer: customer.id,
        transition: from.transition(to, cause).unwrap(),
        status_event: world.status_event(customer.id).await,
        event: world.ids.mint(),
        explanation: (to == Status::Rejected).then_some(&explanation),
        review: None,
        claim: None,
    };
    let moved = world.store().transition(world.tenant, &change).await;
    moved.unwrap()
}

async fn a_decision_ends_the_open_submission(world: &World<impl Adapter>) {
    for (to, cause, reached, expected) in [
        (
            Status::Verified,
            Cause::Rail,
            false,
            SubmissionStatus::Approved,
        ),
        (
            Status::Verified,
            Cause::Rail,
            true,
            SubmissionStatus::Approved,
        ),
        (
            Status::Rejected,
            Cause::Rail,
            true,
            SubmissionStatus::Rejected,
        ),
        (
            Status::Closed,
            Cause::Merchant,
            false,
            SubmissionStatus::Incomplete,
        ),
        (
            Status::Closed,
            Cause::Merchant,
            true,
            SubmissionStatus::Incomplete,
        ),
    ] {
        let ready = ready(world).await;
        let submission = opened(world, &ready).await;
        let job = take_one(world).await;
        if reached {
            world.store().record_reached(&job).await.unwrap();
        }
        let moved = moves(world, &ready.customer, Status::Pending, to, cause).await;
        assert!(matches!(moved, TransitionOutcome::Changed { .. }));
        // Whoever still works on it comes too late.
        world.store().record_reached(&job).await.unwrap();
        world
            .store()
            .record_incomplete(&job, &[Gap::Details], None)
            .await
            .unwrap();
        let found = as_it_is(world, &submission).await;
        assert_eq!(found.status, expected, "{to:?}");
        let why = (to == Status::Rejected).then_some(Rejection::DocumentUnreadable);
        assert_eq!(found.rejection, why);
        world.adapter.advance(PATIENT).await;
        assert_eq!(take(world).await, []);
    }
}

async fn a_review_knows_how_far_the_newest_submission_has_come(world: &World<impl Adapter>) {
    use Status::{Pending, Rejected};
    let ready = ready(world).await;
    let (customer, store) = (&ready.customer, world.store());
    let handover = async || {
        let rail_customer = rail_id(&customer.id.to_string());
        let called = store.call_for_look(Env::Test, &rail_customer, None).await;
        assert_eq!(called, Ok(true));
        let taken = store.take_due_reviews(Env::Test, LEASE, 10).await.unwrap();
        store.settle_review(&taken[0], None).await.unwrap();
        taken[0].handover
    };
    let begun = |rejected_before| Some(Handover::Begun { rejected_before });
    assert_eq!(handover().await, None);
    opened(world, &ready).await;
    assert_eq!(handover().await, Some(Handover::OnItsWay));
    let first = take_one(world).await;
    assert_eq!(store.record_starting(&first, None).await, Ok(true));
    assert_eq!(handover().await, begun(None));
    store.record_reached(&first).await.unwrap();
    assert_eq!(handover().await, begun(None));
    moves(world, customer, Pending, Rejected, Cause::Rail).await;
    assert_eq!(handover().await, None);
    let handle = by_id(customer);
    let basis = store.kyc_basis(world.tenant, &handle, None).await;
    let standing = basis.unwrap().unwrap().standing;
    assert_eq!(standing.rejection, Some(Rejection::DocumentUnreadable));

    // One that is about to come is on its way, too.
    moves(world, customer, Rejected, Pending, Cause::Submission).await;
    assert_eq!(handover().await, Some(Handover::OnItsWay));
    opened(world, &ready).await;
    assert_eq!(handover().await, Some(Handover::OnItsWay));
    let second = take_one(world).await;
    let before = DateTime::from_timestamp(7, 0);
    let starting = store.record_starting(&second, before).await;
    assert_eq!(starting, Ok(true));
    assert_eq!(handover().await, begun(before));
    // Also of one that ended undecided; what was learnt at its end counts.
    let gaps = [Gap::Details];
    store.record_incomplete(&second, &gaps, None).await.unwrap();
    assert_eq!(handover().await, begun(before));
    opened(world, &ready).await;
    let (third, later) = (take_one(world).await, DateTime::from_timestamp(8, 0));
    let ended = store.record_incomplete(&third, &gaps, later).await;
    ended.unwrap();
    assert_eq!(handover().await, begun(later));
}

async fn the_newest_submission_follows_its_customer(world: &World<impl Adapter>) {
    use Status::{Closed, Pending, Rejected, Verified};
    use SubmissionStatus as Is;
    let ready = ready(world).await;
    let first = opened(world, &ready).await;
    let lacking = take_one(world).await;
    let gaps = [Gap::Details];
    let ended = world.store().record_incomplete(&lacking, &gaps, None);
    ended.await.unwrap();
    let submission = opened(world, &ready).await;
    let job = take_one(world).await;
    world.store().record_reached(&job).await.unwrap();
    let mut from = Pending;
    for (to, expected) in [
        (Verified, Is::Approved),
        (Rejected, Is::Rejected),
        (Verified, Is::Approved),
        // Taken back: the customer waits, and may be submitted again.
        (Pending, Is::Incomplete),
        (Rejected, Is::Rejected),
        (Pending, Is::Incomplete),
        (Verified, Is::Approved),
        // What the rail decided stays to be seen.
        (Closed, Is::Approved),
    ] {
        let cause = match to {
            Closed => Cause::Operator,
            Pending | Verified | Rejected => Cause::Rail,
        };
        let moved = moves(world, &ready.customer, from, to, cause).await;
        assert!(matches!(moved, TransitionOutcome::Changed { .. }));
        let found = as_it_is(world, &submission).await;
        assert_eq!(found.status, expected, "{from:?} to {to:?}");
        let why = (to == Rejected).then_some(Rejection::DocumentUnreadable);
        assert_eq!((found.rejection, &*found.missing), (why, &[][..]));
        from = to;
    }
    // The one before it has nothing to do with that.
    let before = as_it_is(world, &first).await;
    assert_eq!(
        (before.status, &*before.missing),
        (Is::Incomplete, &gaps[..])
    );
}
