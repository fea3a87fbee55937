//! Rows that no port can make, and a comparison with the rail has to find.

use vouch_domain::{ports::Drift, tenant::Env};
use vouch_testkit::{TestDatabase, individual, unique_claim};

use crate::harness::World;

#[tokio::test]
async fn a_reserved_customer_that_nobody_works_on_is_no_reservation() {
    let world = World::<TestDatabase>::new().await;
    world.granted(&individual(), &unique_claim()).await;
    let client = world.adapter.client().await;
    client
        .execute("DELETE FROM reservations", &[])
        .await
        .unwrap();
    let tracked = world
        .store()
        .tracked_customers(Env::Test, None, 100)
        .await
        .unwrap();
    assert!(!tracked[0].is_reserved);
    assert_eq!(tracked[0].rail_customer, None);
}

#[tokio::test]
async fn a_record_that_is_bound_twice_is_found_at_both() {
    let world = World::<TestDatabase>::new().await;
    world.customers(2).await;
    let other = world.new_tenant(Env::Test).await;
    world.exists_in(other, &individual()).await;
    let client = world.adapter.client().await;
    client
        .batch_execute(
            "DROP INDEX customers_rail_customer;
             UPDATE customers SET rail_customer_id = 'one'
             WHERE NOT is_primary AND id <> (SELECT min(id::text)::uuid FROM customers WHERE NOT is_primary)",
        )
        .await
        .unwrap();
    let tracked = world
        .store()
        .tracked_customers(Env::Test, None, 100)
        .await
        .unwrap();
    for customer in tracked {
        let is_one = customer
            .rail_customer
            .is_some_and(|id| id.expose() == "one");
        assert_eq!(customer.is_rail_customer_shared, is_one);
    }
}
