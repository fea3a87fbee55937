//! What callers send is in no log.

use serde_json::json;

use super::treasurer::{SCOPES, Treasurer, Words};
use crate::harness::Service;

#[tokio::test]
async fn logs_hold_nothing_that_a_caller_sent() {
    let service = Service::new().await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let body = json!({ "name": "Wilhelmina Canarysen", "email": "canary.7731@hidden.example" });
    let key = "canary-key";
    for _ in 0..2 {
        let made = caller.post_as(key, "/v1/customers", &body).await;
        let id = made.expect(201).data()["id"].as_str().unwrap().to_owned();
        caller.get(&format!("/v1/customers/{id}")).await.expect(200);
    }
    let invalid = json!({ "name": "C", "email": "canary.7732" });
    caller
        .post_as("canary-key-2", "/v1/customers?q=canary", &invalid)
        .await
        .expect_invalid(&["email", "name"]);
    caller.get("/v1/customers/canary").await.expect(404);
    caller.get("/v1/customers").await.expect(200);
    let log = service.process.log().to_lowercase();
    assert!(log.contains("/v1/customers/{id}"), "{log}");
    for sent in ["canary", "hidden.example", "wilhelmina", "rmf_test_"] {
        assert!(!log.contains(sent), "{sent} is in the log:\n{log}");
    }
}
