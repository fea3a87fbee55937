//! What the schema itself does for swaps.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_postgres::Client;
use uuid::Uuid;
use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    ports::{Holders, SettlementJobs, Swaps},
    tenant::{Env, Tenant},
};
use vouch_testkit::{TestDatabase, Wiretap, individual};

use super::plans::{plan, quoted};
use crate::{harness::World, swaps::stored};

/// An imported swap; what is not given is as good as any.
const IMPORT: &str = "
    INSERT INTO swaps (organisation_id, env, id, customer_id, status, from_currency, to_currency, amount,
                       destination_address, rate, fee_bps, deposit_address, deposit_wallet, updated_at)
    SELECT $1, $2, (lpad(to_hex(1768471200000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, $3,
           'cancelled', 'USDC', 'EURC', 1000000, repeat('1', 32), 920000, 30, 'address-1', 'address-2', now()
    FROM generate_series($4::bigint, $5::bigint) n";

pub(super) async fn import(
    client: &Client,
    tenant: Tenant,
    customer: Option<Uuid>,
    numbers: (i64, i64),
) {
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let imported = client
        .execute(
            IMPORT,
            &[&organisation, &env, &customer, &numbers.0, &numbers.1],
        )
        .await;
    imported.unwrap();
}

async fn total(world: &World<TestDatabase>, filter: HolderFilter) -> i64 {
    let listed = world.store().list_swaps(world.tenant, filter, 1).await;
    listed.unwrap().total
}

#[tokio::test]
async fn a_swap_recorded_without_a_customer_is_the_primary_customers() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    import(&client, world.tenant, None, (1, 3)).await;
    let primary = world.store().holder(world.tenant, HolderChoice::Primary);
    let primary = primary.await.unwrap().unwrap();
    let listed = world
        .store()
        .list_swaps(world.tenant, HolderFilter::Customer(primary.id), 50)
        .await
        .unwrap();
    assert_eq!((listed.rows.len(), listed.total), (3, 3));
    assert!(listed.rows.iter().all(|swap| swap.holder == primary));
}

#[tokio::test]
async fn counts_are_exact_whoever_writes() {
    let world = World::<TestDatabase>::new().await;
    let customer = world.exists(&individual()).await.id;
    let filter = HolderFilter::Customer(customer);
    let writers = (0..8_i64).map(|writer| {
        let world = &world;
        async move {
            let client = world.adapter.client().await;
            for round in 0..5 {
                let first = (writer * 5 + round) * 10;
                let holder = (writer % 2 == 0).then(|| customer.uuid());
                import(&client, world.tenant, holder, (first, first + 9)).await;
            }
        }
    });
    join_all(writers).await;
    assert_eq!(total(&world, HolderFilter::All).await, 400);
    assert_eq!(total(&world, filter).await, 200);
    let client = world.adapter.client().await;
    let organisation = world.tenant.organisation.uuid();
    let deleted = client
        .execute(
            "DELETE FROM swaps WHERE organisation_id = $1 AND customer_id = $2",
            &[&organisation, &customer.uuid()],
        )
        .await;
    assert_eq!(deleted.unwrap(), 200);
    assert_eq!(total(&world, HolderFilter::All).await, 200);
    assert_eq!(total(&world, filter).await, 0);
}

#[tokio::test]
async fn what_fails_is_not_counted() {
    let world = World::<TestDatabase>::new().await;
    let mut client = world.adapter.client().await;
    let undone = client.transaction().await.unwrap();
    let (organisation, env) = (world.tenant.organisation.uuid(), "test");
    let nobody = None::<Uuid>;
    let imported = undone
        .execute(IMPORT, &[&organisation, &env, &nobody, &1_i64, &2_i64])
        .await;
    assert_eq!(imported.unwrap(), 2);
    undone.rollback().await.unwrap();
    assert_eq!(total(&world, HolderFilter::All).await, 0);
}

#[tokio::test]
async fn the_limits_are_constraints_too() {
    let world = World::<TestDatabase>::new().await;
    let swap = stored(&world).await;
    let client = world.adapter.client().await;
    for change in [
        "status = 'unknown'",
        "status = 'completed'",
        "status = 'deposit_received'",
        "received = 1",
        "failure = 'exchange'",
        "amount = 0",
        "amount = 1000000000000001",
        "rate = 0",
        "destination_address = repeat('0', 32)",
        "destination_address = repeat('1', 31)",
        "customer_id = gen_random_uuid()",
        "customer_id = NULL",
    ] {
        let sql = format!("UPDATE swaps SET {change} WHERE id = $1");
        let changed = client.execute(&sql, &[&swap.id.uuid()]).await;
        assert!(changed.is_err(), "{change}");
    }
}

#[tokio::test]
async fn lists_use_their_indexes() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let customer = world.exists(&individual()).await.id;
    import(&client, world.tenant, None, (1, 20_000)).await;
    import(
        &client,
        world.tenant,
        Some(customer.uuid()),
        (20_001, 20_200),
    )
    .await;
    client.batch_execute("ANALYZE").await.unwrap();
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    for (filter, counted, index) in [
        (HolderFilter::All, Uuid::nil(), "swaps_pkey"),
        (
            HolderFilter::Customer(customer),
            customer.uuid(),
            "swaps_customer",
        ),
    ] {
        let _ = tap.take();
        store.list_swaps(world.tenant, filter, 50).await.unwrap();
        let (statements, _) = tap.take();
        let values = [
            quoted(world.tenant.organisation.uuid()),
            quoted("test"),
            quoted(counted),
            "50".to_owned(),
        ];
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let set = format!("SET plan_cache_mode = {mode}");
            client.batch_execute(&set).await.unwrap();
            let plan = plan(&client, &statements[0], &values).await;
            assert!(plan.contains(index), "{mode}: not by {index}:\n{plan}");
            assert!(!plan.contains("Sort"), "{mode}:\n{plan}");
            assert!(!plan.contains("Seq Scan on swaps"), "{mode}:\n{plan}");
        }
    }
}

/// An import knows nothing of jobs.
#[tokio::test]
async fn an_open_swap_has_a_job_whoever_recorded_it() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    import(&client, world.tenant, None, (1, 3)).await;
    let due = async || {
        let lease = Duration::from_secs(60);
        let due = world.store().take_due_swaps(Env::Test, lease, 10).await;
        due.unwrap().into_iter().map(|job| job.swap.id.uuid())
    };
    assert_eq!(due().await.count(), 0);
    let opened = IMPORT.replace("'cancelled'", "'awaiting_deposit'");
    let (organisation, env) = (world.tenant.organisation.uuid(), "test");
    let nobody = None::<Uuid>;
    let imported = client
        .execute(&opened, &[&organisation, &env, &nobody, &4_i64, &5_i64])
        .await;
    assert_eq!(imported.unwrap(), 2);
    assert_eq!(due().await.count(), 2);
    // The store's own have one, due when it was said to be.
    let swap = stored(&world).await;
    assert!(due().await.all(|id| id != swap.id.uuid()));
}
