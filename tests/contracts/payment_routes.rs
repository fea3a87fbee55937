//! Payment routes: stored with their answers, listed with exact totals, and changed by one of those who want to.

use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    idempotency::{Grant, Keep, Kept, KeptAnswer},
    payment_route::{PaymentRoute, RouteAction},
    ports::{Answers, Holders, KeyState, Listing, PaymentRoutes},
    tenant::{Env, Tenant},
};
use vouch_testkit::{individual, opened_route};

use crate::{
    harness::{Adapter, World, contract},
    swaps::granted,
};

contract![
    a_route_is_stored_with_its_answer,
    who_lost_the_grant_stores_nothing,
    an_action_is_stored_with_its_answer,
    an_action_is_taken_from_its_status_only,
    of_two_actions_one_wins,
    lists_are_newest_first_with_exact_totals,
    lists_show_one_customer,
    another_tenant_sees_nothing,
];

fn answer() -> KeptAnswer {
    KeptAnswer {
        status: 200,
        body: "{}".to_owned(),
    }
}

async fn insert(
    world: &World<impl Adapter>,
    tenant: Tenant,
    route: &PaymentRoute,
    grant: &Grant,
) -> Kept {
    let answer = answer();
    let keep = Keep {
        grant,
        answer: &answer,
    };
    let stored = world.store().insert_route(tenant, route, keep).await;
    stored.unwrap()
}

/// Stores what an action makes of a route.
async fn advance(
    world: &World<impl Adapter>,
    tenant: Tenant,
    route: &PaymentRoute,
    action: RouteAction,
) -> Kept {
    let (grant, answer) = (granted(world, tenant).await, answer());
    let keep = Keep {
        grant: &grant,
        answer: &answer,
    };
    let stored = world
        .store()
        .advance_route(tenant, route.status, &after(route, action), keep)
        .await;
    stored.unwrap()
}

/// Takes an action and stores it.
pub(crate) async fn changed(
    world: &World<impl Adapter>,
    route: &PaymentRoute,
    action: RouteAction,
) -> PaymentRoute {
    let kept = advance(world, world.tenant, route, action).await;
    assert_eq!(kept, Kept::Done, "{route:?}");
    after(route, action)
}

fn after(route: &PaymentRoute, action: RouteAction) -> PaymentRoute {
    let later = route.updated_at + std::time::Duration::from_secs(1);
    route.after(action, later).unwrap()
}

/// A route of this holder that was just stored.
pub(crate) async fn stored_for(
    world: &World<impl Adapter>,
    tenant: Tenant,
    choice: HolderChoice,
) -> PaymentRoute {
    let holder = world.store().holder(tenant, choice).await.unwrap();
    let grant = granted(world, tenant).await;
    let route = opened_route(&grant, holder.expect("a holder"));
    assert_eq!(insert(world, tenant, &route, &grant).await, Kept::Done);
    route
}

pub(crate) async fn stored(world: &World<impl Adapter>) -> PaymentRoute {
    stored_for(world, world.tenant, HolderChoice::Primary).await
}

async fn found(world: &World<impl Adapter>, route: &PaymentRoute) -> Option<PaymentRoute> {
    let found = world.store().find_route(world.tenant, route.id).await;
    found.unwrap()
}

async fn list(
    world: &World<impl Adapter>,
    tenant: Tenant,
    filter: HolderFilter,
    limit: u8,
) -> Listing<PaymentRoute> {
    let listed = world.store().list_routes(tenant, filter, limit).await;
    listed.unwrap()
}

async fn a_route_is_stored_with_its_answer(world: &World<impl Adapter>) {
    let grant = granted(world, world.tenant).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let mut route = opened_route(&grant, primary.await.unwrap().unwrap());
    let kept = insert(world, world.tenant, &route, &grant).await;
    assert_eq!(kept, Kept::Done);
    assert_eq!(found(world, &route).await.as_ref(), Some(&route));
    let state = world.store().look_up(world.tenant, &grant.claim).await;
    let bound = KeyState::Bound {
        answer: answer(),
        used_with: grant.claim.fingerprint,
    };
    assert_eq!(state.unwrap(), bound);
    // As after a lost answer.
    let kept = insert(world, world.tenant, &route, &grant).await;
    assert_eq!(kept, Kept::GrantLost);
    let all = list(world, world.tenant, HolderFilter::All, 50).await;
    assert_eq!(all.total, 1);
    // What may be left out.
    let grant = granted(world, world.tenant).await;
    route.id = vouch_domain::id::PaymentRouteId::of_time_ordered(grant.subject);
    (route.refund_to, route.terms.relay_request) = (None, None);
    route.terms.acceptable.clear();
    route.strict = false;
    insert(world, world.tenant, &route, &grant).await;
    assert_eq!(found(world, &route).await.as_ref(), Some(&route));
}

async fn who_lost_the_grant_stores_nothing(world: &World<impl Adapter>) {
    let grant = granted(world, world.tenant).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let route = opened_route(&grant, primary.await.unwrap().unwrap());
    let lost = Grant {
        token: uuid::Uuid::new_v4(),
        ..grant
    };
    let kept = insert(world, world.tenant, &route, &lost).await;
    assert_eq!(kept, Kept::GrantLost);
    assert_eq!(found(world, &route).await, None);
    let all = list(world, world.tenant, HolderFilter::All, 50).await;
    assert_eq!(all, Listing::EMPTY);
}

async fn an_action_is_stored_with_its_answer(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let paused = changed(world, &route, RouteAction::Pause).await;
    assert_eq!(found(world, &route).await.as_ref(), Some(&paused));
    let active = changed(world, &paused, RouteAction::Activate).await;
    assert_eq!(found(world, &route).await.as_ref(), Some(&active));
    let archived = changed(world, &active, RouteAction::Archive).await;
    assert_eq!(found(world, &route).await.as_ref(), Some(&archived));
    let all = list(world, world.tenant, HolderFilter::All, 50).await;
    assert_eq!((&all.rows[..], all.total), (&[archived][..], 1));
}

async fn an_action_is_taken_from_its_status_only(world: &World<impl Adapter>) {
    let route = stored(world).await;
    let paused = changed(world, &route, RouteAction::Pause).await;
    for late in [RouteAction::Pause, RouteAction::Archive] {
        let kept = advance(world, world.tenant, &route, late).await;
        assert_eq!(kept, Kept::Outrun);
        assert_eq!(found(world, &route).await.as_ref(), Some(&paused));
    }
}

async fn of_two_actions_one_wins(world: &World<impl Adapter>) {
    for _ in 0..20 {
        let route = stored(world).await;
        let (pause, archive) = tokio::join!(
            advance(world, world.tenant, &route, RouteAction::Pause),
            advance(world, world.tenant, &route, RouteAction::Archive),
        );
        let winner = match (pause, archive) {
            (Kept::Done, Kept::Outrun) => after(&route, RouteAction::Pause),
            (Kept::Outrun, Kept::Done) => after(&route, RouteAction::Archive),
            other => panic!("both or none: {other:?}"),
        };
        assert_eq!(found(world, &route).await, Some(winner));
    }
}

async fn lists_are_newest_first_with_exact_totals(world: &World<impl Adapter>) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(stored(world).await);
    }
    made.reverse();
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
    let route = stored(world).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for stranger in [world.new_tenant(Env::Test).await, live] {
        let missing = world.store().find_route(stranger, route.id).await;
        assert_eq!(missing.unwrap(), None);
        let filter = HolderFilter::Customer(route.holder.id);
        for filter in [HolderFilter::All, filter] {
            let listed = list(world, stranger, filter, 50).await;
            assert_eq!(listed, Listing::EMPTY);
        }
        let kept = advance(world, stranger, &route, RouteAction::Pause).await;
        assert_eq!(kept, Kept::Outrun);
    }
    assert_eq!(found(world, &route).await, Some(route));
}
