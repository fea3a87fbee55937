//! Claims on idempotency keys, and the answers kept for them.

use std::time::Duration;

use uuid::Uuid;
use vouch_domain::{
    access::Contract,
    customer::NewTreasuryCustomer,
    id::CustomerId,
    idempotency::{
        Fingerprint, Grant, IdempotencyKey, Keep, Kept, KeptAnswer, KeyClaim, Operation,
        SUBJECT_LASTS,
    },
    ports::{
        Answers, Claimed, CreateTreasuryCustomer, KeyState, Retention, TreasuryCustomerQueries,
        TreasuryCustomers,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{treasury_claim, treasury_customer};

use crate::harness::{Adapter, World, contract};

contract![
    a_key_is_claimed_once,
    what_tells_one_key_from_another,
    a_forgotten_claim_leaves_nothing,
    a_released_claim_is_taken_over_with_its_subject,
    an_expired_claim_is_taken_over_with_its_subject,
    another_body_takes_a_claim_over_with_a_subject_of_its_own,
    no_subject_lasts_for_long,
    an_answer_is_kept_with_the_change_and_repeated,
    whoever_lost_the_grant_changes_nothing,
    a_bound_key_is_neither_released_nor_forgotten,
    old_answers_are_forgotten_and_claims_in_flight_are_not,
    one_of_many_claims_is_granted,
];

/// Shorter than a subject lasts.
const LEASE: Duration = Duration::from_secs(200);

async fn claim_in(world: &World<impl Adapter>, tenant: Tenant, claim: &KeyClaim) -> Claimed {
    let subject = world.ids.uuid();
    let claimed = world.store().claim(tenant, claim, subject, LEASE).await;
    claimed.expect("an answer")
}

async fn granted(world: &World<impl Adapter>, claim: &KeyClaim) -> Grant {
    match claim_in(world, world.tenant, claim).await {
        Claimed::Granted(grant) => grant,
        Claimed::Stands(state) => panic!("not granted: {state:?}"),
    }
}

async fn stands(world: &World<impl Adapter>, claim: &KeyClaim) -> KeyState {
    match claim_in(world, world.tenant, claim).await {
        Claimed::Stands(state) => state,
        Claimed::Granted(grant) => panic!("granted: {grant:?}"),
    }
}

async fn look_up(world: &World<impl Adapter>, claim: &KeyClaim) -> KeyState {
    let state = world.store().look_up(world.tenant, claim).await;
    state.expect("an answer")
}

async fn release(world: &World<impl Adapter>, grant: &Grant) {
    let released = Answers::release(world.store(), world.tenant, grant).await;
    released.expect("an answer");
}

async fn forget(world: &World<impl Adapter>, grant: &Grant) {
    let forgotten = world.store().forget(world.tenant, grant).await;
    forgotten.expect("an answer");
}

fn other_body(claim: &KeyClaim) -> KeyClaim {
    KeyClaim {
        fingerprint: Fingerprint([2; 32]),
        ..claim.clone()
    }
}

fn answer(body: &str) -> KeptAnswer {
    KeptAnswer {
        status: 201,
        body: body.to_owned(),
    }
}

/// Makes a customer under a grant.
async fn create(
    world: &World<impl Adapter>,
    grant: &Grant,
    new: &NewTreasuryCustomer,
    body: &str,
) -> Kept {
    let create = CreateTreasuryCustomer {
        id: subject(grant.subject),
        customer: new,
        event: world.ids.mint(),
        keep: Keep {
            grant,
            answer: &answer(body),
        },
    };
    let kept = TreasuryCustomers::create(world.store(), world.tenant, &create).await;
    kept.expect("an answer")
}

fn subject(uuid: Uuid) -> CustomerId {
    CustomerId::from_uuid(uuid).expect("a UUIDv7")
}

/// How many customers there are beside the primary one.
async fn made(world: &World<impl Adapter>) -> u64 {
    let count = world.store().count_treasury(world.tenant).await;
    count.expect("a count") - 1
}

async fn a_key_is_claimed_once(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    assert_eq!(look_up(world, &claim).await, KeyState::Free);
    let grant = granted(world, &claim).await;
    assert_eq!(grant.claim, claim);
    assert_eq!(stands(world, &claim).await, KeyState::InFlight);
    assert_eq!(look_up(world, &claim).await, KeyState::InFlight);
}

async fn what_tells_one_key_from_another(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    granted(world, &claim).await;
    let twin = other_body(&claim);
    assert_eq!(stands(world, &twin).await, KeyState::InFlight);
    let longest = "é".repeat(255);
    for key in ["The-Key", "the-key ", "%", &longest] {
        let other = KeyClaim {
            key: IdempotencyKey::parse(key, Contract::Treasury).unwrap(),
            ..claim.clone()
        };
        granted(world, &other).await;
    }
    for (method, path) in [("DELETE", "/customers"), ("POST", "/customers/1")] {
        let other = KeyClaim {
            operation: Operation::Treasury {
                method: method.to_owned(),
                path: path.to_owned(),
            },
            ..claim.clone()
        };
        granted(world, &other).await;
    }
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [live, world.new_tenant(Env::Test).await] {
        assert_eq!(
            world.store().look_up(tenant, &claim).await,
            Ok(KeyState::Free)
        );
        let claimed = claim_in(world, tenant, &claim).await;
        assert!(matches!(claimed, Claimed::Granted(_)), "{claimed:?}");
    }
}

async fn a_forgotten_claim_leaves_nothing(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let first = granted(world, &claim).await;
    forget(world, &first).await;
    assert_eq!(look_up(world, &claim).await, KeyState::Free);
    let second = granted(world, &claim).await;
    assert_ne!(second.subject, first.subject);
    // The first one has nothing to say any more.
    forget(world, &first).await;
    assert_eq!(look_up(world, &claim).await, KeyState::InFlight);
}

async fn another_body_takes_a_claim_over_with_a_subject_of_its_own(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let first = granted(world, &claim).await;
    release(world, &first).await;
    let other = granted(world, &other_body(&claim)).await;
    assert_ne!(other.subject, first.subject);
    // The subject is that body's now.
    release(world, &other).await;
    let again = granted(world, &other_body(&claim)).await;
    assert_eq!(again.subject, other.subject);
    release(world, &again).await;
    let back = granted(world, &claim).await;
    assert!(![first.subject, other.subject].contains(&back.subject));
}

async fn no_subject_lasts_for_long(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let first = granted(world, &claim).await;
    release(world, &first).await;
    world
        .adapter
        .advance(SUBJECT_LASTS - Duration::from_secs(60))
        .await;
    // Who takes it over does not make it last longer.
    let second = granted(world, &claim).await;
    assert_eq!(second.subject, first.subject);
    release(world, &second).await;
    world.adapter.advance(Duration::from_secs(61)).await;
    let late = granted(world, &claim).await;
    assert!(late.subject > first.subject);
    release(world, &late).await;
    assert_eq!(granted(world, &claim).await.subject, late.subject);
}

async fn a_released_claim_is_taken_over_with_its_subject(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let first = granted(world, &claim).await;
    release(world, &first).await;
    assert_eq!(look_up(world, &claim).await, KeyState::Free);
    let second = granted(world, &claim).await;
    assert_eq!(second.subject, first.subject);
    assert_ne!(second.token, first.token);
    // The first one has nothing to say any more.
    release(world, &first).await;
    assert_eq!(look_up(world, &claim).await, KeyState::InFlight);
}

async fn an_expired_claim_is_taken_over_with_its_subject(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let first = granted(world, &claim).await;
    world.adapter.advance(LEASE - Duration::from_secs(60)).await;
    assert_eq!(stands(world, &claim).await, KeyState::InFlight);
    world.adapter.advance(Duration::from_secs(61)).await;
    assert_eq!(look_up(world, &claim).await, KeyState::Free);
    assert_eq!(granted(world, &claim).await.subject, first.subject);
}

async fn an_answer_is_kept_with_the_change_and_repeated(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let grant = granted(world, &claim).await;
    let body = r#"{"name":"Zoë \u0000"}"#;
    let kept = create(world, &grant, &treasury_customer(), body).await;
    assert_eq!(kept, Kept::Done);
    let bound = KeyState::Bound {
        answer: answer(body),
        used_with: claim.fingerprint,
    };
    assert_eq!(look_up(world, &claim).await, bound);
    assert_eq!(stands(world, &other_body(&claim)).await, bound);
    world.adapter.advance(2 * LEASE).await;
    assert_eq!(stands(world, &claim).await, bound);
    // The same step again finds that it was done.
    let again = create(world, &grant, &treasury_customer(), "{}").await;
    assert_eq!(again, Kept::GrantLost);
    assert_eq!(made(world).await, 1);
}

async fn whoever_lost_the_grant_changes_nothing(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let lost = granted(world, &claim).await;
    world.adapter.advance(LEASE + Duration::from_secs(1)).await;
    let grant = granted(world, &claim).await;
    let kept = create(world, &lost, &treasury_customer(), "lost").await;
    assert_eq!(kept, Kept::GrantLost);
    assert_eq!(made(world).await, 0);
    assert_eq!(look_up(world, &claim).await, KeyState::InFlight);
    let new = treasury_customer();
    assert_eq!(create(world, &grant, &new, "kept").await, Kept::Done);
    let customer = world
        .store()
        .find_treasury(world.tenant, subject(lost.subject))
        .await;
    assert_eq!(customer.unwrap().unwrap().email, new.email);
}

async fn a_bound_key_is_neither_released_nor_forgotten(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let grant = granted(world, &claim).await;
    create(world, &grant, &treasury_customer(), "{}").await;
    release(world, &grant).await;
    forget(world, &grant).await;
    let state = look_up(world, &claim).await;
    assert!(matches!(state, KeyState::Bound { .. }), "{state:?}");
}

async fn old_answers_are_forgotten_and_claims_in_flight_are_not(world: &World<impl Adapter>) {
    let age = Duration::from_secs(60 * 60);
    let purge = async || {
        let purged = world.store().purge_idempotency_keys(age, 100).await;
        purged.expect("a number")
    };
    let (bound, released) = (treasury_claim("bound"), treasury_claim("released"));
    let grant = granted(world, &bound).await;
    let given_back = granted(world, &released).await;
    release(world, &given_back).await;
    // Kept long after it was claimed: what counts is when it was kept.
    world.adapter.advance(LEASE - Duration::from_secs(60)).await;
    create(world, &grant, &treasury_customer(), "{}").await;
    world.adapter.advance(age - Duration::from_secs(60)).await;
    assert_eq!(purge().await, 1);
    assert!(matches!(
        look_up(world, &bound).await,
        KeyState::Bound { .. }
    ));
    world.adapter.advance(Duration::from_secs(61)).await;
    assert_eq!(purge().await, 1);
    assert_eq!(look_up(world, &bound).await, KeyState::Free);
    assert_eq!(made(world).await, 1);

    let in_flight = treasury_claim("in-flight");
    let claimed = world
        .store()
        .claim(world.tenant, &in_flight, world.ids.uuid(), 3 * age)
        .await;
    assert!(matches!(claimed, Ok(Claimed::Granted(_))), "{claimed:?}");
    world.adapter.advance(2 * age).await;
    assert_eq!(purge().await, 0);
}

async fn one_of_many_claims_is_granted(world: &World<impl Adapter>) {
    let claim = treasury_claim("the-key");
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, tenant, claim) = (world.store().clone(), world.tenant, claim.clone());
        let subject = world.ids.uuid();
        attempts.spawn(async move { store.claim(tenant, &claim, subject, LEASE).await });
    }
    let outcomes = attempts.join_all().await;
    let granted = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Claimed::Granted(_))))
        .count();
    let waiting = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Claimed::Stands(KeyState::InFlight))))
        .count();
    assert_eq!((granted, waiting), (1, 15), "{outcomes:?}");
}
