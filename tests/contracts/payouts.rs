//! Payouts: stored once with their keys, sent under leases, and ended once.

use std::time::Duration;

use vouch_domain::{
    customer::{Cause, CustomerHandle, CustomerSummary, Status},
    event::{EventDetail, EventType},
    idempotency::{Fingerprint, KeyClaim},
    payout::{Payout, PayoutEnd, PayoutFailure, PayoutRequest, PayoutState},
    ports::{
        AbsenceClear, CustomerQueries, EventPageRequest, InsertPayout, PageError, PayoutJob,
        PayoutJobs, PayoutPageRequest, PayoutQuestion, PayoutRelease, PayoutStage, Payouts,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{individual, interac_email, payout_claim, payout_request};

use crate::{
    harness::{Adapter, World, by_id, by_reference, contract, rail_id},
    status_changes::moved,
};

contract![
    a_payout_is_stored_with_its_key,
    a_merchant_reference_is_used_once_and_a_conflict_leaves_nothing_behind,
    of_many_who_want_one_reference_one_gets_it,
    only_verified_customers_pay_out,
    the_customers_own_address_is_good_while_it_is_held,
    a_key_may_be_bound_to_a_payout_that_was_there,
    a_new_payout_is_due_at_once_and_held_by_one,
    an_expired_lease_leaves_doubt_that_time_has_cleared,
    doubt_lasts_as_long_as_was_said,
    what_the_rail_has_taken_is_never_unsent_again,
    a_customers_standing_is_told,
    a_payout_ends_once_and_tells_of_it,
    whoever_hastens_a_payout_is_not_kept_waiting,
    who_lost_the_lease_changes_nothing,
    payouts_page_from_the_newest,
    payouts_of_strangers_do_not_exist,
    each_env_has_its_own_work,
];

/// What was asked for, in whatever words.
const ASKED: Fingerprint = Fingerprint([7; 32]);
const LEASE: Duration = Duration::from_secs(100);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);

/// A verified customer that holds an Interac address.
pub(crate) async fn verified(world: &World<impl Adapter>, tenant: Tenant) -> CustomerSummary {
    let mut new = individual();
    new.interac_email = Some(interac_email(&format!(
        "{}@example.com",
        new.reference.as_str()
    )));
    let made = world.exists_in(tenant, &new).await;
    world
        .adapter
        .set_status(tenant, made.id, Status::Verified)
        .await;
    made
}

pub(crate) async fn try_insert(
    world: &World<impl Adapter>,
    tenant: Tenant,
    request: &PayoutRequest,
    claim: &KeyClaim,
) -> Option<Payout> {
    let basis = world
        .store()
        .payout_basis(tenant, request.into(), claim)
        .await
        .unwrap();
    let customer = basis.customer.unwrap();
    let held = customer.held_address.clone();
    let recipient = request.recipient.resolved(held.as_ref()).unwrap();
    let insert = InsertPayout {
        id: world.ids.mint(),
        customer: &customer,
        request,
        recipient: &recipient,
        asked: ASKED,
        claim,
    };
    world.store().insert_payout(tenant, &insert).await.unwrap()
}

pub(crate) async fn insert(world: &World<impl Adapter>, customer: &CustomerSummary) -> Payout {
    insert_in(world, world.tenant, customer).await
}

async fn insert_in(
    world: &World<impl Adapter>,
    tenant: Tenant,
    customer: &CustomerSummary,
) -> Payout {
    let request = payout_request(&by_id(customer), None);
    let inserted = try_insert(world, tenant, &request, &payout_claim()).await;
    inserted.expect("a new payout")
}

pub(crate) async fn take(world: &World<impl Adapter>) -> Vec<PayoutJob> {
    let taken = world.store().take_due_payouts(Env::Test, LEASE, 100).await;
    taken.unwrap()
}

async fn take_one(world: &World<impl Adapter>) -> PayoutJob {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn release(world: &World<impl Adapter>, job: &PayoutJob, release: PayoutRelease) {
    world.store().release_payout(job, release).await.unwrap();
}

pub(crate) async fn end(world: &World<impl Adapter>, job: &PayoutJob, end: PayoutEnd) -> bool {
    let event = world.ids.mint();
    world.store().end_payout(job, end, event).await.unwrap()
}

async fn find(world: &World<impl Adapter>, payout: &Payout) -> Payout {
    let found = world.store().find_payout(world.tenant, payout.id).await;
    found.unwrap().expect("a payout")
}

async fn a_payout_is_stored_with_its_key(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let (request, claim) = (
        payout_request(&by_reference(&customer), None),
        payout_claim(),
    );
    let basis = async || {
        let basis = world
            .store()
            .payout_basis(world.tenant, (&request).into(), &claim);
        basis.await.unwrap()
    };
    let before = basis().await;
    assert_eq!((before.bound, before.namesake), (None, None));
    let found = before.customer.unwrap();
    assert_eq!(found.status, Status::Verified);
    assert_eq!(found.held_address, customer.interac_email);
    assert_eq!(found.own_address, customer.interac_email);

    let made = try_insert(world, world.tenant, &request, &claim).await;
    let made = made.unwrap();
    assert_eq!(made.customer, customer.id);
    assert_eq!(made.reference, customer.reference);
    assert_eq!(made.amount, request.amount);
    assert_eq!(made.merchant_reference, request.merchant_reference);
    assert_eq!(made.state, PayoutState::Processing);
    assert_eq!(find(world, &made).await, made);

    let bound = Some((claim.fingerprint, made.clone()));
    assert_eq!(basis().await.bound, bound);
    // For a body that breaks rules the key alone is looked at, and the customer if it matters.
    let alone = world
        .store()
        .payout_basis(world.tenant, PayoutQuestion::default(), &claim);
    let alone = alone.await.unwrap();
    assert_eq!((alone.bound, alone.customer), (bound.clone(), None));
    let handle = by_id(&customer);
    let question = PayoutQuestion {
        customer: Some(&handle),
        merchant_reference: None,
    };
    let standing = world.store().payout_basis(world.tenant, question, &claim);
    let standing = standing.await.unwrap();
    assert_eq!(standing.bound, bound);
    assert_eq!(standing.customer.map(|found| found.id), Some(customer.id));
    // Another key finds it by its merchant reference.
    let other = payout_claim();
    let other = world
        .store()
        .payout_basis(world.tenant, (&request).into(), &other);
    let other = other.await.unwrap();
    assert_eq!(other.bound, None);
    assert_eq!(other.namesake, Some((ASKED, made)));
}

async fn a_merchant_reference_is_used_once_and_a_conflict_leaves_nothing_behind(
    world: &World<impl Adapter>,
) {
    let customer = verified(world, world.tenant).await;
    let (request, claim) = (payout_request(&by_id(&customer), None), payout_claim());
    let first = try_insert(world, world.tenant, &request, &claim).await;
    let first = first.unwrap();
    let second = payout_claim();
    let outcome = try_insert(world, world.tenant, &request, &second).await;
    assert_eq!(outcome, None);
    let unbound = world
        .store()
        .payout_basis(world.tenant, PayoutQuestion::default(), &second);
    assert_eq!(unbound.await.unwrap().bound, None);
    // A used key, with another reference.
    let another = payout_request(&by_id(&customer), None);
    let outcome = try_insert(world, world.tenant, &another, &claim).await;
    assert_eq!(outcome, None);
    let other = payout_claim();
    let basis = world
        .store()
        .payout_basis(world.tenant, (&another).into(), &other);
    assert_eq!(basis.await.unwrap().namesake, None);
    assert_eq!(take_one(world).await.payout, first.id);
}

async fn of_many_who_want_one_reference_one_gets_it(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let request = payout_request(&by_id(&customer), None);
    let claims: Vec<_> = (0..8).map(|_| payout_claim()).collect();
    let attempts = claims
        .iter()
        .map(|claim| try_insert(world, world.tenant, &request, claim));
    let outcomes = futures_util::future::join_all(attempts).await;
    let made: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(take(world).await.len(), 1);
}

async fn only_verified_customers_pay_out(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    for status in [Status::Pending, Status::Rejected] {
        world
            .adapter
            .set_status(world.tenant, customer.id, status)
            .await;
        let (request, claim) = (payout_request(&by_id(&customer), None), payout_claim());
        let outcome = try_insert(world, world.tenant, &request, &claim).await;
        assert_eq!(outcome, None, "{status:?}");
    }
    assert_eq!(take(world).await, []);
}

async fn the_customers_own_address_is_good_while_it_is_held(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let named = payout_request(&by_id(&customer), Some(interac_email("grace@example.com")));
    let unnamed = payout_request(&by_id(&customer), None);
    let claim = payout_claim();
    let basis = world
        .store()
        .payout_basis(world.tenant, (&unnamed).into(), &claim);
    let held = basis.await.unwrap().customer.unwrap();
    // As if it had been another address when it was read.
    let other = interac_email("was-held@example.com");
    let recipient = unnamed.recipient.resolved(Some(&other)).unwrap();
    let insert = InsertPayout {
        id: world.ids.mint(),
        customer: &held,
        request: &unnamed,
        recipient: &recipient,
        asked: ASKED,
        claim: &claim,
    };
    let outcome = world.store().insert_payout(world.tenant, &insert).await;
    assert_eq!(outcome, Ok(None));
    for (request, address) in [
        (&unnamed, customer.interac_email.clone().unwrap()),
        (&named, interac_email("grace@example.com")),
    ] {
        let made = try_insert(world, world.tenant, request, &payout_claim()).await;
        assert!(made.is_some());
        let job = take_one(world).await;
        assert_eq!(job.recipient.interac_email, address);
        assert_eq!(job.recipient.first_name, request.recipient.first_name);
        assert_eq!(job.recipient.last_name, request.recipient.last_name);
        assert!(end(world, &job, PayoutEnd::Paid).await);
    }
    // It is its own when it is held no longer, too.
    moved(world, &customer, Status::Rejected, Cause::Rail).await;
    let claim = payout_claim();
    let basis = world
        .store()
        .payout_basis(world.tenant, (&unnamed).into(), &claim);
    let found = basis.await.unwrap().customer.unwrap();
    assert_eq!(found.held_address, None);
    assert_eq!(found.own_address, customer.interac_email);
}

async fn a_key_may_be_bound_to_a_payout_that_was_there(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let made = insert(world, &customer).await;
    let claim = payout_claim();
    for free in [true, false] {
        let bound = world.store().bind_payout_key(world.tenant, &made, &claim);
        assert_eq!(bound.await, Ok(free));
    }
    let other_body = KeyClaim {
        fingerprint: Fingerprint([9; 32]),
        ..claim.clone()
    };
    let basis = world
        .store()
        .payout_basis(world.tenant, PayoutQuestion::default(), &other_body);
    assert_eq!(basis.await.unwrap().bound, Some((claim.fingerprint, made)));
}

async fn a_new_payout_is_due_at_once_and_held_by_one(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let none = world.store().next_due_payout(Env::Test).await;
    assert_eq!(none, Ok(None));
    let made = insert(world, &customer).await;
    let next = world.store().next_due_payout(Env::Test).await.unwrap();
    assert_eq!(next, Some(Duration::ZERO));
    let job = take_one(world).await;
    assert_eq!((job.tenant, job.payout), (world.tenant, made.id));
    assert_eq!(job.rail_customer, rail_id(&customer.id.to_string()));
    assert_eq!((job.currency, job.amount), (made.currency, made.amount));
    assert_eq!(job.merchant_reference, made.merchant_reference);
    assert_eq!(job.stage, PayoutStage::Unsent);
    assert_eq!(take(world).await, []);
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
}

async fn an_expired_lease_leaves_doubt_that_time_has_cleared(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    insert(world, &customer).await;
    let first = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_ne!(second.lease, first.lease);
    let clear = PayoutStage::Doubtful {
        absence_clear_in: Duration::ZERO,
    };
    assert_eq!(second.stage, clear);
}

async fn doubt_lasts_as_long_as_was_said(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    insert(world, &customer).await;
    let doubt = |job: &PayoutJob| match job.stage {
        PayoutStage::Doubtful { absence_clear_in } => absence_clear_in.as_secs(),
        other => panic!("{other:?}"),
    };
    let about = |seconds: u64| seconds - 20..=seconds;
    let job = take_one(world).await;
    let unclear = PayoutRelease::Failed(AbsenceClear::After(Duration::from_secs(3_000)));
    release(world, &job, unclear).await;
    assert_eq!(take(world).await, [], "the next attempt is put off");
    world.adapter.advance(PATIENT).await;
    let job = take_one(world).await;
    assert!(about(2_400).contains(&doubt(&job)), "{job:?}");
    release(world, &job, PayoutRelease::Failed(AbsenceClear::AsBefore)).await;
    world.adapter.advance(PATIENT).await;
    let job = take_one(world).await;
    assert!(about(1_800).contains(&doubt(&job)), "{job:?}");
    let pause = PayoutRelease::TooEarly(Duration::from_secs(1_000));
    release(world, &job, pause).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let job = take_one(world).await;
    assert!(about(600).contains(&doubt(&job)), "{job:?}");
    release(world, &job, PayoutRelease::Failed(AbsenceClear::Now)).await;
    world.adapter.advance(Duration::from_secs(60)).await;
    assert_eq!(doubt(&take_one(world).await), 0);
}

async fn what_the_rail_has_taken_is_never_unsent_again(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    insert(world, &customer).await;
    let job = take_one(world).await;
    let taken = PayoutRelease::Taken(Duration::from_secs(30));
    release(world, &job, taken).await;
    for _ in 0..3 {
        assert_eq!(take(world).await, []);
        world.adapter.advance(PATIENT).await;
        let job = take_one(world).await;
        assert_eq!(job.stage, PayoutStage::Taken);
        let doubt = PayoutRelease::Failed(AbsenceClear::After(LEASE));
        release(world, &job, doubt).await;
    }
}

async fn a_customers_standing_is_told(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    insert(world, &customer).await;
    let job = take_one(world).await;
    for status in [Status::Verified, Status::Pending, Status::Rejected] {
        world
            .adapter
            .set_status(world.tenant, customer.id, status)
            .await;
        let told = world.store().payout_customer(&job).await;
        assert_eq!(told, Ok(status));
    }
}

async fn a_payout_ends_once_and_tells_of_it(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let failure = PayoutFailure::InsufficientFunds;
    let ends = [PayoutEnd::Paid, PayoutEnd::Failed(failure)];
    for outcome in ends {
        let made = insert(world, &customer).await;
        let job = take_one(world).await;
        assert!(end(world, &job, outcome).await);
        assert!(!end(world, &job, PayoutEnd::Failed(failure)).await);
        let found = find(world, &made).await;
        assert_eq!(found.state, PayoutState::Ended(outcome));
        world.adapter.advance(PATIENT).await;
        assert_eq!(take(world).await, []);
        let hastened = world.store().hasten_payout(Env::Test, made.id).await;
        assert_eq!(hastened, Ok(false));
    }
    let request = EventPageRequest {
        customer: by_id(&customer),
        limit: 100,
        after: None,
        event_type: None,
    };
    let page = world.store().events(world.tenant, &request).await.unwrap();
    let types: Vec<_> = page
        .events
        .iter()
        .map(|event| event.detail.event_type())
        .collect();
    assert_eq!(
        types,
        [
            EventType::CustomerCreated,
            EventType::PayoutPaid,
            EventType::PayoutFailed
        ]
    );
    let EventDetail::PayoutEnded(mark, told) = &page.events[2].detail else {
        panic!("{:?}", page.events[2]);
    };
    assert_eq!((*told, mark.amount.count()), (ends[1], 1_250));
    let sequences: Vec<_> = page.events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}

async fn whoever_hastens_a_payout_is_not_kept_waiting(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let made = insert(world, &customer).await;
    let hasten = async || {
        let hastened = world.store().hasten_payout(Env::Test, made.id).await;
        hastened.unwrap()
    };
    let later = PayoutRelease::Taken(Duration::from_secs(3_000));
    let job = take_one(world).await;
    assert!(hasten().await);
    assert_eq!(take(world).await, [], "two holders of one payout");
    release(world, &job, later).await;
    let job = take_one(world).await;
    release(world, &job, later).await;
    assert_eq!(take(world).await, []);
    assert!(hasten().await);
    take_one(world).await;
    let of_live = world.store().hasten_payout(Env::Live, made.id).await;
    assert_eq!(of_live, Ok(false));
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let made = insert(world, &customer).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    release(world, &old, PayoutRelease::Taken(Duration::ZERO)).await;
    assert!(!end(world, &old, PayoutEnd::Paid).await);
    assert_eq!(take(world).await, []);
    assert_eq!(find(world, &made).await.state, PayoutState::Processing);
    assert!(end(world, &new, PayoutEnd::Paid).await);
}

async fn payouts_page_from_the_newest(world: &World<impl Adapter>) {
    let (ours, theirs) = (
        verified(world, world.tenant).await,
        verified(world, world.tenant).await,
    );
    let mut all = Vec::new();
    for customer in [&ours, &theirs, &ours, &theirs, &ours] {
        all.insert(0, insert(world, customer).await);
    }
    let page = async |customer: Option<CustomerHandle>, limit, after: Option<usize>| {
        let request = PayoutPageRequest {
            customer,
            limit,
            after: after.map(|place| all[place].id),
        };
        let page = world.store().payouts_page(world.tenant, &request).await;
        let page = page.unwrap();
        let place = |payout: &Payout| all.iter().position(|known| known == payout).unwrap();
        let places: Vec<_> = page.payouts.iter().map(place).collect();
        (places, page.has_more)
    };
    assert_eq!(page(None, 2, None).await, (vec![0, 1], true));
    assert_eq!(page(None, 3, Some(1)).await, (vec![2, 3, 4], false));
    assert_eq!(page(None, 2, Some(4)).await, (vec![], false));
    for handle in [by_id(&ours), by_reference(&ours)] {
        assert_eq!(
            page(Some(handle.clone()), 2, None).await,
            (vec![0, 2], true)
        );
        assert_eq!(page(Some(handle), 2, Some(2)).await, (vec![4], false));
    }
    let nobody = CustomerHandle::parse("nobody");
    assert_eq!(page(nobody, 2, None).await, (vec![], false));
    let unknown = PayoutPageRequest {
        customer: None,
        limit: 2,
        after: Some(world.ids.mint()),
    };
    let refused = world.store().payouts_page(world.tenant, &unknown).await;
    assert_eq!(refused, Err(PageError::UnknownCursor));
}

async fn payouts_of_strangers_do_not_exist(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let made = insert(world, &customer).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.new_tenant(Env::Test).await, live] {
        let found = world.store().find_payout(tenant, made.id).await;
        assert_eq!(found, Ok(None));
        let request = payout_request(&by_id(&customer), None);
        let claim = payout_claim();
        let basis = world
            .store()
            .payout_basis(tenant, (&request).into(), &claim);
        assert_eq!(basis.await.unwrap().customer, None);
        let page = |after| PayoutPageRequest {
            customer: None,
            limit: 10,
            after,
        };
        let empty = world.store().payouts_page(tenant, &page(None)).await;
        assert_eq!(empty.unwrap().payouts, []);
        let refused = world
            .store()
            .payouts_page(tenant, &page(Some(made.id)))
            .await;
        assert_eq!(refused, Err(PageError::UnknownCursor));
        // The same merchant reference is free there.
        let theirs = verified(world, tenant).await;
        let request = PayoutRequest {
            merchant_reference: made.merchant_reference.clone(),
            ..payout_request(&by_id(&theirs), None)
        };
        let inserted = try_insert(world, tenant, &request, &payout_claim()).await;
        assert!(inserted.is_some());
    }
}

async fn each_env_has_its_own_work(world: &World<impl Adapter>) {
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.tenant, live, world.new_tenant(Env::Test).await] {
        let customer = verified(world, tenant).await;
        insert_in(world, tenant, &customer).await;
    }
    let of_live = world.store().take_due_payouts(Env::Live, LEASE, 100).await;
    assert_eq!(of_live.unwrap().len(), 1);
    let limited = world.store().take_due_payouts(Env::Test, LEASE, 1).await;
    assert_eq!(limited.unwrap().len(), 1);
    assert_eq!(take(world).await.len(), 1);
}
