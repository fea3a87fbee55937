//! The ledger: swaps and deposits in one order, with exact totals.

use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    ledger::{RouteDeposit, Transaction},
    payment_route::PaymentRoute,
    ports::{Ledger, Listing},
    swap::SwapStep,
    tenant::{Env, Tenant},
};
use vouch_testkit::{individual, passed_on_deposit};

use crate::{
    deposits::{arrived, record},
    harness::{Adapter, World, contract},
    payment_routes, swaps,
};

contract![
    swaps_and_deposits_are_merged_by_time,
    rows_are_as_they_are_now,
    lists_show_one_customer,
    another_tenant_sees_nothing,
];

async fn list(
    world: &World<impl Adapter>,
    tenant: Tenant,
    filter: HolderFilter,
    limit: u8,
) -> Listing<Transaction> {
    let listed = world.store().list_transactions(tenant, filter, limit).await;
    listed.unwrap()
}

async fn deposit(world: &World<impl Adapter>, route: &PaymentRoute) -> Transaction {
    let deposit = arrived(world, route).await;
    Transaction::Deposit(RouteDeposit::of(route, deposit))
}

async fn swaps_and_deposits_are_merged_by_time(world: &World<impl Adapter>) {
    let all = async |limit| list(world, world.tenant, HolderFilter::All, limit).await;
    assert_eq!(all(50).await, Listing::EMPTY);
    let route = payment_routes::stored(world).await;
    assert_eq!(all(50).await, Listing::EMPTY);
    let mut made = Vec::new();
    for is_swap in [true, false, false, true, true, false, true] {
        made.push(match is_swap {
            true => Transaction::Swap(swaps::stored(world).await),
            false => deposit(world, &route).await,
        });
    }
    made.reverse();
    for limit in [50, 7, 6, 3, 1] {
        let listed = all(limit).await;
        let expected = &made[..made.len().min(usize::from(limit))];
        assert_eq!((&listed.rows[..], listed.total), (expected, 7), "{limit}");
    }
}

async fn rows_are_as_they_are_now(world: &World<impl Adapter>) {
    let route = payment_routes::stored(world).await;
    let swap = swaps::stored(world).await;
    let pending = arrived(world, &route).await;
    let expired = swaps::advance(world, &swap, SwapStep::Expire).await;
    let ended = passed_on_deposit(&pending);
    assert!(record(world, &route, &ended).await);
    let expected = [
        Transaction::Deposit(RouteDeposit::of(&route, ended)),
        Transaction::Swap(expired),
    ];
    let listed = list(world, world.tenant, HolderFilter::All, 50).await;
    assert_eq!((&listed.rows[..], listed.total), (&expected[..], 2));
}

async fn lists_show_one_customer(world: &World<impl Adapter>) {
    let known = world.exists(&individual()).await;
    let choice = HolderChoice::Customer(known.id);
    let theirs = payment_routes::stored_for(world, world.tenant, choice).await;
    let route = payment_routes::stored(world).await;
    let swap = swaps::stored_for(world, world.tenant, choice).await;
    let second = deposit(world, &theirs).await;
    swaps::stored(world).await;
    deposit(world, &route).await;
    let expected = [second, Transaction::Swap(swap)];
    let filter = HolderFilter::Customer(known.id);
    let listed = list(world, world.tenant, filter, 50).await;
    assert_eq!((&listed.rows[..], listed.total), (&expected[..], 2));
    for nobody in [
        HolderFilter::Nobody,
        HolderFilter::Customer(world.ids.mint()),
    ] {
        let listed = list(world, world.tenant, nobody, 50).await;
        assert_eq!(listed, Listing::EMPTY);
    }
}

async fn another_tenant_sees_nothing(world: &World<impl Adapter>) {
    let route = payment_routes::stored(world).await;
    deposit(world, &route).await;
    let swap = swaps::stored(world).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for stranger in [world.new_tenant(Env::Test).await, live] {
        for filter in [HolderFilter::All, HolderFilter::Customer(swap.holder.id)] {
            assert_eq!(list(world, stranger, filter, 50).await, Listing::EMPTY);
        }
    }
}
