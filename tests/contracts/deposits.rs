//! Deposits: recorded once by the provider's id, ended once, and found while they wait.

use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    id::DepositId,
    idempotency::{Keep, Kept, KeptAnswer},
    ledger::RouteDeposit,
    payment_route::{Deposit, PaymentRoute, RouteAction},
    ports::{Answers, DepositFilter, Deposits, KeyState, Listing, WaitingRoute},
    tenant::{Env, Tenant},
};
use vouch_testkit::{failed_deposit, individual, passed_on_deposit, pending_deposit};

use crate::{
    harness::{Adapter, World, contract},
    payment_routes::{changed, stored, stored_for},
    swaps::granted,
};

contract![
    a_deposit_is_recorded_once,
    a_deposit_ends_once,
    a_deposit_may_have_ended_when_it_is_recorded,
    of_two_ends_one_wins,
    a_deposit_stays_with_its_route,
    a_deposit_of_no_route_is_not_recorded,
    an_answer_is_kept_beside_what_was_recorded,
    lists_are_newest_first_with_exact_totals,
    lists_show_one_customer_or_one_route,
    active_routes_with_pending_deposits_wait,
    another_tenant_sees_nothing,
];

const ALL: DepositFilter = DepositFilter::Holder(HolderFilter::All);

pub(crate) async fn record(world: &World<impl Adapter>, deposit: &Deposit) -> bool {
    let recorded = world.store().record_deposit(world.tenant, deposit).await;
    recorded.unwrap()
}

/// A pending deposit that was just recorded.
pub(crate) async fn arrived(world: &World<impl Adapter>, route: &PaymentRoute) -> Deposit {
    let deposit = pending_deposit(route, world.ids.mint());
    assert!(record(world, &deposit).await);
    deposit
}

async fn list(
    world: &World<impl Adapter>,
    tenant: Tenant,
    filter: DepositFilter,
    limit: u8,
) -> Listing<RouteDeposit> {
    let listed = world.store().list_deposits(tenant, filter, limit).await;
    listed.unwrap()
}

async fn only(world: &World<impl Adapter>) -> Deposit {
    let mut listed = list(world, world.tenant, ALL, 50).await;
    assert_eq!((listed.rows.len(), listed.total), (1, 1));
    listed.rows.remove(0).deposit
}

async fn pending(world: &World<impl Adapter>, route: &PaymentRoute, limit: u8) -> Vec<Deposit> {
    let pending = world
        .store()
        .pending_deposits(world.tenant, route.id, limit);
    pending.await.unwrap()
}

async fn a_deposit_is_recorded_once(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let deposit = arrived(world, &route).await;
    assert!(!record(world, &deposit).await);
    // The provider's id counts, not ours.
    let again = Deposit {
        id: world.ids.mint(),
        ..deposit.clone()
    };
    assert!(!record(world, &again).await);
    assert_eq!(only(world).await, deposit);
}

async fn a_deposit_ends_once(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let deposit = arrived(world, &route).await;
    let ended = passed_on_deposit(&deposit);
    assert!(record(world, &ended).await);
    assert_eq!(only(world).await, ended);
    for late in [ended.clone(), failed_deposit(&deposit), deposit] {
        assert!(!record(world, &late).await);
        assert_eq!(only(world).await, ended);
    }
}

async fn a_deposit_may_have_ended_when_it_is_recorded(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let failed = failed_deposit(&pending_deposit(&route, world.ids.mint()));
    assert!(record(world, &failed).await);
    assert_eq!(only(world).await, failed);
}

async fn of_two_ends_one_wins(world: &World<impl Adapter>) {
    let route = stored(world).await;
    for _ in 0..20 {
        let deposit = arrived(world, &route).await;
        let (one, other) = (passed_on_deposit(&deposit), failed_deposit(&deposit));
        let won = tokio::join!(record(world, &one), record(world, &other));
        assert!(won.0 ^ won.1, "{won:?}");
    }
    assert_eq!(pending(world, &route, 50).await, []);
}

async fn a_deposit_stays_with_its_route(world: &World<impl Adapter>) {
    let (route, other) = (stored(world).await, stored(world).await);
    let deposit = arrived(world, &route).await;
    let strayed = Deposit {
        route: other.id,
        ..passed_on_deposit(&deposit)
    };
    assert!(!record(world, &strayed).await);
    assert_eq!(only(world).await, deposit);
}

async fn a_deposit_of_no_route_is_not_recorded(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let strayed = Deposit {
        route: world.ids.mint(),
        ..pending_deposit(&route, world.ids.mint())
    };
    let recorded = world.store().record_deposit(world.tenant, &strayed).await;
    assert!(recorded.is_err());
    assert_eq!(list(world, world.tenant, ALL, 50).await, Listing::EMPTY);
}

async fn an_answer_is_kept_beside_what_was_recorded(world: &World<impl Adapter>) {
    let grant = granted(world, world.tenant).await;
    let answer = KeptAnswer {
        status: 200,
        body: "{}".to_owned(),
    };
    for expected in [Kept::Done, Kept::GrantLost] {
        let keep = Keep {
            grant: &grant,
            answer: &answer,
        };
        let kept = world.store().keep_recorded_deposits(world.tenant, keep);
        assert_eq!(kept.await.unwrap(), expected);
    }
    let state = world.store().look_up(world.tenant, &grant.claim).await;
    assert!(matches!(state.unwrap(), KeyState::Bound { .. }));
}

async fn lists_are_newest_first_with_exact_totals(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let deposit = arrived(world, &route).await;
        made.insert(0, RouteDeposit::of(&route, deposit));
    }
    let all = list(world, world.tenant, ALL, 50).await;
    assert_eq!((&all.rows, all.total), (&made, 5));
    let cut = list(world, world.tenant, ALL, 2).await;
    assert_eq!((&cut.rows[..], cut.total), (&made[..2], 5));
    let of_route = list(world, world.tenant, DepositFilter::Route(route.id), 2).await;
    assert_eq!((&of_route.rows[..], of_route.total), (&made[..2], 5));
}

async fn lists_show_one_customer_or_one_route(world: &World<impl Adapter>) {
    let known = world.exists(&individual()).await;
    let theirs = stored_for(world, world.tenant, HolderChoice::Customer(known.id)).await;
    let route = stored(world).await;
    let expected = RouteDeposit::of(&theirs, arrived(world, &theirs).await);
    arrived(world, &route).await;
    for filter in [
        DepositFilter::Holder(HolderFilter::Customer(known.id)),
        DepositFilter::Route(theirs.id),
    ] {
        let listed = list(world, world.tenant, filter, 50).await;
        assert_eq!(listed.rows, std::slice::from_ref(&expected), "{filter:?}");
        assert_eq!(listed.total, 1, "{filter:?}");
    }
    for nobody in [
        DepositFilter::Holder(HolderFilter::Nobody),
        DepositFilter::Holder(HolderFilter::Customer(world.ids.mint())),
        DepositFilter::Route(world.ids.mint()),
    ] {
        let listed = list(world, world.tenant, nobody, 50).await;
        assert_eq!(listed, Listing::EMPTY, "{nobody:?}");
    }
}

async fn active_routes_with_pending_deposits_wait(world: &World<impl Adapter>) {
    let waiting = async |env, after, limit| {
        let waiting = world.store().waiting_routes(env, after, limit).await;
        waiting.unwrap()
    };
    let mut expected = Vec::new();
    for tenant in [world.tenant, world.new_tenant(Env::Test).await] {
        for _ in 0..2 {
            let route = stored_for(world, tenant, HolderChoice::Primary).await;
            for _ in 0..2 {
                let deposit =
                    pending_deposit(&route, world.ids.mint::<vouch_domain::id::Deposit>());
                world
                    .store()
                    .record_deposit(tenant, &deposit)
                    .await
                    .unwrap();
            }
            expected.push(WaitingRoute {
                tenant,
                route: route.id,
            });
        }
    }
    // Neither a paused route, nor one whose deposits have ended, nor one without any.
    let paused = changed(world, &stored(world).await, RouteAction::Pause).await;
    arrived(world, &paused).await;
    let done = stored(world).await;
    let deposit = arrived(world, &done).await;
    record(world, &passed_on_deposit(&deposit)).await;
    stored(world).await;
    assert_eq!(waiting(Env::Test, None, 50).await, expected);
    assert_eq!(waiting(Env::Live, None, 50).await, []);
    let first = waiting(Env::Test, None, 3).await;
    assert_eq!(first, expected[..3]);
    let rest = waiting(Env::Test, first.last().copied(), 3).await;
    assert_eq!(rest, expected[3..]);
    // Oldest first.
    let active = changed(world, &paused, RouteAction::Activate).await;
    let second = arrived(world, &active).await;
    let ids = |found: Vec<Deposit>| found.iter().map(|one| one.id).collect::<Vec<DepositId>>();
    let all = ids(pending(world, &active, 50).await);
    assert_eq!((all.len(), all.last()), (2, Some(&second.id)));
    assert_eq!(ids(pending(world, &active, 1).await), all[..1]);
}

async fn another_tenant_sees_nothing(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let deposit = arrived(world, &route).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for stranger in [world.new_tenant(Env::Test).await, live] {
        for filter in [
            ALL,
            DepositFilter::Route(route.id),
            DepositFilter::Holder(HolderFilter::Customer(route.holder.id)),
        ] {
            assert_eq!(list(world, stranger, filter, 50).await, Listing::EMPTY);
        }
        let theirs = world.store().pending_deposits(stranger, route.id, 50).await;
        assert_eq!(theirs.unwrap(), []);
        let ended = passed_on_deposit(&deposit);
        let recorded = world.store().record_deposit(stranger, &ended).await;
        assert!(recorded.is_err());
    }
    assert_eq!(only(world).await, deposit);
}
