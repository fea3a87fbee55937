//! `/_sandbox`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Sandbox, answer, business, individual, with};

async fn post(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    answer(
        sandbox
            .bare(Method::POST, path)
            .json(&body)
            .send()
            .await
            .unwrap(),
    )
    .await
}

async fn faults(sandbox: &Sandbox) -> Value {
    answer(
        sandbox
            .bare(Method::GET, "/_sandbox/faults")
            .send()
            .await
            .unwrap(),
    )
    .await
    .1
}

#[tokio::test]
async fn stored_customers_are_shown_whole() {
    let sandbox = Sandbox::start().await;
    let sent = with(
        individual("a@example.com"),
        json!({ "dob": "1990-02-28", "customer_reference": "r-1" }),
    );
    let id = sandbox.created(&sent).await;
    sandbox.created(&business("1")).await;
    assert_eq!(sandbox.stored().await.len(), 2);

    let response = sandbox
        .bare(Method::GET, "/_sandbox/customers?email=A@EXAMPLE.com")
        .send()
        .await
        .unwrap();
    let (status, body) = answer(response).await;
    assert_eq!(status, 200);
    let [record] = body["data"].as_array().unwrap().as_slice() else {
        panic!("{body}")
    };
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&record[name], value);
    }
    assert_eq!(record["id"], id);
    assert_eq!(record["verification_status"], "PENDING");
    assert!(record["created_at"].is_string() && record["updated_at"].is_string());
}

#[tokio::test]
async fn a_decision_moves_a_customer() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let path = format!("/_sandbox/customers/{id}/decide");
    for status in ["processing", "REJECTED", "Verified", "PENDING"] {
        let (code, body) = post(
            &sandbox,
            &path,
            json!({ "status": status, "comment": "why" }),
        )
        .await;
        assert_eq!(code, 200);
        assert_eq!(body["data"]["verification_status"], status.to_uppercase());
        assert_eq!(body["data"]["comment"], "why");
        assert_eq!(
            sandbox.get(&format!("/{id}")).await.1["data"]["verification_status"],
            status.to_uppercase()
        );
    }
}

#[tokio::test]
async fn bad_decisions_are_refused() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let path = format!("/_sandbox/customers/{id}/decide");
    for body in [
        json!({ "status": "CLOSED" }),
        json!({}),
        json!([]),
        json!({ "status": "VERIFIED", "comment": 1 }),
    ] {
        let (status, answer) = post(&sandbox, &path, body).await;
        assert_eq!(status, 422);
        assert!(answer["message"].is_string());
    }
    let unknown = "/_sandbox/customers/00000000-0000-4000-8000-000000000000/decide";
    assert_eq!(
        post(&sandbox, unknown, json!({ "status": "VERIFIED" }))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let sandbox = Sandbox::start().await;
    assert_eq!(faults(&sandbox).await, json!({ "data": [] }));
    let rule = json!({
        "operation": "get", "fault": "error_500", "times": 3, "probability": 0.5, "delay_ms": 7, "seed": 42,
    });
    let (status, added) = post(&sandbox, "/_sandbox/faults", rule.clone()).await;
    assert_eq!(status, 201);
    assert!(added["id"].is_string());
    assert_eq!(added, with(rule, json!({ "id": added["id"], "fired": 0 })));
    assert_eq!(faults(&sandbox).await, json!({ "data": [added] }));

    let cleared = sandbox
        .bare(Method::DELETE, "/_sandbox/faults")
        .send()
        .await
        .unwrap();
    let (status, body) = answer(cleared).await;
    assert_eq!(status, 200);
    assert!(body["message"].is_string());
    assert_eq!(faults(&sandbox).await, json!({ "data": [] }));
}

#[tokio::test]
async fn a_fault_has_defaults() {
    let sandbox = Sandbox::start().await;
    let (_, added) = post(
        &sandbox,
        "/_sandbox/faults",
        json!({ "operation": "token", "fault": "timeout" }),
    )
    .await;
    assert_eq!(added["times"], Value::Null);
    assert_eq!(added["probability"], 1.0);
    assert_eq!((&added["delay_ms"], &added["seed"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn bad_faults_are_refused() {
    let sandbox = Sandbox::start().await;
    for body in [
        json!({}),
        json!({ "operation": "erase", "fault": "error_500" }),
        json!({ "operation": "get", "fault": "explode" }),
        json!({ "operation": "get", "fault": "timeout", "probability": 1.1 }),
        json!({ "operation": "get", "fault": "timeout", "probability": -0.1 }),
        json!({ "operation": "get", "fault": "timeout", "times": -1 }),
        json!({ "operation": "get", "fault": "timeout", "chance": 1 }),
    ] {
        let (status, answer) = post(&sandbox, "/_sandbox/faults", body).await;
        assert_eq!(status, 422);
        assert!(answer["message"].is_string());
    }
    assert_eq!(faults(&sandbox).await, json!({ "data": [] }));
}
