//! Creates that go wrong because of the e-mail.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{CUSTOMERS, Sandbox, answer, individual};

async fn attempt(sandbox: &Sandbox, body: &Value) -> Option<u16> {
    let answer = sandbox.creation(body).send().await;
    answer.ok().map(|response| response.status().as_u16())
}

#[tokio::test]
async fn the_first_create_goes_wrong_and_only_the_first() {
    let sandbox = Sandbox::start().await;
    for (tag, outcome, stored) in [
        ("rail500", Some(500), 0),
        ("railrefuse", Some(422), 0),
        ("raildrop", None, 1),
    ] {
        let email = format!("ada+{tag}@example.com");
        let body = individual(&email);
        assert_eq!(attempt(&sandbox, &body).await, outcome, "{tag}");
        let (_, found) = sandbox
            .get(&format!("?email=ada%2B{tag}@example.com"))
            .await;
        assert_eq!(found["data"].as_array().unwrap().len(), stored, "{tag}");
        let again = individual(&email.to_uppercase());
        assert_eq!(attempt(&sandbox, &again).await, Some(201), "{tag}");
        assert_eq!(attempt(&sandbox, &body).await, Some(201), "{tag}");
    }
}

#[tokio::test]
async fn a_slow_create_answers_in_the_end() {
    const SLOW: Duration = Duration::from_millis(300);
    let sandbox = Sandbox::with(|options| options.slow_answer = SLOW).await;
    let body = individual("ada+railslow@example.com");
    let start = Instant::now();
    let response = sandbox.creation(&body).send().await.unwrap();
    assert!(start.elapsed() >= SLOW);
    let (status, created) = answer(response).await;
    assert_eq!(status, 201);
    assert_eq!(sandbox.stored().await[0]["id"], created["data"]["id"]);
}

#[tokio::test]
async fn a_mishap_is_not_repeated_after_a_restart() {
    let sandbox = Sandbox::start().await;
    let body = individual("ada+rail500@example.com");
    assert_eq!(attempt(&sandbox, &body).await, Some(500));
    // The second start reads what the first one wrote anew.
    let sandbox = sandbox.restart(|_| {}).await.restart(|_| {}).await;
    assert_eq!(attempt(&sandbox, &body).await, Some(201));
}

#[tokio::test]
async fn other_addresses_and_callers_without_credentials_meet_nothing() {
    let sandbox = Sandbox::start().await;
    let magic = individual("ada+rail500@example.com");
    let request = sandbox.bare(Method::POST, CUSTOMERS).json(&magic);
    assert_eq!(request.send().await.unwrap().status(), 401);
    for email in [
        "rail500@example.com",
        "ada+rail5000@example.com",
        "ada@rail500.com",
        "+rail500x@example.com",
    ] {
        assert_eq!(
            attempt(&sandbox, &individual(email)).await,
            Some(201),
            "{email}"
        );
    }
    assert_eq!(attempt(&sandbox, &json!({ "email": 1 })).await, Some(422));
    assert_eq!(attempt(&sandbox, &magic).await, Some(500));
}
