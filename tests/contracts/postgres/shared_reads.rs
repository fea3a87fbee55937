//! Reads of one customer share a connection.

use futures_util::future::join_all;
use vouch_domain::ports::CustomerQueries;
use vouch_testkit::{TestDatabase, individual};

use crate::harness::{World, by_id};

const MINE: &str =
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'vouch'
                    AND query LIKE '%FROM customers c WHERE%'";

#[tokio::test]
async fn many_at_once_take_one_connection_and_each_its_own_answer() {
    let world = World::<TestDatabase>::new().await;
    let mut made = Vec::new();
    for _ in 0..8 {
        made.push(world.exists(&individual()).await);
    }
    let store = world.adapter.store_at(world.adapter.url(), 4).await;
    let asked: Vec<_> = made.iter().cycle().take(64).collect();
    let handles: Vec<_> = asked.iter().map(|customer| by_id(customer)).collect();
    let answers = join_all(handles.iter().map(|one| store.find(world.tenant, one))).await;
    for (customer, answer) in asked.into_iter().zip(answers) {
        assert_eq!(answer, Ok(Some(customer.clone())));
    }
    let client = world.adapter.client().await;
    let count = format!("SELECT count(*) {MINE}");
    let sessions = client.query_one(&count, &[]).await.unwrap();
    assert_eq!(sessions.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_lost_connection_is_replaced_at_once() {
    let world = World::<TestDatabase>::new().await;
    let made = world.exists(&individual()).await;
    let store = world.adapter.store_at(world.adapter.url(), 4).await;
    let handle = by_id(&made);
    assert_eq!(
        store.find(world.tenant, &handle).await,
        Ok(Some(made.clone()))
    );
    let client = world.adapter.client().await;
    let ended = client
        .query(
            &format!("SELECT pg_terminate_backend(pid, 5000) {MINE}"),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(store.find(world.tenant, &handle).await, Ok(Some(made)));
}
