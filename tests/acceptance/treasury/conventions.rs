//! The contract, section 1: which contract answers, and in which order a request is judged.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::treasurer::{SCOPES, Treasurer, Words, new_key, payer};
use crate::harness::{Answer, Service, eventually};

const ONLY_HERE: [&str; 6] = [
    "/v1/swaps",
    "/v1/payment-routes",
    "/v1/transactions",
    "/v1/rates/USDC/EURC",
    "/v1/sandbox/simulate",
    "/api/v1/swaps/x/cancel",
];

#[tokio::test]
async fn without_a_key_the_path_tells_which_contract_answers() {
    let caller = Treasurer::of_new_organisation().await;
    for path in ONLY_HERE {
        let request = caller.anonymous(Method::GET, path);
        let refused = caller.send(request).await;
        let refused = refused.expect_message(401, "No token provided");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        for foreign in ["Basic eDp5", "Bearer x", "nonsense"] {
            let request = caller.anonymous(Method::GET, path);
            let request = request.header("Authorization", foreign);
            caller
                .send(request)
                .await
                .expect_message(401, "Invalid API key");
        }
    }
    for path in ["/v1/customers", "/v1/customers/x", "/v1/events"] {
        let request = caller.anonymous(Method::GET, path);
        Answer::to(request)
            .await
            .expect_error(401, "missing_api_key");
    }
    let request = caller.anonymous(Method::GET, "/v1/swapsies");
    Answer::to(request)
        .await
        .expect_error(404, "route_not_found");
}

#[tokio::test]
async fn the_beginning_of_the_key_tells_which_contract_answers() {
    let caller = Treasurer::of_new_organisation().await;
    for path in ["/v1/events", "/v1/nowhere", "/v1/customers/a/b", "/nowhere"] {
        caller
            .get(path)
            .await
            .expect_message(404, "Route not found");
    }
    for bad in ["rmf_", "rmf_test_x", &"rmf_test_".repeat(5)] {
        let stranger = Treasurer::new(&caller.url, bad);
        for path in ["/v1/customers", "/v1/swaps", "/v1/events", "/v1/nowhere"] {
            stranger
                .get(path)
                .await
                .expect_message(401, "Invalid API key");
        }
    }
    let service = caller.service.clone().unwrap();
    let remittance = service.caller();
    for path in ONLY_HERE {
        remittance
            .get(path)
            .await
            .expect_error(404, "route_not_found");
    }
}

#[tokio::test]
async fn other_methods_are_named_those_that_exist() {
    let caller = Treasurer::of_new_organisation().await;
    for (path, allowed) in [
        ("/v1/customers", "GET, HEAD, POST"),
        ("/v1/customers/x", "GET, HEAD"),
    ] {
        let request = caller.request(Method::DELETE, path);
        let refused = caller.send(request).await;
        let refused = refused.expect_message(405, "Method not allowed");
        assert_eq!(refused.header("allow"), allowed);
    }
}

#[tokio::test]
async fn heads_are_answered_without_a_body() {
    let caller = Treasurer::of_new_organisation().await;
    for path in ["/v1/customers", "/v1/customers?limit=1"] {
        let answer = caller.send(caller.request(Method::HEAD, path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        // The connection is still good.
        caller.get(path).await.expect(200);
    }
}

/// Starts with everything wrong and mends one thing after the other.
#[tokio::test]
async fn checks_come_in_the_order_of_the_contract() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let set = |state: &str| {
        let set = ["org", "set", "--org", &organisation, "--state", state];
        service
            .home
            .run(&[&set[..], &["--remittances", "off"]].concat())
            .output();
    };
    set("suspended");
    let reader = Treasurer::of(&service, &organisation, "test", &["transfers:read"]);
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let bad = |caller: &Treasurer| caller.request(Method::POST, "/v1/customers").body("{");
    let unknown = Treasurer::new(&service.url, &format!("rmf_test_{}", "0".repeat(32)));
    unknown
        .send(bad(&unknown))
        .await
        .expect_message(401, "Invalid API key");
    reader
        .send(bad(&reader))
        .await
        .expect_message(403, "Organisation suspended");
    set("active");
    // The Treasury API has no need of the Remittance API's gate.
    let refused = eventually("an open door", async || {
        let answer = reader.send(bad(&reader)).await;
        (answer.message() != "Organisation suspended").then_some(answer)
    })
    .await;
    refused.expect_message(403, "Missing required scopes: transfers:write");
    caller.send(bad(&caller)).await.expect_message(
        400,
        "Idempotency-Key header is required for mutating API requests",
    );
    let keyed = |caller: &Treasurer, key: &str| {
        let request = caller.request(Method::POST, "/v1/customers");
        request.header("Idempotency-Key", key)
    };
    caller
        .send(keyed(&caller, &"k".repeat(256)).body("{"))
        .await
        .expect_message(422, "Idempotency-Key must be 255 characters or fewer");
    let key = new_key();
    caller
        .send(
            keyed(&caller, &key)
                .header("Content-Type", "text/plain")
                .body("{"),
        )
        .await
        .expect_message(415, "Content-Type must be application/json");
    let json = |caller: &Treasurer, body: String| {
        keyed(caller, &key)
            .header("Content-Type", "application/json")
            .body(body)
    };
    caller
        .send(json(&caller, "x".repeat(70_000)))
        .await
        .expect_message(413, "Request body too large");
    for body in ["{", "", "[]", "{\"name\":\"a\",\"name\":\"b\"}"] {
        caller
            .send(json(&caller, body.to_owned()))
            .await
            .expect_message(400, "Malformed JSON body");
    }
    caller
        .send(json(&caller, "{}".to_owned()))
        .await
        .expect_invalid(&["email", "name"]);
    caller
        .send(json(&caller, payer().to_string()))
        .await
        .expect(201);
    // The replay comes before the validation.
    caller
        .send(json(&caller, "{}".to_owned()))
        .await
        .expect(201);
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let service = Service::with(&[
        ("VOUCH_RATE_LIMIT_WRITE", "1"),
        ("VOUCH_RATE_LIMIT_ANONYMOUS", "1"),
        ("VOUCH_RATE_LIMIT_READ", "100"),
    ])
    .await;
    let caller = Treasurer::of(&service, &service.organisation(), "test", &SCOPES);
    let reader = Treasurer::of(&service, &service.organisation(), "test", &["fx:read"]);
    let read = caller.get("/v1/swaps").await.expect(200);
    assert_eq!(read.header("x-ratelimit-limit"), "200");
    assert!(["0", "1"].contains(&read.header("x-ratelimit-reset")));
    let mut writes = JoinSet::new();
    for _ in 0..20 {
        let caller = caller.clone();
        writes.spawn(async move { caller.post("/v1/customers", &payer()).await });
    }
    let answers = writes.join_all().await;
    let made = answers.iter().find(|answer| answer.status == 201);
    assert_eq!(made.unwrap().header("x-ratelimit-limit"), "2");
    let refused = answers.into_iter().find(|answer| answer.status == 429);
    let refused = refused.unwrap().expect_message(429, "Too many requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    // Whoever lacks the scope is told that, however often.
    for _ in 0..5 {
        let refused = reader.post("/v1/customers", &payer()).await;
        refused.expect_message(403, "Missing required scopes: transfers:write");
    }
    let anonymous = async || {
        let request = caller.anonymous(Method::GET, "/v1/swaps");
        caller.send(request).await
    };
    anonymous().await.expect_message(401, "No token provided");
    let refused = anonymous().await.expect_message(429, "Too many requests");
    assert!(!refused.header("retry-after").is_empty());
    caller.get("/v1/swaps").await.expect(200);
}

#[tokio::test]
async fn the_deployment_says_how_it_is() {
    let caller = Treasurer::of_new_organisation().await;
    let answer = Answer::unchecked(caller.anonymous(Method::GET, "/health"))
        .await
        .expect(200);
    let health = answer.json();
    let ts = health["ts"].as_str().unwrap();
    assert!(ts.len() == 24 && ts.ends_with('Z'), "{ts}");
    let expected: Value = json!({ "status": "ok", "env": "local", "ts": ts });
    assert_eq!(health, expected);
}
