//! Through a pooler that gives each transaction another session.

use vouch_domain::ports::{CustomerQueries, Provisioning, Reserved, Standing};
use vouch_postgres::{Database, PoolSettings, Pooler, Store};
use vouch_testkit::{TestDatabase, Wiretap, individual, unique_claim};

use crate::harness::{World, by_id};

/// The world's store as it is behind a pooler, on one connection.
fn store_at(url: &str, world: &World<TestDatabase>) -> Store {
    let settings = PoolSettings {
        connections: 1,
        pooler: Pooler::Transaction,
    };
    let database = Database::new(url, settings).unwrap();
    Store::new(database, &world.adapter.installation)
}

#[tokio::test]
async fn a_conflict_undoes_everything_and_the_next_statement_is_stored() {
    let world = World::<TestDatabase>::new().await;
    let store = store_at(world.adapter.url(), &world);
    let customer = individual();
    let made = world.exists(&customer).await;
    for _ in 0..3 {
        let claim = unique_claim();
        let request = world.request(&customer, &claim);
        let reserved = store.reserve(world.tenant, &request).await;
        let expected = Standing::Exists {
            customer: made.clone(),
            by_key: false,
            answered: true,
        };
        assert_eq!(reserved, Ok(Reserved::Stands(expected)));
        // The key that this bound is seen by others.
        assert!(world.key_standing(&claim).await.is_some());
    }
}

#[tokio::test]
async fn nothing_stays_prepared_in_a_session_that_others_will_use() {
    let world = World::<TestDatabase>::new().await;
    let made = world.exists(&individual()).await;
    let tap = Wiretap::on(world.adapter.url());
    let store = store_at(&tap.url(), &world);
    for _ in 0..3 {
        let found = store.find(world.tenant, &by_id(&made)).await;
        assert_eq!(found, Ok(Some(made.clone())));
    }
    let (parsed, _) = tap.take();
    assert!(
        parsed
            .iter()
            .filter(|one| one.sql.contains("FROM customers"))
            .count()
            >= 3,
        "{parsed:?}"
    );
}
