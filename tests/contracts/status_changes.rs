//! Changes of statuses: what goes with them, and who wins.

use futures_util::future::join_all;
use vouch_domain::{
    customer::{
        Cause::{self, Merchant, Operator, Rail, Submission},
        CustomerHandle, CustomerSummary, Explanation, NewCustomer,
        Status::{self, Closed, Pending, Rejected, Verified},
        Version,
    },
    event::{Event, EventDetail},
    idempotency::{KeyClaim, Operation},
    ports::{
        ChangeStatus, CustomerQueries, EventPageRequest, StatusBasis, StatusChanges, StatusHistory,
        TransitionOutcome,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{claim, individual, interac_email, reference, unique_claim};

use crate::harness::{Adapter, World, by_id, by_reference, contract};

contract![
    every_allowed_change_is_stored_with_its_event,
    the_basis_is_the_customer_and_what_the_key_is_bound_to,
    a_change_that_was_judged_before_something_happened_is_outrun,
    of_many_changes_at_once_one_is_made,
    a_key_is_bound_with_the_change_and_once,
    the_hold_goes_and_comes_with_the_status,
    a_customer_whose_address_is_taken_comes_back_without_it_only_by_the_rail,
    a_customer_of_the_treasury_api_can_be_closed,
    a_stranger_changes_nothing,
];

/// What a change to this status has to say of why.
fn explanation(to: Status) -> Option<Explanation> {
    (to == Rejected).then(|| Explanation::of(None, &[]))
}

/// A change of this customer, as it is now, that has to be allowed.
pub(crate) async fn moved(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    to: Status,
    cause: Cause,
) -> TransitionOutcome {
    let now = world.find(&by_id(customer)).await.expect("the customer");
    let why = explanation(to);
    let change = ChangeStatus {
        customer: customer.id,
        transition: now.status.transition(to, cause).expect("an allowed change"),
        status_event: world.status_event(customer.id).await,
        event: world.ids.mint(),
        explanation: why.as_ref(),
        review: None,
        claim: None,
    };
    world
        .store()
        .transition(world.tenant, &change)
        .await
        .unwrap()
}

pub(crate) async fn changed(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    to: Status,
    cause: Cause,
) -> CustomerSummary {
    match moved(world, customer, to, cause).await {
        TransitionOutcome::Changed { customer, .. } => customer,
        other => panic!("not changed: {other:?}"),
    }
}

/// A new customer that has come to this status.
pub(crate) async fn customer_at(
    world: &World<impl Adapter>,
    new: &NewCustomer,
    status: Status,
) -> CustomerSummary {
    let made = world.exists(new).await;
    match status {
        Pending => made,
        Verified | Rejected => changed(world, &made, status, Rail).await,
        Closed => changed(world, &made, Closed, Merchant).await,
    }
}

async fn events(world: &World<impl Adapter>, customer: &CustomerSummary) -> Vec<Event> {
    let request = EventPageRequest {
        customer: by_id(customer),
        limit: 100,
        after: None,
        event_type: None,
    };
    let page = world.store().events(world.tenant, &request).await;
    page.unwrap().events
}

async fn every_allowed_change_is_stored_with_its_event(world: &World<impl Adapter>) {
    for from in Status::ALL {
        for to in Status::ALL {
            for cause in Cause::ALL {
                let Ok(transition) = from.transition(to, cause) else {
                    continue;
                };
                let before = customer_at(world, &individual(), from).await;
                let after = changed(world, &before, to, cause).await;
                let expected = CustomerSummary {
                    status: to,
                    version: Version(before.version.0 + 1),
                    ..before.clone()
                };
                assert_eq!(after, expected, "{transition:?}");
                assert_eq!(world.find(&by_id(&before)).await, Some(after.clone()));
                let events = events(world, &before).await;
                let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
                let count = i32::try_from(events.len()).unwrap();
                assert_eq!(sequences, (1..=count).collect::<Vec<_>>());
                let last = events.last().unwrap();
                assert_eq!(last.detail, EventDetail::from(transition));
                assert_eq!(last.customer, after);
                let history = world.store().status_history(world.tenant, before.id).await;
                let history = history.unwrap();
                let told = history.last().unwrap();
                assert_eq!((told.from, told.to, told.cause), (from, to, cause));
                assert!(told.applied && !told.hold_lost);
                assert_eq!(told.id.uuid(), last.id.uuid());
            }
        }
    }
}

async fn the_basis_is_the_customer_and_what_the_key_is_bound_to(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let claim = closing(&made, "the-key");
    let basis = async |handle: &CustomerHandle, claim: Option<&KeyClaim>| {
        let basis = world.store().status_basis(world.tenant, handle, claim);
        basis.await.unwrap()
    };
    let unbound = Some(StatusBasis {
        customer: made.clone(),
        status_event: 0,
        bound: None,
    });
    assert_eq!(basis(&by_id(&made), None).await, unbound);
    assert_eq!(basis(&by_reference(&made), Some(&claim)).await, unbound);
    close(world, &made, &claim).await;
    let bound = basis(&by_id(&made), Some(&claim)).await.unwrap().bound;
    assert_eq!(bound, Some(claim.fingerprint));
    // Nobody knows of reservations, and of what does not exist.
    let open = individual();
    world.granted(&open, &unique_claim()).await;
    for name in [open.reference, reference("nobody")] {
        let handle = CustomerHandle::Reference(name);
        assert_eq!(basis(&handle, None).await, None);
    }
}

fn closing(customer: &CustomerSummary, key: &str) -> KeyClaim {
    KeyClaim {
        operation: Operation::CloseCustomer(by_id(customer)),
        ..claim(key)
    }
}

/// Closes a customer, by a judgement of now.
async fn close(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    claim: &KeyClaim,
) -> TransitionOutcome {
    let status_event = world.status_event(customer.id).await;
    close_after(world, customer, status_event, claim).await
}

async fn close_after(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    status_event: i32,
    claim: &KeyClaim,
) -> TransitionOutcome {
    let change = ChangeStatus {
        customer: customer.id,
        transition: customer.status.transition(Closed, Merchant).unwrap(),
        status_event,
        event: world.ids.mint(),
        explanation: None,
        review: None,
        claim: Some(claim),
    };
    let closed = world.store().transition(world.tenant, &change).await;
    closed.unwrap()
}

async fn a_change_that_was_judged_before_something_happened_is_outrun(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let judged = world.status_event(made.id).await;
    // Back where it was, and not the same any more.
    for to in [Verified, Pending] {
        changed(world, &made, to, Rail).await;
    }
    let outcome = close_after(world, &made, judged, &closing(&made, "late")).await;
    assert_eq!(outcome, TransitionOutcome::Outrun);
    let now = world.find(&by_id(&made)).await;
    assert_eq!(now.map(|now| now.status), Some(Pending));
    assert_eq!(events(world, &made).await.len(), 3);
    // The key is as free as before.
    let again = world.find(&by_id(&made)).await.unwrap();
    let outcome = close(world, &again, &closing(&made, "late")).await;
    assert!(matches!(outcome, TransitionOutcome::Changed { .. }));
}

async fn of_many_changes_at_once_one_is_made(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let outcomes = join_all((0..6).map(|number| {
        let to = if number % 2 == 0 { Verified } else { Rejected };
        let made = &made;
        async move {
            let why = explanation(to);
            let change = ChangeStatus {
                customer: made.id,
                transition: Pending.transition(to, Rail).unwrap(),
                status_event: 0,
                event: world.ids.mint(),
                explanation: why.as_ref(),
                review: None,
                claim: None,
            };
            let moved = world.store().transition(world.tenant, &change).await;
            moved.unwrap()
        }
    }))
    .await;
    let is_changed = |outcome: &&TransitionOutcome| **outcome != TransitionOutcome::Outrun;
    assert_eq!(outcomes.iter().filter(is_changed).count(), 1);
    assert_eq!(events(world, &made).await.len(), 2);
}

async fn a_key_is_bound_with_the_change_and_once(world: &World<impl Adapter>) {
    let (first, second) = (
        world.exists(&individual()).await,
        world.exists(&individual()).await,
    );
    let claim = closing(&first, "the-key");
    let outcome = close(world, &first, &claim).await;
    assert!(matches!(outcome, TransitionOutcome::Changed { .. }));
    let outcome = close(world, &second, &claim).await;
    assert_eq!(outcome, TransitionOutcome::Outrun);
    assert_eq!(world.find(&by_id(&second)).await, Some(second));
}

fn with_address(address: &str) -> NewCustomer {
    NewCustomer {
        interac_email: Some(interac_email(address)),
        ..individual()
    }
}

async fn holds(world: &World<impl Adapter>, customer: &CustomerSummary) -> bool {
    let holds = world.store().holds_interac_email(world.tenant, customer.id);
    holds.await.unwrap()
}

async fn the_hold_goes_and_comes_with_the_status(world: &World<impl Adapter>) {
    let without = world.exists(&individual()).await;
    assert!(!holds(world, &without).await);
    for (to, cause) in [(Verified, Rail), (Pending, Rail), (Pending, Submission)] {
        let made = world.exists(&with_address("user@pouch.example")).await;
        assert!(holds(world, &made).await);
        changed(world, &made, Rejected, Rail).await;
        assert!(!holds(world, &made).await);
        let outcome = moved(world, &made, to, cause).await;
        let TransitionOutcome::Changed { hold_lost, .. } = outcome else {
            panic!("{outcome:?}");
        };
        assert!(!hold_lost);
        assert!(holds(world, &made).await, "{to:?} by {cause:?}");
        // Closing makes room for the next one.
        changed(world, &made, Closed, Operator).await;
        assert!(!holds(world, &made).await);
    }
    // What changes without a rejection changes nothing here.
    let made = world.exists(&with_address("user@pouch.example")).await;
    for to in [Verified, Pending, Verified] {
        changed(world, &made, to, Rail).await;
        assert!(holds(world, &made).await);
    }
}

async fn a_customer_whose_address_is_taken_comes_back_without_it_only_by_the_rail(
    world: &World<impl Adapter>,
) {
    let made = world.exists(&with_address("user@pouch.example")).await;
    let rejected = changed(world, &made, Rejected, Rail).await;
    let other = world.exists(&with_address("user@pouch.example")).await;
    let refused = moved(world, &made, Pending, Submission).await;
    assert_eq!(refused, TransitionOutcome::InteracEmailTaken);
    assert_eq!(world.find(&by_id(&made)).await, Some(rejected));
    assert_eq!(events(world, &made).await.len(), 2);
    let outcome = moved(world, &made, Verified, Rail).await;
    assert!(
        matches!(
            outcome,
            TransitionOutcome::Changed {
                hold_lost: true,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(!holds(world, &made).await);
    assert!(holds(world, &other).await);
    let history = world.store().status_history(world.tenant, made.id).await;
    let lost: Vec<_> = history.unwrap().iter().map(|told| told.hold_lost).collect();
    assert_eq!(lost, [false, true]);
    // Its next rejection does not free what is another's.
    changed(world, &made, Rejected, Rail).await;
    assert!(holds(world, &other).await);
}

async fn a_customer_of_the_treasury_api_can_be_closed(world: &World<impl Adapter>) {
    let made = crate::treasury_customers::made(world).await;
    let handle = CustomerHandle::Id(made.id);
    let before = world.find(&handle).await.unwrap();
    let after = changed(world, &before, Closed, Merchant).await;
    assert_eq!(after.status, Closed);
    assert_eq!(events(world, &before).await.len(), 2);
}

async fn a_stranger_changes_nothing(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [stranger, live] {
        let basis = world
            .store()
            .status_basis(tenant, &by_id(&made), None)
            .await;
        assert_eq!(basis, Ok(None));
        let change = ChangeStatus {
            customer: made.id,
            transition: Pending.transition(Closed, Merchant).unwrap(),
            status_event: 0,
            event: world.ids.mint(),
            explanation: None,
            review: None,
            claim: None,
        };
        let outcome = world.store().transition(tenant, &change).await;
        assert_eq!(outcome, Ok(TransitionOutcome::Outrun));
        let history = world.store().status_history(tenant, made.id).await;
        assert_eq!(history, Ok(Vec::new()));
    }
    assert_eq!(world.find(&by_id(&made)).await, Some(made));
}
