//! A service that dies while it opens a virtual account, at every step of it, and what its successor makes of what is left.

use serde_json::json;

use crate::harness::{
    Answer, Caller,
    money::{home_and_rail, verified_at},
};

/// Has a service die at a step, and its successor finish: in the end one account here, one at the rail, one event.
async fn dies_at(step: &str, fault: Option<&str>) {
    let (home, rail, _running) = home_and_rail().await;
    let first = home.serve().await;
    let caller = first.caller();
    let customer = verified_at(&rail, &first, &caller).await;
    first.process.stop().await;

    let doomed = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
    let caller = Caller::new(&doomed.url, &caller.key);
    if let Some(fault) = fault {
        rail.fault(json!({"operation": "create_account", "fault": fault, "times": 1}))
            .await;
    }
    // It may die before it answers; the account is stored before anything is ordered.
    let body = json!({"currency": "GBP"});
    let _ = caller.opening("k", &customer).json(&body).send().await;
    let status = doomed.process.ends().await;
    assert!(!status.success() && status.code().is_none(), "{status}");

    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    let active = caller.account_becomes(&customer, "active").await;
    assert_eq!(
        caller.accounts(&customer).await,
        std::slice::from_ref(&active)
    );
    let opened = rail.accounts().await;
    assert_eq!(opened.len(), 1, "{step}: {opened:?}");
    let events = caller.events(&customer).await;
    let told = events
        .iter()
        .filter(|event| event["data"]["virtual_account"].is_object());
    assert_eq!(told.count(), 1, "{step}: {events:?}");
    // The key names it still.
    let again = Answer::to(caller.opening("k", &customer).json(&body)).await;
    assert_eq!(again.expect(200).json(), active);
}

#[tokio::test]
async fn after_the_rail_answered() {
    for step in ["account_ordered", "account_judged"] {
        dies_at(step, None).await;
    }
}

#[tokio::test]
async fn after_the_rails_id_was_recorded() {
    dies_at("account_bound", None).await;
}

#[tokio::test]
async fn while_following_it() {
    // The second time: it was ordered by then.
    dies_at("account_judged:2", None).await;
}

#[tokio::test]
async fn after_an_unclear_answer() {
    for fault in ["drop_after_commit", "drop_before", "error_500_after_commit"] {
        dies_at("account_ordered", Some(fault)).await;
    }
}
