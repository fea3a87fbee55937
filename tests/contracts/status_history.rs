//! What became of statuses, and why customers were rejected.

use chrono::{DateTime, Utc};
use vouch_domain::{
    customer::{
        Cause::{self, Merchant, Rail},
        CustomerSummary, Explanation, RailReason, Rejection,
        Status::{self, Closed, Pending, Rejected, Verified},
        ToldReason, TransitionRefused,
    },
    ports::{ChangeStatus, StatusChanges, StatusHistory, TransitionOutcome},
    tenant::Env,
};
use vouch_testkit::individual;

use crate::{
    harness::{Adapter, World, contract},
    status_changes::{changed, customer_at},
};

contract![
    what_was_refused_is_recorded_once,
    a_rejection_is_explained_while_it_stands,
    an_explanation_is_replaced_by_a_later_one,
    only_a_rejection_is_explained,
    explanations_are_the_tenants_own,
];

fn told(text: &str, seconds: i64) -> ToldReason {
    ToldReason {
        reason: RailReason::new(text).unwrap(),
        at: DateTime::<Utc>::from_timestamp(seconds, 0),
    }
}

fn explained(text: &str, seconds: i64) -> Explanation {
    Explanation::of(Some(&told(text, seconds)), &[])
}

async fn reject(world: &World<impl Adapter>, customer: &CustomerSummary, why: &Explanation) {
    let change = ChangeStatus {
        customer: customer.id,
        transition: Pending.transition(Rejected, Rail).unwrap(),
        status_event: world.status_event(customer.id).await,
        event: world.ids.mint(),
        explanation: Some(why),
        review: None,
        claim: None,
    };
    let outcome = world.store().transition(world.tenant, &change).await;
    let is_changed = matches!(outcome, Ok(TransitionOutcome::Changed { .. }));
    assert!(is_changed, "{outcome:?}");
}

async fn explain(world: &World<impl Adapter>, customer: &CustomerSummary, why: &Explanation) {
    let explained = world
        .store()
        .explain_rejection(world.tenant, customer.id, why);
    explained.await.unwrap();
}

/// In our words, and in the rail's.
async fn why(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
) -> (Option<Rejection>, Option<String>) {
    let rejection = world.store().rejection(world.tenant, customer.id).await;
    let reason = world.store().rail_reason(world.tenant, customer.id).await;
    let reason = reason.unwrap().map(|reason| reason.expose().to_owned());
    (rejection.unwrap(), reason)
}

fn expired(text: &str) -> (Option<Rejection>, Option<String>) {
    (Some(Rejection::DocumentExpired), Some(text.to_owned()))
}

async fn refuse(world: &World<impl Adapter>, customer: &CustomerSummary, to: Status, by: Cause) {
    let refused = TransitionRefused {
        from: customer.status,
        to,
        cause: by,
    };
    let recorded =
        world
            .store()
            .record_refusal(world.tenant, customer.id, world.ids.mint(), refused);
    recorded.await.unwrap();
}

async fn what_was_refused_is_recorded_once(world: &World<impl Adapter>) {
    let closed = customer_at(world, &individual(), Closed).await;
    for (to, by) in [
        (Verified, Rail),
        (Pending, Rail),
        (Verified, Rail),
        (Pending, Merchant),
    ] {
        refuse(world, &closed, to, by).await;
    }
    let history = world.store().status_history(world.tenant, closed.id).await;
    let history = history.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|told| (told.from, told.to, told.cause, told.applied))
        .collect();
    assert_eq!(told[0], (Pending, Closed, Merchant, true));
    let mut refused = told[1..].to_vec();
    refused.sort_by_key(|(_, to, by, _)| (to.as_str(), by.as_str()));
    let expected = [
        (Closed, Pending, Merchant, false),
        (Closed, Pending, Rail, false),
        (Closed, Verified, Rail, false),
    ];
    assert_eq!(refused, expected);
}

async fn a_rejection_is_explained_while_it_stands(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    assert_eq!(why(world, &made).await, (None, None));
    reject(world, &made, &explained("Document has expired: X1", 10)).await;
    assert_eq!(why(world, &made).await, expired("Document has expired: X1"));
    let verified = changed(world, &made, Verified, Rail).await;
    assert_eq!(why(world, &verified).await, (None, None));
    changed(world, &made, Rejected, Rail).await;
    assert_eq!(
        why(world, &made).await,
        (Some(Rejection::Unexplained), None)
    );
    changed(world, &made, Closed, Merchant).await;
    assert_eq!(why(world, &made).await, (None, None));
    let history = world.store().status_history(world.tenant, made.id).await;
    let rejections: Vec<_> = history.unwrap().iter().map(|told| told.rejection).collect();
    let expected = [
        Some(Rejection::DocumentExpired),
        None,
        Some(Rejection::Unexplained),
        None,
    ];
    assert_eq!(rejections, expected);
}

async fn an_explanation_is_replaced_by_a_later_one(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    // Found by looking, before the callback came.
    reject(world, &made, &Explanation::of(None, &[])).await;
    explain(world, &made, &explained("Fraud", 10)).await;
    let fraud = (Some(Rejection::FraudSuspected), Some("Fraud".to_owned()));
    assert_eq!(why(world, &made).await, fraud);
    explain(world, &made, &explained("Expired since May", 20)).await;
    assert_eq!(why(world, &made).await, expired("Expired since May"));
    // What was so before does not count any more.
    explain(world, &made, &explained("Fraud", 19)).await;
    let timeless = ToldReason {
        at: None,
        ..told("Fraud", 0)
    };
    explain(world, &made, &Explanation::of(Some(&timeless), &[])).await;
    assert_eq!(why(world, &made).await, expired("Expired since May"));
}

async fn only_a_rejection_is_explained(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    explain(world, &made, &explained("Fraud", 10)).await;
    assert_eq!(why(world, &made).await, (None, None));
    reject(world, &made, &explained("Expired", 10)).await;
    changed(world, &made, Pending, Rail).await;
    explain(world, &made, &explained("Fraud", 20)).await;
    let history = world.store().status_history(world.tenant, made.id).await;
    let rejections: Vec<_> = history.unwrap().iter().map(|told| told.rejection).collect();
    assert_eq!(rejections, [Some(Rejection::DocumentExpired), None]);
}

async fn explanations_are_the_tenants_own(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    reject(world, &made, &explained("Expired", 10)).await;
    let stranger = world.new_tenant(Env::Test).await;
    let store = world.store();
    assert_eq!(store.rejection(stranger, made.id).await, Ok(None));
    assert_eq!(store.rail_reason(stranger, made.id).await, Ok(None));
    let fraud = explained("Fraud", 20);
    let explained = store.explain_rejection(stranger, made.id, &fraud).await;
    explained.unwrap();
    assert_eq!(why(world, &made).await, expired("Expired"));
}
