//! Every fault, on the wire and in the store.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::harness::{CUSTOMERS, Sandbox, answer, individual};

/// Much longer than anything here takes, and shorter than the silence of a timeout.
const PATIENCE: Duration = Duration::from_secs(30);
const SIMULATED: &str = "x-sandbox-simulated";

fn rule(operation: &str, fault: &str) -> Value {
    json!({ "operation": operation, "fault": fault, "times": 1 })
}

/// How often all rules have fired.
async fn fired(sandbox: &Sandbox) -> u64 {
    let response = sandbox
        .bare(Method::GET, "/_sandbox/faults")
        .send()
        .await
        .unwrap();
    let (_, body) = answer(response).await;
    body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["fired"].as_u64().unwrap())
        .sum()
}

/// Waits until so many faults have fired.
async fn until_fired(sandbox: &Sandbox, times: u64) {
    let deadline = Instant::now() + PATIENCE;
    while fired(sandbox).await < times {
        assert!(Instant::now() < deadline, "the fault never fired");
    }
}

/// Waits until so many customers are stored, and returns them.
async fn until_stored(sandbox: &Sandbox, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let stored = sandbox.stored().await;
        if stored.len() >= count {
            return stored;
        }
        assert!(Instant::now() < deadline, "never stored");
    }
}

/// A connection on which a create has been sent.
async fn send_create(sandbox: &Sandbox) -> TcpStream {
    let body = individual("a@example.com").to_string();
    let request = format!(
        "POST /api/external/customer HTTP/1.1\r\nHost: rail\r\nx-blaaiz-api-key: sandbox-key\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    let mut connection = TcpStream::connect(sandbox.rail.url().trim_start_matches("http://"))
        .await
        .unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// The bytes until the server closes the connection.
async fn read_all(mut connection: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, connection.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    bytes
}

#[tokio::test]
async fn failures_before_the_commit_answer_and_store_nothing() {
    let sandbox = Sandbox::start().await;
    for (fault, expected) in [
        ("error_500", 500),
        ("refuse_422", 422),
        ("rate_limit_429", 429),
        ("unauthorised", 401),
    ] {
        sandbox.fault(rule("create_customer", fault)).await;
        let response = sandbox
            .creation(&individual("a@example.com"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()[SIMULATED], fault);
        if fault == "rate_limit_429" {
            assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
        }
        let (status, body) = answer(response).await;
        assert_eq!(status, expected);
        assert!(body["message"].is_string());
        assert_eq!(
            body["errors"]["id_number"].is_array(),
            fault == "refuse_422"
        );
        assert!(sandbox.stored().await.is_empty(), "{fault}");
    }
}

#[tokio::test]
async fn drops_close_the_connection_without_a_byte() {
    let sandbox = Sandbox::start().await;
    sandbox.fault(rule("create_customer", "drop_before")).await;
    assert!(read_all(send_create(&sandbox).await).await.is_empty());
    assert!(sandbox.stored().await.is_empty());

    sandbox
        .fault(rule("create_customer", "drop_after_commit"))
        .await;
    assert!(read_all(send_create(&sandbox).await).await.is_empty());
    assert_eq!(sandbox.stored().await.len(), 1);

    sandbox.fault(rule("create_customer", "drop_before")).await;
    let error = sandbox
        .creation(&individual("b@example.com"))
        .send()
        .await
        .unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    assert_eq!(sandbox.stored().await.len(), 1);
}

#[tokio::test]
async fn timeouts_last_until_the_client_leaves() {
    let sandbox = Sandbox::start().await;
    sandbox.fault(rule("create_customer", "timeout")).await;
    let mut connection = send_create(&sandbox).await;
    until_fired(&sandbox, 1).await;
    connection.shutdown().await.unwrap();
    assert!(read_all(connection).await.is_empty());
    assert!(sandbox.stored().await.is_empty());

    sandbox
        .fault(rule("create_customer", "timeout_after_commit"))
        .await;
    let mut connection = send_create(&sandbox).await;
    until_stored(&sandbox, 1).await;
    connection.shutdown().await.unwrap();
    assert!(read_all(connection).await.is_empty());
    assert_eq!(sandbox.stored().await.len(), 1);
}

#[tokio::test]
async fn a_client_sees_a_timeout() {
    let sandbox = Sandbox::start().await;
    for fault in ["timeout", "timeout_after_commit", "late_commit"] {
        sandbox.fault(rule("lookup", fault)).await;
        let request = sandbox
            .request(Method::GET, CUSTOMERS)
            .timeout(Duration::from_millis(200));
        assert!(request.send().await.unwrap_err().is_timeout(), "{fault}");
    }
}

#[tokio::test]
async fn failures_after_the_commit_answer_and_store() {
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(rule("create_customer", "error_500_after_commit"))
        .await;
    let response = sandbox
        .creation(&individual("a@example.com"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()[SIMULATED], "error_500_after_commit");
    assert_eq!(
        answer(response).await,
        (500, json!({ "message": "Server Error" }))
    );
    assert_eq!(sandbox.stored().await.len(), 1);

    sandbox
        .fault(rule("create_customer", "garbage_after_commit"))
        .await;
    let response = sandbox
        .creation(&individual("b@example.com"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()[SIMULATED], "garbage_after_commit");
    assert_eq!(response.status(), 201);
    let body = response.text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
    assert_eq!(sandbox.stored().await.len(), 2);
}

#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "the moment is compared with what another server's clock says"
)]
async fn a_late_commit_happens_after_the_client_has_left() {
    const DELAY_MS: i64 = 700;
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(
            json!({ "operation": "create_customer", "fault": "late_commit", "delay_ms": DELAY_MS }),
        )
        .await;
    let sent_at = Utc::now();
    let mut connection = send_create(&sandbox).await;
    until_fired(&sandbox, 1).await;
    connection.shutdown().await.unwrap();
    assert!(read_all(connection).await.is_empty());

    let stored = until_stored(&sandbox, 1).await;
    let created_at = stored[0]["created_at"]
        .as_str()
        .unwrap()
        .parse::<DateTime<Utc>>()
        .unwrap();
    // The record's time is cut to microseconds.
    assert!(created_at - sent_at > TimeDelta::milliseconds(DELAY_MS - 1));
}

#[tokio::test]
async fn a_late_commit_never_answers() {
    let sandbox = Sandbox::start().await;
    sandbox.fault(rule("create_customer", "late_commit")).await;
    let mut connection = send_create(&sandbox).await;
    until_stored(&sandbox, 1).await;
    connection.shutdown().await.unwrap();
    assert!(read_all(connection).await.is_empty());
}

#[tokio::test]
async fn an_update_can_commit_late() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.fault(rule("update", "late_commit")).await;
    let path = format!("{CUSTOMERS}/{id}");
    let update = sandbox
        .request(Method::PUT, &path)
        .json(&json!({ "phone": "1" }));
    let waiting = tokio::spawn(update.send());
    let deadline = Instant::now() + PATIENCE;
    while sandbox.stored().await[0]["phone"] != "1" {
        assert!(Instant::now() < deadline, "never updated");
    }
    assert!(!waiting.is_finished());
}

#[tokio::test]
async fn a_delay_comes_before_the_failure() {
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(json!({ "operation": "lookup", "fault": "error_500", "delay_ms": 200 }))
        .await;
    let start = Instant::now();
    assert_eq!(sandbox.get("").await.0, 500);
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn every_operation_can_fail_and_only_the_named_one_does() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    for operation in ["create_customer", "lookup", "get", "update", "token"] {
        for fault in ["error_500", "error_500_after_commit"] {
            sandbox
                .fault(json!({ "operation": operation, "fault": fault, "times": 1 }))
                .await;
            let codes = [
                (
                    "create_customer",
                    sandbox.create(&individual("b@example.com")).await.0,
                    201,
                ),
                ("lookup", sandbox.get("?email=a@example.com").await.0, 200),
                ("get", sandbox.get(&format!("/{id}")).await.0, 200),
                (
                    "update",
                    sandbox.put(&id, &json!({ "phone": "1" })).await.0,
                    200,
                ),
                ("token", sandbox.token(&[]).await.0, 400),
            ];
            for (name, code, healthy) in codes {
                assert_eq!(
                    code,
                    if name == operation { 500 } else { healthy },
                    "{operation} {fault}: {name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_update_can_commit_and_still_fail() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.fault(rule("update", "error_500")).await;
    assert_eq!(sandbox.put(&id, &json!({ "phone": "1" })).await.0, 500);
    assert_eq!(sandbox.stored().await[0].get("phone"), None);
    sandbox
        .fault(rule("update", "error_500_after_commit"))
        .await;
    assert_eq!(sandbox.put(&id, &json!({ "phone": "2" })).await.0, 500);
    assert_eq!(sandbox.stored().await[0]["phone"], "2");
}

#[tokio::test]
async fn calls_without_credentials_meet_no_fault() {
    let sandbox = Sandbox::start().await;
    sandbox.fault(rule("lookup", "error_500")).await;
    let response = sandbox
        .bare(Method::GET, "/api/external/customer")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(sandbox.get("").await.0, 500);
}

#[tokio::test]
async fn a_rule_fires_its_times_and_then_the_next_one_does() {
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(json!({ "operation": "lookup", "fault": "error_500", "times": 2 }))
        .await;
    sandbox
        .fault(json!({ "operation": "lookup", "fault": "rate_limit_429", "times": 1 }))
        .await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(sandbox.get("").await.0);
    }
    assert_eq!(codes, [500, 500, 429, 200]);
    let response = sandbox
        .bare(Method::GET, "/_sandbox/faults")
        .send()
        .await
        .unwrap();
    let (_, body) = answer(response).await;
    assert_eq!(
        (&body["data"][0]["fired"], &body["data"][1]["fired"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn the_first_rule_decides_alone() {
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(json!({ "operation": "lookup", "fault": "error_500", "probability": 0 }))
        .await;
    sandbox
        .fault(json!({ "operation": "lookup", "fault": "rate_limit_429" }))
        .await;
    assert_eq!(sandbox.get("").await.0, 200);
}

async fn draws(seed: u64) -> Vec<u16> {
    let sandbox = Sandbox::start().await;
    let rule = json!({ "operation": "lookup", "fault": "error_500", "probability": 0.5, "times": 10, "seed": seed });
    sandbox.fault(rule).await;
    let mut codes = Vec::new();
    for _ in 0..40 {
        codes.push(sandbox.get("").await.0);
    }
    codes
}

#[tokio::test]
async fn draws_repeat_with_the_seed_and_only_hits_count() {
    let first = draws(1).await;
    assert_eq!(first, draws(1).await);
    assert_ne!(first, draws(2).await);
    assert_eq!(first.iter().filter(|code| **code == 500).count(), 10);
    let last_hit = first.iter().rposition(|code| *code == 500).unwrap();
    assert!(
        first[..last_hit].contains(&200),
        "misses do not use up the rule"
    );
}

#[tokio::test]
async fn a_stop_ends_the_waiting() {
    let sandbox = Sandbox::start().await;
    sandbox
        .fault(rule("create_customer", "timeout_after_commit"))
        .await;
    let waiting = tokio::spawn(sandbox.creation(&individual("a@example.com")).send());
    until_stored(&sandbox, 1).await;
    timeout(PATIENCE, sandbox.rail.stop()).await.unwrap();
    assert!(waiting.await.unwrap().is_err());
}
