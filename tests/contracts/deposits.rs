//! Deposits: recorded once by the provider's id, ended once, and found while they wait.

use std::slice;

use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    idempotency::{Keep, Kept, KeptAnswer},
    ledger::RouteDeposit,
    payment_route::{Deposit, PaymentRoute, RouteAction},
    ports::{Answers, DepositFilter, Deposits, KeyState, Listing, Recorded, WaitingRoute},
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
    a_deposit_of_another_route_is_told_apart,
    many_deposits_are_recorded_at_once,
    what_was_said_of_a_route_that_has_changed_is_not_recorded,
    of_a_pause_and_a_deposit_one_comes_first,
    an_answer_is_kept_beside_what_was_recorded,
    lists_are_newest_first_with_exact_totals,
    lists_show_one_customer_or_one_route,
    routes_that_pass_on_with_pending_deposits_wait,
    pending_deposits_are_read_page_by_page,
    another_tenant_sees_nothing,
];

const ALL: DepositFilter = DepositFilter::Holder(HolderFilter::All);

async fn record_all(
    world: &World<impl Adapter>,
    route: &PaymentRoute,
    deposits: &[Deposit],
) -> Recorded {
    let recorded = world
        .store()
        .record_deposits(world.tenant, route, deposits)
        .await;
    recorded.unwrap()
}

/// Records a deposit of a route. Answers whether it was news.
pub(crate) async fn record(
    world: &World<impl Adapter>,
    route: &PaymentRoute,
    deposit: &Deposit,
) -> bool {
    match record_all(world, route, slice::from_ref(deposit)).await {
        Recorded::Done { news, foreign: 0 } => news == 1,
        other => panic!("not recorded: {other:?}"),
    }
}

/// A pending deposit that was just recorded.
pub(crate) async fn arrived(world: &World<impl Adapter>, route: &PaymentRoute) -> Deposit {
    let deposit = pending_deposit(route, world.ids.mint());
    assert!(record(world, route, &deposit).await);
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
        .pending_deposits(world.tenant, route.id, None, limit);
    pending.await.unwrap()
}

async fn a_deposit_is_recorded_once(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let deposit = arrived(world, &route).await;
    assert!(!record(world, &route, &deposit).await);
    // The provider's id counts, not ours.
    let again = Deposit {
        id: world.ids.mint(),
        ..deposit.clone()
    };
    assert!(!record(world, &route, &again).await);
    assert_eq!(only(world).await, deposit);
}

async fn a_deposit_ends_once(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let deposit = arrived(world, &route).await;
    let ended = passed_on_deposit(&deposit);
    assert!(record(world, &route, &ended).await);
    assert_eq!(only(world).await, ended);
    for late in [ended.clone(), failed_deposit(&deposit), deposit] {
        assert!(!record(world, &route, &late).await);
        assert_eq!(only(world).await, ended);
    }
}

async fn a_deposit_may_have_ended_when_it_is_recorded(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let failed = failed_deposit(&pending_deposit(&route, world.ids.mint()));
    assert!(record(world, &route, &failed).await);
    assert_eq!(only(world).await, failed);
}

async fn of_two_ends_one_wins(world: &World<impl Adapter>) {
    let route = stored(world).await;
    for _ in 0..20 {
        let deposit = arrived(world, &route).await;
        let (one, other) = (passed_on_deposit(&deposit), failed_deposit(&deposit));
        let won = tokio::join!(record(world, &route, &one), record(world, &route, &other));
        assert!(won.0 ^ won.1, "{won:?}");
    }
    assert_eq!(pending(world, &route, 50).await, []);
}

async fn a_deposit_of_another_route_is_told_apart(world: &World<impl Adapter>) {
    let (route, other) = (stored(world).await, stored(world).await);
    let deposit = arrived(world, &route).await;
    let strayed = Deposit {
        id: world.ids.mint(),
        route: other.id,
        ..passed_on_deposit(&deposit)
    };
    let own = pending_deposit(&other, world.ids.mint());
    let told = [strayed, own.clone()];
    let recorded = record_all(world, &other, &told).await;
    assert_eq!(
        recorded,
        Recorded::Done {
            news: 1,
            foreign: 1
        }
    );
    let listed = list(world, world.tenant, ALL, 50).await.rows.into_iter();
    let listed: Vec<_> = listed.map(|row| row.deposit).collect();
    assert_eq!(listed, [own, deposit]);
}

async fn many_deposits_are_recorded_at_once(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let known = arrived(world, &route).await;
    let waiting = arrived(world, &route).await;
    let new = || pending_deposit(&route, world.ids.mint());
    let (pending, done) = (new(), passed_on_deposit(&new()));
    let ended = failed_deposit(&waiting);
    let told = [known.clone(), ended.clone(), pending.clone(), done.clone()];
    let recorded = record_all(world, &route, &told).await;
    assert_eq!(
        recorded,
        Recorded::Done {
            news: 3,
            foreign: 0
        }
    );
    let listed = list(world, world.tenant, ALL, 50).await;
    let deposits: Vec<_> = listed.rows.into_iter().map(|row| row.deposit).collect();
    assert_eq!(deposits, [done, pending, ended, known]);
    assert_eq!(listed.total, 4);
    let nothing = record_all(world, &route, &[]).await;
    assert_eq!(
        nothing,
        Recorded::Done {
            news: 0,
            foreign: 0
        }
    );
}

async fn what_was_said_of_a_route_that_has_changed_is_not_recorded(world: &World<impl Adapter>) {
    let active = stored(world).await;
    let deposit = arrived(world, &active).await;
    let paused = changed(world, &active, RouteAction::Pause).await;
    let unknown = PaymentRoute {
        id: world.ids.mint(),
        ..paused.clone()
    };
    let told = [
        passed_on_deposit(&deposit),
        pending_deposit(&active, world.ids.mint()),
    ];
    for route in [&active, &unknown] {
        let outrun = record_all(world, route, &told).await;
        assert_eq!(outrun, Recorded::Outrun);
        assert_eq!(only(world).await, deposit);
    }
    let recorded = record_all(world, &paused, &told).await;
    assert_eq!(
        recorded,
        Recorded::Done {
            news: 2,
            foreign: 0
        }
    );
}

async fn of_a_pause_and_a_deposit_one_comes_first(world: &World<impl Adapter>) {
    for _ in 0..20 {
        let route = stored(world).await;
        let deposit = passed_on_deposit(&pending_deposit(&route, world.ids.mint()));
        let told = slice::from_ref(&deposit);
        let (paused, recorded) = tokio::join!(
            changed(world, &route, RouteAction::Pause),
            record_all(world, &route, told)
        );
        let listed = list(world, world.tenant, DepositFilter::Route(paused.id), 50).await;
        match recorded {
            Recorded::Done { news: 1, .. } => assert_eq!(listed.total, 1),
            Recorded::Outrun => assert_eq!(listed.total, 0),
            other => panic!("neither: {other:?}"),
        }
    }
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
        assert_eq!(listed.rows, slice::from_ref(&expected), "{filter:?}");
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

async fn routes_that_pass_on_with_pending_deposits_wait(world: &World<impl Adapter>) {
    let waiting = async |env, after, limit| {
        let waiting = world.store().waiting_routes(env, after, limit).await;
        waiting.unwrap()
    };
    let mut expected = Vec::new();
    for tenant in [world.tenant, world.new_tenant(Env::Test).await] {
        for _ in 0..2 {
            let route = stored_for(world, tenant, HolderChoice::Primary).await;
            let told = [(), ()].map(|()| pending_deposit(&route, world.ids.mint()));
            let recorded = world.store().record_deposits(tenant, &route, &told).await;
            let done = Recorded::Done {
                news: 2,
                foreign: 0,
            };
            assert_eq!(recorded.unwrap(), done);
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
    record(world, &done, &passed_on_deposit(&deposit)).await;
    stored(world).await;
    assert_eq!(waiting(Env::Test, None, 50).await, expected);
    assert_eq!(waiting(Env::Live, None, 50).await, []);
    let first = waiting(Env::Test, None, 3).await;
    assert_eq!(first, expected[..3]);
    let rest = waiting(Env::Test, first.last().copied(), 3).await;
    assert_eq!(rest, expected[3..]);
    // What had arrived when a route was archived is not left behind.
    let archived = changed(world, &paused, RouteAction::Archive).await;
    let after = WaitingRoute {
        tenant: world.tenant,
        route: archived.id,
    };
    assert!(waiting(Env::Test, None, 50).await.contains(&after));
}

async fn pending_deposits_are_read_page_by_page(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let mut oldest_first = Vec::new();
    for _ in 0..5 {
        oldest_first.push(arrived(world, &route).await);
    }
    arrived(world, &stored(world).await).await;
    record(world, &route, &passed_on_deposit(&oldest_first.remove(2))).await;
    let page = async |after, limit| {
        let pending = world
            .store()
            .pending_deposits(world.tenant, route.id, after, limit);
        pending.await.unwrap()
    };
    assert_eq!(page(None, 50).await, oldest_first);
    assert_eq!(page(None, 3).await, oldest_first[..3]);
    let third = oldest_first[2].id;
    assert_eq!(page(Some(third), 3).await, oldest_first[3..]);
    assert_eq!(page(Some(oldest_first[3].id), 3).await, []);
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
        let store = world.store();
        let theirs = store.pending_deposits(stranger, route.id, None, 50).await;
        assert_eq!(theirs.unwrap(), []);
        let ended = [passed_on_deposit(&deposit)];
        let recorded = store.record_deposits(stranger, &route, &ended).await;
        assert_eq!(recorded.unwrap(), Recorded::Outrun);
    }
    assert_eq!(only(world).await, deposit);
}
