//! The very statement of the ledger reads the newest rows by their indexes, however many there are.

use std::{env, time::Instant};

use tokio_postgres::Client;
use uuid::Uuid;
use vouch_domain::{customer::HolderFilter, id::CustomerId, ports::Ledger};
use vouch_testkit::{Parsed, TestDatabase, Wiretap, individual};

use super::{
    payment_routes::{import_deposits, import_route},
    plans::{plan, quoted},
    swaps::import,
};
use crate::harness::World;

/// The most rows of a list.
const MOST: u8 = 200;

/// A tenant with as many swaps as deposits, some of them a customer's.
struct Filled {
    world: World<TestDatabase>,
    client: Client,
    customer: CustomerId,
    /// The primary customer's route, and the other's.
    routes: [Uuid; 2],
    rows: i64,
}

impl Filled {
    async fn with(rows: i64) -> Self {
        let world = World::<TestDatabase>::new().await;
        let client = world.adapter.client().await;
        let customer = world.exists(&individual()).await.id;
        let routes = [world.ids.uuid(), world.ids.uuid()];
        import_route(&client, world.tenant, routes[0], None).await;
        import_route(&client, world.tenant, routes[1], Some(customer.uuid())).await;
        client.batch_execute("ANALYZE").await.unwrap();
        let mut filled = Self {
            world,
            client,
            customer,
            routes,
            rows: 0,
        };
        filled.grow(rows).await;
        filled
    }

    /// Adds rows: one of ten is the customer's.
    async fn grow(&mut self, rows: i64) {
        let tenant = self.world.tenant;
        let (first, last) = (self.rows + 1, self.rows + rows / 2);
        let theirs = last - rows / 20;
        import(&self.client, tenant, None, (first, theirs)).await;
        let customer = Some(self.customer.uuid());
        import(&self.client, tenant, customer, (theirs + 1, last)).await;
        import_deposits(&self.client, tenant, self.routes[0], (first, theirs)).await;
        import_deposits(&self.client, tenant, self.routes[1], (theirs + 1, last)).await;
        self.rows += rows;
    }

    /// The statement of a list.
    async fn statement(&self, filter: HolderFilter) -> Parsed {
        let tap = Wiretap::on(self.world.adapter.url());
        let store = self.world.adapter.store_at(&tap.url(), 1).await;
        let _ = tap.take();
        let listed = store
            .list_transactions(self.world.tenant, filter, MOST)
            .await;
        assert_eq!(listed.unwrap().rows.len(), usize::from(MOST));
        let (mut statements, _) = tap.take();
        statements.remove(0)
    }

    /// Whatever the planner knows of the values, and of the tables.
    async fn assert_uses_indexes(&self) {
        for (filter, counted, indexes) in [
            (
                HolderFilter::All,
                Uuid::nil(),
                ["swaps_pkey", "route_deposits_pkey"],
            ),
            (
                HolderFilter::Customer(self.customer),
                self.customer.uuid(),
                ["swaps_customer", "route_deposits_customer"],
            ),
        ] {
            let statement = self.statement(filter).await;
            let values = [
                quoted(self.world.tenant.organisation.uuid()),
                quoted("test"),
                quoted(counted),
                MOST.to_string(),
            ];
            for mode in ["force_custom_plan", "force_generic_plan"] {
                let set = format!("SET plan_cache_mode = {mode}");
                self.client.batch_execute(&set).await.unwrap();
                let plan = plan(&self.client, &statement, &values).await;
                for index in indexes {
                    assert!(plan.contains(index), "{mode}: not by {index}:\n{plan}");
                }
                for table in ["swaps", "route_deposits"] {
                    let scan = format!("Seq Scan on {table}");
                    assert!(!plan.contains(&scan), "{mode}:\n{plan}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_ledger_is_read_by_indexes_also_after_many_writes() {
    let mut filled = Filled::with(4_000).await;
    filled.client.batch_execute("ANALYZE").await.unwrap();
    filled.assert_uses_indexes().await;
    // The planner's statistics are those of the small tables.
    filled.grow(40_000).await;
    filled.assert_uses_indexes().await;
    filled.client.batch_execute("ANALYZE").await.unwrap();
    filled.assert_uses_indexes().await;
}

/// How many rows the ledger has in this run: a million is the measure.
fn rows() -> i64 {
    let rows = env::var("VOUCH_TEST_LEDGER_ROWS").ok();
    rows.map_or(10_000, |rows| rows.parse().expect("a number"))
}

#[tokio::test]
#[allow(
    clippy::print_stderr,
    reason = "the measure is for whoever runs the test"
)]
async fn totals_are_exact_and_pages_full_however_many_rows_there_are() {
    let filled = Filled::with(rows()).await;
    filled.client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let theirs = HolderFilter::Customer(filled.customer);
    for (filter, total) in [(HolderFilter::All, filled.rows), (theirs, filled.rows / 10)] {
        let mut fastest = None;
        for _ in 0..10 {
            let started = Instant::now();
            let store = filled.world.store();
            let listed = store.list_transactions(filled.world.tenant, filter, MOST);
            let listed = listed.await.unwrap();
            let took = started.elapsed();
            fastest = Some(fastest.map_or(took, |known| took.min(known)));
            assert_eq!(
                (listed.rows.len(), listed.total),
                (usize::from(MOST), total)
            );
            assert!(
                listed
                    .rows
                    .is_sorted_by_key(|row| std::cmp::Reverse(row.created_at()))
            );
        }
        eprintln!("{MOST} of {total} transactions: {fastest:?}");
    }
}
