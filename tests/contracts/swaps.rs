//! Swaps: stored with their answers, listed with exact totals, and moved by one of those who want to.

use std::time::Duration;

use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    id::CustomerId,
    idempotency::{Grant, Keep, Kept, KeptAnswer},
    ports::{
        Answers, Claimed, CreateTreasuryCustomer, Holders, KeyState, Listing, SettlementJobs,
        Swaps, TreasuryCustomers,
    },
    swap::{Swap, SwapFailure, SwapStatus, SwapStep},
    tenant::{Env, Tenant},
};
use vouch_testkit::{
    individual, opened_swap, swap_completion, treasury_customer, unique_treasury_claim,
};

use crate::harness::{Adapter, World, contract};

contract![
    a_choice_names_its_holder,
    a_swap_is_stored_with_its_answer,
    who_lost_the_grant_stores_nothing,
    every_state_reads_back_as_it_was_stored,
    a_step_is_taken_from_its_status_only,
    a_cancellation_is_stored_with_its_answer,
    a_deposit_outruns_a_cancellation,
    of_a_deposit_and_a_cancellation_one_wins,
    lists_are_newest_first_with_exact_totals,
    lists_show_one_customer,
    another_tenant_sees_nothing,
];

/// Longer than any case takes.
const LEASE: Duration = Duration::from_secs(600);
const LATER: Duration = Duration::from_secs(1_000);

fn answer() -> KeptAnswer {
    KeptAnswer {
        status: 201,
        body: "{}".to_owned(),
    }
}

pub(crate) async fn granted(world: &World<impl Adapter>, tenant: Tenant) -> Grant {
    let claim = unique_treasury_claim();
    let subject = world.ids.mint::<vouch_domain::id::Swap>().uuid();
    let claimed = world.store().claim(tenant, &claim, subject, LEASE).await;
    match claimed.unwrap() {
        Claimed::Granted(grant) => grant,
        Claimed::Stands(state) => panic!("not granted: {state:?}"),
    }
}

async fn insert(world: &World<impl Adapter>, tenant: Tenant, swap: &Swap, grant: &Grant) -> Kept {
    let answer = answer();
    let keep = Keep {
        grant,
        answer: &answer,
    };
    let stored = world.store().insert_swap(tenant, swap, LATER, keep).await;
    stored.unwrap()
}

async fn cancel(world: &World<impl Adapter>, cancelled: &Swap, grant: &Grant) -> Kept {
    let answer = answer();
    let keep = Keep {
        grant,
        answer: &answer,
    };
    let stored = world.store().cancel_swap(world.tenant, cancelled, keep);
    stored.await.unwrap()
}

/// A swap of this holder that was just stored.
pub(crate) async fn stored_for(
    world: &World<impl Adapter>,
    tenant: Tenant,
    choice: HolderChoice,
) -> Swap {
    let holder = world.store().holder(tenant, choice).await.unwrap();
    let grant = granted(world, tenant).await;
    let swap = opened_swap(&grant, holder.expect("a holder"));
    assert_eq!(insert(world, tenant, &swap, &grant).await, Kept::Done);
    swap
}

pub(crate) async fn stored(world: &World<impl Adapter>) -> Swap {
    stored_for(world, world.tenant, HolderChoice::Primary).await
}

pub(crate) async fn found(world: &World<impl Adapter>, swap: &Swap) -> Swap {
    let found = world.store().find_swap(world.tenant, swap.id).await;
    found.unwrap().expect("a swap")
}

fn deposit(swap: &Swap) -> SwapStep {
    SwapStep::ReceiveDeposit {
        received: swap.order.amount,
    }
}

/// The swap after a step that is taken as late as an expiry has to be.
fn after(swap: &Swap, step: SwapStep) -> Swap {
    swap.after(step, swap.expires_at()).unwrap()
}

/// Takes a step and stores it.
pub(crate) async fn advance(world: &World<impl Adapter>, swap: &Swap, step: SwapStep) -> Swap {
    let moved = after(swap, step);
    let advanced = world
        .store()
        .advance_swap(world.tenant, swap.state.status(), &moved)
        .await;
    assert!(advanced.unwrap(), "{swap:?}");
    moved
}

async fn list(
    world: &World<impl Adapter>,
    tenant: Tenant,
    filter: HolderFilter,
    limit: u8,
) -> Listing<Swap> {
    let listed = world.store().list_swaps(tenant, filter, limit).await;
    listed.unwrap()
}

async fn a_choice_names_its_holder(world: &World<impl Adapter>) {
    let store = world.store();
    let holder = async |choice| store.holder(world.tenant, choice).await.unwrap();
    let primary = holder(HolderChoice::Primary).await.expect("a primary");
    assert_eq!(
        holder(HolderChoice::Customer(primary.id)).await.as_ref(),
        Some(&primary)
    );
    let known = world.exists(&individual()).await;
    let named = holder(HolderChoice::Customer(known.id)).await.unwrap();
    assert_eq!((named.id, named.name.as_str()), (known.id, "Ada Obi"));
    let made = treasury_customer_of(world, world.tenant).await;
    let named = holder(HolderChoice::Customer(made)).await.unwrap();
    assert_eq!(named.id, made);
    assert_eq!(holder(HolderChoice::Nobody).await, None);
    assert_eq!(holder(HolderChoice::Customer(world.ids.mint())).await, None);
    // A reservation is nobody yet.
    let claim = vouch_testkit::unique_claim();
    let reserved = world.granted_in(world.tenant, &individual(), &claim).await;
    assert_eq!(holder(HolderChoice::Customer(reserved.id)).await, None);
    let stranger = world.new_tenant(Env::Test).await;
    let foreign = treasury_customer_of(world, stranger).await;
    assert_eq!(holder(HolderChoice::Customer(foreign)).await, None);
}

async fn treasury_customer_of(world: &World<impl Adapter>, tenant: Tenant) -> CustomerId {
    let grant = granted(world, tenant).await;
    let (id, answer) = (CustomerId::of_time_ordered(grant.subject), answer());
    let create = CreateTreasuryCustomer {
        id,
        customer: &treasury_customer(),
        event: world.ids.mint(),
        keep: Keep {
            grant: &grant,
            answer: &answer,
        },
    };
    let created = world.store().create(tenant, &create).await.unwrap();
    assert_eq!(created, Kept::Done);
    id
}

async fn a_swap_is_stored_with_its_answer(world: &World<impl Adapter>) {
    let grant = granted(world, world.tenant).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let swap = opened_swap(&grant, primary.await.unwrap().unwrap());
    assert_eq!(insert(world, world.tenant, &swap, &grant).await, Kept::Done);
    assert_eq!(found(world, &swap).await, swap);
    let state = world.store().look_up(world.tenant, &grant.claim).await;
    let bound = KeyState::Bound {
        answer: answer(),
        used_with: grant.claim.fingerprint,
    };
    assert_eq!(state.unwrap(), bound);
    // As after a lost answer.
    assert_eq!(
        insert(world, world.tenant, &swap, &grant).await,
        Kept::GrantLost
    );
    assert_eq!(
        list(world, world.tenant, HolderFilter::All, 50).await.total,
        1
    );
}

async fn who_lost_the_grant_stores_nothing(world: &World<impl Adapter>) {
    let grant = granted(world, world.tenant).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let swap = opened_swap(&grant, primary.await.unwrap().unwrap());
    let lost = Grant {
        token: uuid::Uuid::new_v4(),
        ..grant
    };
    assert_eq!(
        insert(world, world.tenant, &swap, &lost).await,
        Kept::GrantLost
    );
    let missing = world.store().find_swap(world.tenant, swap.id).await;
    assert_eq!(missing.unwrap(), None);
    assert_eq!(
        list(world, world.tenant, HolderFilter::All, 50).await,
        Listing::EMPTY
    );
}

async fn every_state_reads_back_as_it_was_stored(world: &World<impl Adapter>) {
    let fail = |failure| SwapStep::Fail { failure };
    for way in [
        vec![],
        vec![SwapStep::Expire],
        vec![fail(SwapFailure::Exchange)],
        vec![SwapStep::Begin, fail(SwapFailure::Payout)],
        vec![SwapStep::Begin, swap_completion()],
    ] {
        let mut swap = stored(world).await;
        let has_deposit = !matches!(way.first(), None | Some(SwapStep::Expire));
        if has_deposit {
            swap = advance(world, &swap, deposit(&swap)).await;
            assert_eq!(found(world, &swap).await, swap);
        }
        for step in way {
            swap = advance(world, &swap, step).await;
            assert_eq!(found(world, &swap).await, swap);
        }
    }
}

async fn a_step_is_taken_from_its_status_only(world: &World<impl Adapter>) {
    let swap = stored(world).await;
    let received = advance(world, &swap, deposit(&swap)).await;
    for late in [after(&swap, SwapStep::Expire), after(&swap, deposit(&swap))] {
        let advanced = world
            .store()
            .advance_swap(world.tenant, SwapStatus::AwaitingDeposit, &late)
            .await;
        assert!(!advanced.unwrap());
        assert_eq!(found(world, &swap).await, received);
    }
}

async fn a_cancellation_is_stored_with_its_answer(world: &World<impl Adapter>) {
    let swap = stored(world).await;
    let cancelled = after(&swap, SwapStep::Cancel);
    let grant = granted(world, world.tenant).await;
    assert_eq!(cancel(world, &cancelled, &grant).await, Kept::Done);
    assert_eq!(found(world, &swap).await, cancelled);
    let state = world.store().look_up(world.tenant, &grant.claim).await;
    assert!(matches!(state.unwrap(), KeyState::Bound { .. }));
    // The job is over.
    world.adapter.advance(LATER + LEASE).await;
    let due = world.store().take_due_swaps(Env::Test, LEASE, 10).await;
    assert_eq!(due.unwrap(), []);
    // Once only.
    let grant = granted(world, world.tenant).await;
    assert_eq!(cancel(world, &cancelled, &grant).await, Kept::Outrun);
}

async fn a_deposit_outruns_a_cancellation(world: &World<impl Adapter>) {
    let swap = stored(world).await;
    let received = advance(world, &swap, deposit(&swap)).await;
    let grant = granted(world, world.tenant).await;
    let cancelled = after(&swap, SwapStep::Cancel);
    assert_eq!(cancel(world, &cancelled, &grant).await, Kept::Outrun);
    assert_eq!(found(world, &swap).await, received);
    let state = world.store().look_up(world.tenant, &grant.claim).await;
    assert_eq!(state.unwrap(), KeyState::InFlight);
}

async fn of_a_deposit_and_a_cancellation_one_wins(world: &World<impl Adapter>) {
    for _ in 0..20 {
        let swap = stored(world).await;
        let grant = granted(world, world.tenant).await;
        let cancelled = after(&swap, SwapStep::Cancel);
        let received = after(&swap, deposit(&swap));
        let (kept, moved) = tokio::join!(
            cancel(world, &cancelled, &grant),
            world
                .store()
                .advance_swap(world.tenant, SwapStatus::AwaitingDeposit, &received)
        );
        let winner = match (kept, moved.unwrap()) {
            (Kept::Done, false) => &cancelled,
            (Kept::Outrun, true) => &received,
            other => panic!("both or none: {other:?}"),
        };
        assert_eq!(&found(world, &swap).await, winner);
    }
}

async fn lists_are_newest_first_with_exact_totals(world: &World<impl Adapter>) {
    assert_eq!(
        list(world, world.tenant, HolderFilter::All, 50).await,
        Listing::EMPTY
    );
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(stored(world).await);
    }
    made.reverse();
    made[4] = advance(world, &made[4], SwapStep::Expire).await;
    let all = list(world, world.tenant, HolderFilter::All, 50).await;
    assert_eq!((&all.rows, all.total), (&made, 5));
    let cut = list(world, world.tenant, HolderFilter::All, 2).await;
    assert_eq!((&cut.rows[..], cut.total), (&made[..2], 5));
}

async fn lists_show_one_customer(world: &World<impl Adapter>) {
    let known = world.exists(&individual()).await;
    let choice = HolderChoice::Customer(known.id);
    let theirs = stored_for(world, world.tenant, choice).await;
    stored(world).await;
    let filter = HolderFilter::Customer(known.id);
    let listed = list(world, world.tenant, filter, 50).await;
    assert_eq!((&listed.rows[..], listed.total), (&[theirs][..], 1));
    for nobody in [
        HolderFilter::Nobody,
        HolderFilter::Customer(world.ids.mint()),
    ] {
        let listed = list(world, world.tenant, nobody, 50).await;
        assert_eq!(listed, Listing::EMPTY);
    }
}

async fn another_tenant_sees_nothing(world: &World<impl Adapter>) {
    let swap = stored(world).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for stranger in [world.new_tenant(Env::Test).await, live] {
        let missing = world.store().find_swap(stranger, swap.id).await;
        assert_eq!(missing.unwrap(), None);
        let filter = HolderFilter::Customer(swap.holder.id);
        for filter in [HolderFilter::All, filter] {
            assert_eq!(list(world, stranger, filter, 50).await, Listing::EMPTY);
        }
        let received = after(&swap, deposit(&swap));
        let advanced = world
            .store()
            .advance_swap(stranger, SwapStatus::AwaitingDeposit, &received)
            .await;
        assert!(!advanced.unwrap());
    }
    assert_eq!(found(world, &swap).await, swap);
}
