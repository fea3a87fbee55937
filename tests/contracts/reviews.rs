//! Customers whose decision is looked for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use vouch_domain::{
    customer::{
        Cause, CustomerSummary, Explanation, RailReason,
        Status::{Closed, Pending, Rejected, Verified},
        ToldReason,
    },
    ports::{AmendOutcome, ChangeStatus, DueReview, Reviews, StatusChanges, TransitionOutcome},
    tenant::{Env, Tenant},
};
use vouch_testkit::individual;

use crate::{
    amendments::{amend_email, basis},
    harness::{Adapter, World, by_id, contract, rail_id},
    status_changes::changed,
    submissions::open,
};

contract![
    a_decision_is_looked_for_when_it_is_overdue,
    a_callback_asks_for_a_look_at_once,
    only_a_customer_of_the_env_is_called_for,
    of_several_reasons_the_latest_is_kept,
    a_taken_review_is_held_and_given_again_after_its_lease,
    a_settled_review_is_over_or_goes_on_after_a_pause,
    who_is_called_for_meanwhile_is_looked_at_again,
    a_decision_that_is_awaited_meanwhile_stays_awaited,
    a_freed_review_is_tried_again_later,
    who_lost_the_lease_changes_nothing,
    a_change_needs_the_lease_of_the_review_that_found_it,
    a_resubmission_after_a_review_was_taken_makes_it_worthless,
    an_amendment_after_a_review_was_taken_is_in_no_decisions_way,
    closing_a_customer_ends_its_review,
    reviews_of_all_organisations_of_one_env_are_due,
    no_more_are_taken_than_asked_for,
];

const LEASE: Duration = Duration::from_secs(100);
const OVERDUE: Duration = Duration::from_secs(3_000);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);

async fn take(world: &World<impl Adapter>) -> Vec<DueReview> {
    let taken = world.store().take_due_reviews(Env::Test, LEASE, 100).await;
    taken.unwrap()
}

async fn take_one(world: &World<impl Adapter>) -> DueReview {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn wait_for(world: &World<impl Adapter>, customer: &CustomerSummary) {
    let store = world.store();
    let awaited = store
        .await_decision(world.tenant, customer.id, OVERDUE)
        .await;
    awaited.unwrap();
}

async fn call(world: &World<impl Adapter>, customer: &CustomerSummary, told: Option<&ToldReason>) {
    let rail_customer = rail_id(&customer.id.to_string());
    let called = world
        .store()
        .call_for_look(Env::Test, &rail_customer, told)
        .await;
    assert_eq!(called, Ok(true));
}

async fn called(world: &World<impl Adapter>) -> CustomerSummary {
    let made = world.exists(&individual()).await;
    call(world, &made, None).await;
    made
}

async fn settle(world: &World<impl Adapter>, review: &DueReview, again_in: Option<Duration>) {
    let settled = world.store().settle_review(review, again_in).await;
    settled.unwrap();
}

fn told(text: &str, seconds: Option<i64>) -> ToldReason {
    ToldReason {
        reason: RailReason::new(text).unwrap(),
        at: seconds.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0)),
    }
}

async fn a_decision_is_looked_for_when_it_is_overdue(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    wait_for(world, &made).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(OVERDUE - PATIENT).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let taken = take_one(world).await;
    let expected = DueReview {
        tenant: world.tenant,
        customer: made.id,
        rail_customer: rail_id(&made.id.to_string()),
        status_event: 0,
        awaited: true,
        handover: None,
        calls: 0,
        looks: 0,
        told: None,
        lease: taken.lease,
    };
    assert_eq!(taken, expected);
}

async fn a_callback_asks_for_a_look_at_once(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let reason = told("Expired", Some(10));
    call(world, &made, Some(&reason)).await;
    let taken = take_one(world).await;
    assert_eq!((taken.customer, taken.tenant), (made.id, world.tenant));
    assert_eq!((taken.awaited, taken.told), (false, Some(reason)));
    // Also where a decision is awaited, which it stays.
    let made = world.exists(&individual()).await;
    wait_for(world, &made).await;
    call(world, &made, None).await;
    let taken = take_one(world).await;
    assert_eq!((taken.customer, taken.awaited), (made.id, true));
}

async fn only_a_customer_of_the_env_is_called_for(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let known = rail_id(&made.id.to_string());
    for (env, id) in [(Env::Test, rail_id("nobody")), (Env::Live, known)] {
        let called = world.store().call_for_look(env, &id, None).await;
        assert_eq!(called, Ok(false));
    }
    assert_eq!(take(world).await, []);
}

async fn of_several_reasons_the_latest_is_kept(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let (early, late) = (told("early", Some(10)), told("late", Some(20)));
    for reason in [
        Some(&early),
        Some(&late),
        Some(&early),
        None,
        Some(&told("never", None)),
    ] {
        call(world, &made, reason).await;
    }
    let taken = take_one(world).await;
    assert_eq!((taken.told, taken.calls), (Some(late), 5));
}

async fn a_taken_review_is_held_and_given_again_after_its_lease(world: &World<impl Adapter>) {
    called(world).await;
    let first = take_one(world).await;
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_eq!(second.customer, first.customer);
    assert_ne!(second.lease, first.lease);
}

async fn a_settled_review_is_over_or_goes_on_after_a_pause(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    call(world, &made, Some(&told("Expired", Some(10)))).await;
    let first = take_one(world).await;
    settle(world, &first, Some(OVERDUE)).await;
    world.adapter.advance(OVERDUE - PATIENT).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_eq!((second.awaited, second.looks), (true, 1));
    assert_eq!(second.told, None, "a reason that was applied");
    settle(world, &second, None).await;
    world.adapter.advance(OVERDUE * 2).await;
    assert_eq!(take(world).await, []);
    call(world, &made, None).await;
    assert_eq!(take_one(world).await.looks, 0);
}

async fn who_is_called_for_meanwhile_is_looked_at_again(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    for again_in in [None, Some(OVERDUE)] {
        call(world, &made, None).await;
        let first = take_one(world).await;
        let reason = told("Expired", Some(10));
        call(world, &made, Some(&reason)).await;
        assert_eq!(take(world).await, [], "two holders of one review");
        settle(world, &first, again_in).await;
        let second = take_one(world).await;
        assert_eq!(second.told, Some(reason));
        assert_eq!(second.awaited, again_in.is_some());
        settle(world, &second, None).await;
    }
}

async fn a_decision_that_is_awaited_meanwhile_stays_awaited(world: &World<impl Adapter>) {
    let made = called(world).await;
    let first = take_one(world).await;
    wait_for(world, &made).await;
    settle(world, &first, None).await;
    let second = take_one(world).await;
    assert!(second.awaited);
}

async fn a_freed_review_is_tried_again_later(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let reason = told("Expired", Some(10));
    call(world, &made, Some(&reason)).await;
    for _ in 0..6 {
        let taken = take_one(world).await;
        assert_eq!(taken.told.as_ref(), Some(&reason));
        world.store().free_review(&taken).await.unwrap();
        world.adapter.advance(PATIENT).await;
    }
    let taken = take_one(world).await;
    world.store().free_review(&taken).await.unwrap();
    assert_eq!(take(world).await, []);
    // Another callback is worth an attempt at once.
    call(world, &made, None).await;
    take_one(world).await;
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    called(world).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    settle(world, &old, None).await;
    world.store().free_review(&old).await.unwrap();
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let newest = take_one(world).await;
    assert_ne!(newest.lease, new.lease);
}

async fn a_change_needs_the_lease_of_the_review_that_found_it(world: &World<impl Adapter>) {
    let made = called(world).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    let change = |review: &DueReview| ChangeStatus {
        customer: made.id,
        transition: Pending.transition(Verified, Cause::Rail).unwrap(),
        status_event: review.status_event,
        event: world.ids.mint(),
        explanation: None,
        review: Some(review.lease),
        claim: None,
    };
    let store = world.store();
    let outcome = store.transition(world.tenant, &change(&old)).await;
    assert_eq!(outcome, Ok(TransitionOutcome::Outrun));
    let outcome = store.transition(world.tenant, &change(&new)).await;
    assert!(
        matches!(outcome, Ok(TransitionOutcome::Changed { .. })),
        "{outcome:?}"
    );
}

/// The rail's rejection, found by this review of a customer who is pending by now.
async fn reject(world: &World<impl Adapter>, review: &DueReview) -> TransitionOutcome {
    let why = Explanation::of(None, &[]);
    let change = ChangeStatus {
        customer: review.customer,
        transition: Pending.transition(Rejected, Cause::Rail).unwrap(),
        status_event: review.status_event,
        event: world.ids.mint(),
        explanation: Some(&why),
        review: Some(review.lease),
        claim: None,
    };
    let outcome = world.store().transition(world.tenant, &change).await;
    outcome.unwrap()
}

async fn a_resubmission_after_a_review_was_taken_makes_it_worthless(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    changed(world, &made, Rejected, Cause::Rail).await;
    call(world, &made, None).await;
    let review = take_one(world).await;
    assert_eq!(review.status_event, 2);
    // While the rail is asked, and says what it has long said, the customer is reopened.
    changed(world, &made, Pending, Cause::Submission).await;
    assert_eq!(reject(world, &review).await, TransitionOutcome::Outrun);
    // So it is with a submission that nothing had to be reopened for.
    world.adapter.advance(PATIENT).await;
    let review = take_one(world).await;
    let submission = open(world, world.tenant, &made, None).await;
    assert!(submission.is_some());
    assert_eq!(reject(world, &review).await, TransitionOutcome::Outrun);
    let found = world.find(&by_id(&made)).await;
    assert_eq!(found.unwrap().status, Pending);
}

async fn an_amendment_after_a_review_was_taken_is_in_no_decisions_way(world: &World<impl Adapter>) {
    let made = called(world).await;
    let review = take_one(world).await;
    let read = basis(world, &made).await;
    let amended = amend_email(world, &read, "new@example.com", None).await;
    assert!(matches!(amended, AmendOutcome::Amended(_)), "{amended:?}");
    let outcome = reject(world, &review).await;
    assert!(
        matches!(outcome, TransitionOutcome::Changed { .. }),
        "{outcome:?}"
    );
}

async fn closing_a_customer_ends_its_review(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    wait_for(world, &made).await;
    changed(world, &made, Verified, Cause::Rail).await;
    world.adapter.advance(OVERDUE).await;
    take_one(world).await;
    changed(world, &made, Closed, Cause::Merchant).await;
    world.adapter.advance(OVERDUE).await;
    assert_eq!(take(world).await, []);
}

async fn reviews_of_all_organisations_of_one_env_are_due(world: &World<impl Adapter>) {
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.tenant, stranger, live] {
        let made = world.exists_in(tenant, &individual()).await;
        let rail_customer = rail_id(&made.id.to_string());
        let store = world.store();
        let called = store.call_for_look(tenant.env, &rail_customer, None).await;
        assert_eq!(called, Ok(true));
    }
    let mut organisations: Vec<_> = take(world)
        .await
        .iter()
        .map(|one| one.tenant.organisation)
        .collect();
    organisations.sort();
    let mut expected = [world.tenant.organisation, stranger.organisation];
    expected.sort();
    assert_eq!(organisations, expected);
    let of_live = world.store().take_due_reviews(Env::Live, LEASE, 100).await;
    assert_eq!(of_live.unwrap()[0].tenant, live);
}

async fn no_more_are_taken_than_asked_for(world: &World<impl Adapter>) {
    for _ in 0..3 {
        called(world).await;
    }
    for count in [2, 1, 0] {
        let taken = world.store().take_due_reviews(Env::Test, LEASE, 2).await;
        assert_eq!(taken.unwrap().len(), count);
    }
}
