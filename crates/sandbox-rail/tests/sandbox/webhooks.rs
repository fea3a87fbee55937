//! Registration of webhooks, and their delivery.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use vouch_sandbox_rail::CallBackError;

use crate::{
    harness::{Sandbox, individual, quick, until},
    receiver::Receiver,
};

async fn until_delivered(sandbox: &Sandbox) -> Value {
    until(async || {
        let delivery = sandbox.kept("deliveries").await.pop()?;
        delivery["delivered_at"].is_string().then_some(delivery)
    })
    .await
}

#[tokio::test]
async fn the_secret_is_shown_once() {
    let sandbox = Sandbox::start().await;
    assert_eq!(sandbox.read("/webhook").await.0, 404);
    let secret = sandbox.registered("https://example.com/hooks").await;
    assert!(secret.len() >= 32);
    let (status, body) = sandbox.read("/webhook").await;
    assert_eq!(status, 200);
    assert_eq!(
        body["data"]["collection_url"],
        "https://example.com/hooks/collection"
    );
    assert_eq!(
        body["data"]["payout_url"],
        "https://example.com/hooks/payout"
    );
    assert!(!body.to_string().contains(&secret));

    let path = format!("/webhook/{}", body["data"]["id"].as_str().unwrap());
    let urls = json!({ "payout_url": "http://example.com/other" });
    let (status, answer) = sandbox.call(Method::PUT, &path, &urls).await;
    assert_eq!(status, 200);
    assert!(!answer.to_string().contains(&secret));
    let (_, body) = sandbox.read("/webhook").await;
    assert_eq!(body["data"]["payout_url"], "http://example.com/other");
    assert_eq!(
        body["data"]["collection_url"],
        "https://example.com/hooks/collection"
    );

    assert_ne!(sandbox.registered("https://example.com/new").await, secret);
    assert_eq!(sandbox.call(Method::PUT, &path, &urls).await.0, 404);
}

#[tokio::test]
async fn whoever_runs_it_is_told_one_secret_for_ever() {
    let sandbox = Sandbox::start().await;
    let first = sandbox.rail.call_back_at("http://127.0.0.1:1/hooks").await;
    let secret = first.unwrap();
    assert!(secret.len() >= 32);
    let refused = sandbox.rail.call_back_at("ftp://example.com").await;
    assert_eq!(refused, Err(CallBackError::Url));
    let sandbox = sandbox.restart(|_| {}).await;
    let again = sandbox.rail.call_back_at("http://127.0.0.1:2/hooks").await;
    assert_eq!(again, Ok(secret));
    let (_, body) = sandbox.read("/webhook").await;
    for url in ["collection_url", "payout_url"] {
        assert_eq!(body["data"][url], "http://127.0.0.1:2/hooks");
    }
}

#[tokio::test]
async fn bad_urls_are_refused() {
    let sandbox = Sandbox::start().await;
    let (status, body) = sandbox.call(Method::POST, "/webhook", &json!({})).await;
    assert_eq!(status, 422);
    assert!(body["errors"]["collection_url"].is_array() && body["errors"]["payout_url"].is_array());
    for url in ["nowhere", "ftp://example.com", "/hooks"] {
        let urls = json!({ "collection_url": url, "payout_url": "https://example.com" });
        assert_eq!(
            sandbox.call(Method::POST, "/webhook", &urls).await.0,
            400,
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_delivery_is_signed_over_what_was_sent() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::quick().await;
    let secret = sandbox.registered(&receiver.url).await;
    sandbox.verified("é/a@example.com").await;
    let callback = receiver.until(1).await[0].clone();
    assert!(callback.is_signed(&secret));
    assert!(!callback.is_signed("another secret"));
    assert_eq!(callback.path, "/collection");
    assert_eq!(callback.content_type, "application/json");
    assert_eq!(callback.user_agent, "Blaaiz");
    assert_eq!(callback.json()["customer_email"], "é/a@example.com");
    let delivery = until_delivered(&sandbox).await;
    assert_eq!(delivery["body"].as_str().unwrap().as_bytes(), callback.raw);
    assert_eq!(delivery["event"], "customer.status_changed");
    assert_eq!(
        (&delivery["attempts"], &delivery["last_status"]),
        (&json!(1), &json!(200))
    );
    assert!(delivery["next_attempt_at"].is_null());
}

#[tokio::test]
async fn a_delivery_is_tried_until_it_is_taken() {
    let receiver = Receiver::answering(&[500, 302, 401]);
    let sandbox = Sandbox::quick().await;
    let secret = sandbox.registered(&receiver.url).await;
    sandbox.verified("a@example.com").await;
    let callbacks = receiver.until(4).await;
    assert!(callbacks.iter().all(|one| one.is_signed(&secret)));
    assert!(callbacks.iter().all(|one| one.raw == callbacks[0].raw));
    let delivery = until_delivered(&sandbox).await;
    assert_eq!(delivery["attempts"], 4);
}

#[tokio::test]
async fn a_delivery_is_given_up_after_ten_attempts() {
    let receiver = Receiver::answering(&[500; 10]);
    let sandbox = Sandbox::with(|options| {
        quick(options);
        options.first_retry = Duration::ZERO;
    })
    .await;
    sandbox.registered(&receiver.url).await;
    sandbox.verified("a@example.com").await;
    let delivery = until(async || {
        let delivery = sandbox.kept("deliveries").await.pop()?;
        (delivery["attempts"] == 10 && delivery["last_status"] == 500).then_some(delivery)
    })
    .await;
    assert!(delivery["next_attempt_at"].is_null() && delivery["delivered_at"].is_null());

    let path = format!("deliveries/{}/send", delivery["id"].as_str().unwrap());
    assert_eq!(sandbox.control(&path, &json!({})).await.0, 200);
    assert_eq!(until_delivered(&sandbox).await["attempts"], 11);
    assert_eq!(
        sandbox.control("deliveries/x/send", &json!({})).await.0,
        404
    );
}

#[tokio::test]
async fn a_delivery_survives_a_restart_and_goes_where_the_webhook_points_now() {
    let refusing = Receiver::answering(&[503; 10]);
    let sandbox = Sandbox::patient().await;
    sandbox.registered(&refusing.url).await;
    let id = sandbox.verified("a@example.com").await;
    until(async || {
        let delivery = sandbox.kept("deliveries").await.pop()?;
        (delivery["last_status"] == 503).then_some(())
    })
    .await;

    let sandbox = sandbox
        .restart_with(
            |_| {},
            |options| {
                let clock = options.clock.clone();
                options.clock = Arc::new(move || clock() + TimeDelta::hours(2));
                options.first_retry = Duration::from_millis(100);
            },
        )
        .await;
    let receiver = Receiver::start();
    let (_, body) = sandbox.read("/webhook").await;
    let path = format!("/webhook/{}", body["data"]["id"].as_str().unwrap());
    let urls = json!({ "collection_url": format!("{}/moved", receiver.url) });
    assert_eq!(sandbox.call(Method::PUT, &path, &urls).await.0, 200);
    let callback = receiver.until(1).await[0].clone();
    assert_eq!(callback.path, "/moved");
    assert_eq!(callback.json()["customer_id"], id);
}

#[tokio::test]
async fn nobody_is_told_before_there_is_a_webhook() {
    let sandbox = Sandbox::quick().await;
    sandbox.verified("a@example.com").await;
    assert!(sandbox.kept("deliveries").await.is_empty());
    let receiver = Receiver::start();
    sandbox.registered(&receiver.url).await;
    let id = sandbox.verified("b@example.com").await;
    assert_eq!(receiver.until(1).await[0].json()["customer_id"], id);
    // A decision that changes nothing is no news.
    sandbox.decide(&id, "VERIFIED").await;
    let path = format!("deliveries?customer_id={id}");
    assert_eq!(sandbox.kept(&path).await.len(), 1);
}

#[tokio::test]
async fn a_transactions_event_can_be_replayed() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    sandbox.registered(&receiver.url).await;
    let payout = json!({
        "wallet_id": sandbox.wallet("CAD").await, "customer_id": customer, "method": "interac",
        "from_currency_id": "CAD", "to_currency_id": "CAD", "to_amount": 5, "email": "p@example.com",
        "interac_first_name": "T", "interac_last_name": "I",
    });
    let (_, body) = sandbox.call(Method::POST, "/payout", &payout).await;
    let transaction = json!({ "transaction_id": body["transaction"]["id"] });
    let first = receiver.until(1).await[0].clone();
    let (status, _) = sandbox
        .call(Method::POST, "/webhook-replay", &transaction)
        .await;
    assert_eq!(status, 200);
    assert_eq!(receiver.until(2).await[1].raw, first.raw);
    for (body, expected) in [(json!({}), 422), (json!({ "transaction_id": "x" }), 404)] {
        let (status, _) = sandbox.call(Method::POST, "/webhook-replay", &body).await;
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn every_call_wants_its_own_scope() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.access_token("customer:read").await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let calls = [
        (Method::POST, "/file/get-presigned-url".to_owned()),
        (Method::POST, format!("/customer/{id}/files")),
        (Method::POST, format!("/customer/{id}/kyc-data")),
        (Method::POST, format!("/customer/{id}/submit")),
        (
            Method::POST,
            format!("/customer/{id}/document/presigned-url"),
        ),
        (Method::POST, format!("/customer/{id}/document")),
        (Method::PUT, format!("/customer/{id}/document/x")),
        (Method::DELETE, format!("/customer/{id}/document/x")),
        (Method::GET, "/wallet".to_owned()),
        (Method::GET, "/wallet/x".to_owned()),
        (Method::POST, "/virtual-bank-account".to_owned()),
        (Method::GET, "/virtual-bank-account".to_owned()),
        (Method::GET, "/virtual-bank-account/x".to_owned()),
        (Method::POST, "/virtual-bank-account/x/close".to_owned()),
        (Method::POST, "/payout".to_owned()),
        (Method::POST, "/fees/breakdown".to_owned()),
        (Method::POST, "/transaction".to_owned()),
        (Method::GET, "/transaction/x".to_owned()),
        (Method::POST, "/webhook".to_owned()),
        (Method::GET, "/webhook".to_owned()),
        (Method::PUT, "/webhook/x".to_owned()),
        (Method::POST, "/webhook-replay".to_owned()),
    ];
    for (method, path) in calls {
        let request = || sandbox.bare(method.clone(), &format!("/api/external{path}"));
        let refused = request().bearer_auth(&token).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{method} {path}");
        assert_eq!(
            request().send().await.unwrap().status(),
            401,
            "{method} {path}"
        );
    }
}
