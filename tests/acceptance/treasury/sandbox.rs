//! The sandbox: swaps that settle by themselves, and swaps that settle when they are told to.

use serde_json::{Value, json};

use super::{
    swaps::{id, opened},
    treasurer::{SCOPES, Treasurer, Words},
};
use crate::harness::{Answer, Service, eventually, with};

async fn simulate(caller: &Treasurer, swap: &Value, more: &Value) -> Answer {
    let simulation = json!({ "provider": "relay", "id": swap["id"] });
    caller
        .post("/v1/sandbox/simulate", &with(&simulation, more))
        .await
}

/// The swap, once it has come to this status.
pub(super) async fn comes_to(caller: &Treasurer, swap: &Value, status: &str) -> Value {
    let path = format!("/v1/swaps/{}", id(swap));
    eventually(status, async || {
        let found = caller.get(&path).await.expect(200).data();
        (found["status"] == status).then_some(found)
    })
    .await
}

/// A service whose swaps settle only when they are told to, and a caller of it.
async fn told() -> (Service, Treasurer) {
    let service = Service::with(&[("VOUCH_SANDBOX_SETTLE_MS", "0")]).await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    (service, caller)
}

#[tokio::test]
async fn a_swap_settles_by_itself() {
    let service = Service::with(&[("VOUCH_SANDBOX_SETTLE_MS", "300")]).await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let swap = opened(&caller, &json!({})).await;
    let settled = comes_to(&caller, &swap, "completed").await;
    assert_eq!(settled["receivedAmount"], "100500000");
    assert_eq!(settled["outputAmount"], "92460000");
    assert_eq!(settled["receivedOutput"], 92.46);
    assert_ne!(settled["swapTxSignature"], settled["payoutTxSignature"]);
    assert!(settled["completedAt"].is_string());
    assert_eq!(settled["errorMessage"], json!(null));
}

#[tokio::test]
async fn a_simulated_deposit_is_paid_out_at_once() {
    let (_service, caller) = told().await;
    let swap = opened(&caller, &json!({})).await;
    let completed = simulate(&caller, &swap, &json!({})).await.expect(200);
    assert_eq!(completed.data()["status"], "completed");
    assert_eq!(completed.data()["receivedAmount"], "100500000");
    let again = simulate(&caller, &swap, &json!({ "status": "completed" })).await;
    assert_eq!(again.expect(200).data(), completed.data());

    let swap = opened(&caller, &json!({})).await;
    let more = json!({ "status": "failed", "amount": 12.5 });
    let failed = simulate(&caller, &swap, &more).await.expect(200).data();
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["receivedAmount"], "12500000");
    assert_eq!(failed["outputAmount"], json!(null));
    assert_eq!(
        failed["errorMessage"],
        "The exchange could not be carried out."
    );

    let swap = opened(&caller, &json!({})).await;
    let less = simulate(&caller, &swap, &json!({ "amount": 0.000002 }))
        .await
        .expect(200)
        .data();
    assert_eq!(
        (&less["outputAmount"], &less["amount"]),
        (&json!("1"), &json!(100.5))
    );
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let (service, caller) = told().await;
    let path = "/v1/sandbox/simulate";
    caller
        .post(path, &json!({}))
        .await
        .expect_invalid(&["id", "provider"]);
    let swap = opened(&caller, &json!({})).await;
    for (field, value) in [
        ("provider", json!("other")),
        ("id", json!(1)),
        ("status", json!("expired")),
        ("amount", json!("1")),
        ("amount", json!(0)),
    ] {
        let answer = simulate(&caller, &swap, &json!({ field: value })).await;
        answer.expect_invalid(&[field]);
    }
    let unhyphenated = id(&swap).replace('-', "");
    for unknown in [
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "x",
        "",
        &unhyphenated,
    ] {
        let answer = simulate(&caller, &swap, &json!({ "id": unknown })).await;
        answer.expect_message(404, "Simulated request not found");
    }
    // Ended otherwise.
    simulate(&caller, &swap, &json!({})).await.expect(200);
    let answer = simulate(&caller, &swap, &json!({ "status": "failed" })).await;
    answer.expect_message(404, "Simulated request not found");

    let organisation = service.organisation();
    let stranger = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let answer = simulate(&stranger, &swap, &json!({})).await;
    answer.expect_message(404, "Simulated request not found");
    let live = Treasurer::of(&service, &organisation, "live", &SCOPES);
    let answer = simulate(&live, &swap, &json!({})).await;
    answer.expect_message(403, "Sandbox is available to test keys only");
    for (scope, status) in [
        ("transfers:write", 404),
        ("collections:write", 404),
        ("transfers:read", 403),
    ] {
        let limited = Treasurer::of(&service, &organisation, "test", &[scope]);
        assert_eq!(
            simulate(&limited, &swap, &json!({})).await.status,
            status,
            "{scope}"
        );
    }
}

#[tokio::test]
async fn the_sandbox_tells_how_it_stands() {
    let (service, caller) = told().await;
    let status = caller.get("/v1/sandbox/status").await.expect(200).data();
    assert_eq!(
        status,
        json!({ "simulationEnabled": true, "autoSettleMs": 0, "environment": "test" })
    );
    let live = Treasurer::of(&service, &service.organisation(), "live", &SCOPES);
    let status = live.get("/v1/sandbox/status").await.expect(200).data();
    assert_eq!(
        status,
        json!({ "simulationEnabled": false, "autoSettleMs": 0, "environment": "live" })
    );
    let by_itself = Treasurer::of_new_organisation().await;
    let status = by_itself.get("/v1/sandbox/status").await.expect(200).data();
    assert_eq!(status["autoSettleMs"], 8_000);
}
