//! What the store keeps of accounts without showing it.

use vouch_domain::{
    customer::{Cause::Merchant, Status::Closed},
    ports::TransitionOutcome,
    values::FiatCurrency::Gbp,
};
use vouch_testkit::TestDatabase;

use crate::{
    harness::World,
    status_changes::moved,
    virtual_accounts::{bind, open, take_one, verified},
};

#[tokio::test]
async fn an_account_that_is_closed_while_it_is_ordered_keeps_its_id_at_the_rail() {
    let world = World::<TestDatabase>::new().await;
    let customer = verified(&world, world.tenant).await;
    open(&world, &customer, Gbp).await;
    let ordered = take_one(&world).await;
    let closed = moved(&world, &customer, Closed, Merchant).await;
    assert!(matches!(closed, TransitionOutcome::Changed { .. }));
    // The rail's answer comes, and by chance another one.
    assert!(!bind(&world, &ordered, "account-1").await);
    assert!(!bind(&world, &ordered, "account-2").await);
    let client = world.adapter.client().await;
    let kept = client
        .query_one("SELECT status, rail_account_id FROM virtual_accounts", &[])
        .await
        .unwrap();
    let kept: (&str, &str) = (kept.get(0), kept.get(1));
    assert_eq!(kept, ("closed", "account-1"));
}
