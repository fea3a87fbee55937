//! A service that dies in the middle of a payout, at every step of it, and what its successor makes of what is left.

use serde_json::json;

use crate::harness::{
    Caller, eventually,
    money::{home_and_rail, payout_of, verified_at},
};

/// Has a service die at a step, and its successor finish: in the end one payout here, one at the rail, one event.
async fn dies_at(step: &str, fault: Option<&str>, outcome: &str) {
    let (home, rail, _running) = home_and_rail().await;
    let first = home.serve().await;
    let caller = first.caller();
    let customer = verified_at(&rail, &first, &caller).await;
    first.process.stop().await;

    let doomed = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
    let caller = Caller::new(&doomed.url, &caller.key);
    if let Some(fault) = fault {
        rail.fault(json!({"operation": "payout", "fault": fault, "times": 1}))
            .await;
    }
    let body = payout_of(&customer);
    // It may die before it answers.
    let _ = caller.paying("k").json(&body).send().await;
    let status = doomed.process.ends().await;
    assert!(!status.success() && status.code().is_none(), "{status}");

    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    let made = eventually("an answer", async || {
        let answer = caller.paying("k").json(&body).send().await.ok()?;
        let answer: serde_json::Value = answer.json().await.ok()?;
        Some(answer["id"].as_str()?.to_owned())
    })
    .await;
    caller.payout_becomes(&made, outcome).await;
    let list = caller.get("/v1/payouts").await.expect(200).json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{step}: {list}");
    let sent = rail.payouts().await;
    let expected = usize::from(outcome == "paid");
    assert_eq!(sent.len(), expected, "{step}: {sent:?}");
    let events = caller.events(&customer).await;
    let ends = events
        .iter()
        .filter(|event| event["data"]["payout"].is_object());
    assert_eq!(ends.count(), 1, "{step}: {events:?}");
}

#[tokio::test]
async fn before_anything_was_sent() {
    for step in ["payout_stored", "payout_taken", "payout_sending"] {
        dies_at(step, None, "paid").await;
    }
}

#[tokio::test]
async fn after_the_rail_answered() {
    for step in ["payout_sent", "payout_judged"] {
        dies_at(step, None, "paid").await;
    }
}

#[tokio::test]
async fn while_following_it() {
    // The second time: it was sent by then.
    for step in ["payout_taken:2", "payout_judged:2"] {
        dies_at(step, None, "paid").await;
    }
}

#[tokio::test]
async fn after_its_end_was_recorded() {
    dies_at("payout_ended", None, "paid").await;
}

#[tokio::test]
async fn after_an_unclear_answer() {
    for fault in ["drop_after_commit", "drop_before", "error_500_after_commit"] {
        dies_at("payout_sent", Some(fault), "paid").await;
    }
}

#[tokio::test]
async fn after_a_refusal() {
    // Nobody knows of the refusal, so it is sent again.
    dies_at("payout_sent", Some("refuse_422"), "paid").await;
    dies_at("payout_ended", Some("refuse_422"), "failed").await;
}
