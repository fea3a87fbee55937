//! What the schema itself does for payment routes and deposits.

use tokio_postgres::Client;
use uuid::Uuid;
use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    id::PaymentRouteId,
    payment_route::RouteAction,
    ports::{DepositFilter, Deposits, Holders, PaymentRoutes},
    tenant::{Env, Tenant},
};
use vouch_testkit::{TestDatabase, Wiretap, individual, passed_on_deposit};

use super::plans::{plan, quoted};
use crate::{
    deposits::{arrived, record},
    harness::World,
    payment_routes::{changed, stored},
};

/// An imported payment route.
const IMPORT_ROUTE: &str = "
    INSERT INTO payment_routes (organisation_id, env, id, customer_id, name, status, origin_chain, origin_chain_name,
                                origin_symbol, origin_token, acceptable_symbols, acceptable_tokens, destination_chain,
                                destination_chain_name, destination_symbol, destination_token, destination_address,
                                deposit_address, strict, updated_at)
    VALUES ($1, $2, $3, $4, 'Imported', 'active', 1, 'Ethereum', 'USDC', 'USDC', '{}', '{}', 137, 'Polygon', 'USDC',
            'USDC', 'address-1', 'address-2', false, now())";

/// Imported deposits of one route, without their customer: numbers from `$4` to `$5`.
const IMPORT_DEPOSITS: &str = "
    INSERT INTO route_deposits (organisation_id, env, id, route_id, relay_request, status, origin_chain, origin_symbol,
                                amount_in, amount_in_usd, in_transactions, destination_chain, destination_symbol,
                                amount_out, amount_out_usd, out_transactions, deposit_transaction, relay_updated_at)
    SELECT $1, $2, (lpad(to_hex(1768471200000 + n), 12, '0') || '70009000' || lpad(to_hex(n), 12, '0'))::uuid, $3,
           'relay-' || n, 'success', 1, 'USDC', 1000000, 1000000, '{in}', 137, 'USDC', 1000000, 1000000, '{out}', 'in',
           now()
    FROM generate_series($4::bigint, $5::bigint) n";

pub(super) async fn import_route(
    client: &Client,
    tenant: Tenant,
    route: Uuid,
    customer: Option<Uuid>,
) {
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let imported = client
        .execute(IMPORT_ROUTE, &[&organisation, &env, &route, &customer])
        .await;
    imported.unwrap();
}

pub(super) async fn import_deposits(
    client: &Client,
    tenant: Tenant,
    route: Uuid,
    numbers: (i64, i64),
) {
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let imported = client
        .execute(
            IMPORT_DEPOSITS,
            &[&organisation, &env, &route, &numbers.0, &numbers.1],
        )
        .await;
    imported.unwrap();
}

async fn total_of_deposits(world: &World<TestDatabase>, filter: HolderFilter) -> i64 {
    let filter = DepositFilter::Holder(filter);
    let listed = world.store().list_deposits(world.tenant, filter, 1).await;
    listed.unwrap().total
}

#[tokio::test]
async fn what_is_recorded_without_a_customer_is_the_primary_customers() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let route = world.ids.uuid();
    import_route(&client, world.tenant, route, None).await;
    import_deposits(&client, world.tenant, route, (1, 3)).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let primary = primary.await.unwrap().unwrap();
    let theirs = HolderFilter::Customer(primary.id);
    let routes = world.store().list_routes(world.tenant, theirs, 50).await;
    let routes = routes.unwrap();
    assert_eq!((routes.rows.len(), routes.total), (1, 1));
    assert_eq!(routes.rows[0].holder, primary);
    assert_eq!(total_of_deposits(&world, theirs).await, 3);
}

#[tokio::test]
async fn deposits_are_counted_for_the_customer_of_their_route() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let customer = world.exists(&individual()).await.id;
    let (theirs, others) = (world.ids.uuid(), world.ids.uuid());
    import_route(&client, world.tenant, theirs, Some(customer.uuid())).await;
    import_route(&client, world.tenant, others, None).await;
    import_deposits(&client, world.tenant, theirs, (1, 7)).await;
    import_deposits(&client, world.tenant, others, (8, 12)).await;
    let filter = HolderFilter::Customer(customer);
    assert_eq!(total_of_deposits(&world, HolderFilter::All).await, 12);
    assert_eq!(total_of_deposits(&world, filter).await, 7);
    let sql = "DELETE FROM route_deposits WHERE organisation_id = $1 AND route_id = $2 AND relay_request <> 'relay-1'";
    let organisation = world.tenant.organisation.uuid();
    let deleted = client.execute(sql, &[&organisation, &theirs]).await;
    assert_eq!(deleted.unwrap(), 6);
    assert_eq!(total_of_deposits(&world, HolderFilter::All).await, 6);
    assert_eq!(total_of_deposits(&world, filter).await, 1);
}

#[tokio::test]
async fn the_limits_are_constraints_too() {
    let world = World::<TestDatabase>::new().await;
    let route = stored(&world).await;
    let pending = arrived(&world, &route).await;
    let client = world.adapter.client().await;
    for change in [
        "status = 'unknown'",
        "name = 'x'",
        "name = repeat('x', 81)",
        "origin_chain = 0",
        "destination_chain = 9007199254740992",
        "destination_address = 'short'",
        "refund_to = 'short'",
        "acceptable_symbols = '{}'",
        "customer_id = gen_random_uuid()",
        "customer_id = NULL",
    ] {
        let sql = format!("UPDATE payment_routes SET {change} WHERE id = $1");
        let changed = client.execute(&sql, &[&route.id.uuid()]).await;
        assert!(changed.is_err(), "{change}");
    }
    for change in [
        "status = 'unknown'",
        "status = 'failed'",
        "failure = 'payout'",
        "amount_in = -1",
        "amount_out = 1",
        "amount_out = 1000000000000000001",
        "relay_request = ''",
        "route_id = gen_random_uuid()",
    ] {
        let sql = format!("UPDATE route_deposits SET {change} WHERE id = $1");
        let changed = client.execute(&sql, &[&pending.id.uuid()]).await;
        assert!(changed.is_err(), "{change}");
    }
}

#[tokio::test]
async fn what_is_final_stays() {
    let world = World::<TestDatabase>::new().await;
    let route = stored(&world).await;
    let deposit = arrived(&world, &route).await;
    record(&world, &route, &passed_on_deposit(&deposit)).await;
    changed(&world, &route, RouteAction::Archive).await;
    let client = world.adapter.client().await;
    for (sql, id) in [
        (
            "UPDATE payment_routes SET status = 'active' WHERE id = $1",
            route.id.uuid(),
        ),
        (
            "UPDATE route_deposits SET status = 'pending' WHERE id = $1",
            deposit.id.uuid(),
        ),
    ] {
        assert!(client.execute(sql, &[&id]).await.is_err(), "{sql}");
    }
}

/// However many deposits wait at a paused route, those who look for work step over them.
#[tokio::test]
async fn what_waits_at_a_paused_route_is_stepped_over() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let (paused, active) = (stored(&world).await, stored(&world).await);
    let paused = changed(&world, &paused, RouteAction::Pause).await;
    let sql = IMPORT_DEPOSITS
        .replace("'success'", "'pending'")
        .replace("1000000, 1000000, '{out}'", "0, 0, '{}'");
    let (organisation, env) = (world.tenant.organisation.uuid(), "test");
    let imported = client
        .execute(
            &sql,
            &[&organisation, &env, &paused.id.uuid(), &1_i64, &20_000_i64],
        )
        .await;
    assert_eq!(imported.unwrap(), 20_000);
    arrived(&world, &active).await;
    client.batch_execute("VACUUM ANALYZE").await.unwrap();

    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    let _ = tap.take();
    let waiting = store.waiting_routes(Env::Test, None, 50).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].route, active.id);
    let (statements, _) = tap.take();
    let nil = quoted(Uuid::nil());
    let values = [quoted("test"), nil.clone(), nil, "50".to_owned()];
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = format!("SET plan_cache_mode = {mode}");
        client.batch_execute(&set).await.unwrap();
        let plan = plan(&client, &statements[0], &values).await;
        let by_index = plan.matches("using route_deposits_pending").count();
        assert_eq!(by_index, 2, "{mode}:\n{plan}");
        for read_all in ["Sort", "Seq Scan on route_deposits", "Unique"] {
            assert!(!plan.contains(read_all), "{mode}:\n{plan}");
        }
    }
}

#[tokio::test]
async fn the_deposits_of_one_route_are_counted_too() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let (one, other) = (world.ids.uuid(), world.ids.uuid());
    for (route, numbers) in [(one, (1, 7)), (other, (8, 12))] {
        import_route(&client, world.tenant, route, None).await;
        import_deposits(&client, world.tenant, route, numbers).await;
    }
    for (route, total) in [(one, 7), (other, 5)] {
        let filter = DepositFilter::Route(PaymentRouteId::from_uuid(route).unwrap());
        let listed = world.store().list_deposits(world.tenant, filter, 1).await;
        assert_eq!(listed.unwrap().total, total);
    }
}
