//! `PUT /api/external/customer/{id}`

use serde_json::{Value, json};
use vouch_sandbox_rail::Duplicates;

use crate::harness::{Sandbox, StoppedClock, business, individual, with};

/// Refuses with this status, and stores nothing.
async fn refused(sandbox: &Sandbox, id: &str, change: Value, expected: u16) -> Value {
    let before = sandbox.stored().await;
    let (status, answer) = sandbox.put(id, &change).await;
    assert_eq!(status, expected, "{change} {answer}");
    assert_eq!(sandbox.stored().await, before);
    answer
}

#[tokio::test]
async fn what_is_sent_is_changed_and_the_rest_stays() {
    let clock = StoppedClock::default();
    let sandbox = Sandbox::with(|options| clock.install(options)).await;
    let id = sandbox
        .created(&with(
            individual("a@example.com"),
            json!({ "phone": "1", "city": "Lagos" }),
        ))
        .await;
    clock.advance(1);
    let (status, body) = sandbox
        .put(&id, &json!({ "street": "2 Way", "city": null }))
        .await;
    assert_eq!(
        (status, body["message"].as_str()),
        (200, Some("Customer updated successfully."))
    );
    assert_eq!(body["data"]["phone"], "1");
    assert_eq!(body["data"]["kyc_data"]["street"], "2 Way");
    assert_eq!(body["data"]["kyc_data"]["city"], Value::Null);
    assert_eq!(body["data"]["created_at"], "2024-01-15T10:30:00.000000Z");
    assert_eq!(body["data"]["updated_at"], "2024-01-15T10:30:01.000000Z");
    assert_eq!(sandbox.get(&format!("/{id}")).await.1["data"], body["data"]);
}

#[tokio::test]
async fn an_empty_change_is_fine() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    assert_eq!(sandbox.put(&id, &json!({})).await.0, 200);
}

#[tokio::test]
async fn status_and_comments_are_dropped_silently() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let change = json!({ "status": "VERIFIED", "verification_status": "VERIFIED", "admin_comments": ["x"], "id": "x" });
    let (status, body) = sandbox.put(&id, &change).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"]["verification_status"], "PENDING");
    assert_eq!(body["data"]["id"], id);
}

#[tokio::test]
async fn values_are_checked_as_on_create() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    for (change, field) in [
        (json!({ "email": "x" }), "email"),
        (json!({ "email": null }), "email"),
        (json!({ "dob": "tomorrow" }), "dob"),
        (json!({ "type": "business" }), "type"),
        (json!({ "kyb_scope": "FULL" }), "kyb_scope"),
        (json!({ "website": "x" }), "website"),
    ] {
        let answer = refused(&sandbox, &id, change, 422).await;
        assert!(answer["errors"][field][0].is_string(), "{answer}");
    }
    assert_eq!(
        sandbox.put(&id, &json!({ "type": "individual" })).await.0,
        200
    );
}

#[tokio::test]
async fn a_business_has_rules_of_its_own() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&business("1")).await;
    sandbox.created(&business("2")).await;
    refused(&sandbox, &id, json!({ "kyb_scope": "FULL" }), 422).await;
    refused(
        &sandbox,
        &id,
        json!({ "id_type": "passport", "id_number": "1" }),
        422,
    )
    .await;
    refused(&sandbox, &id, json!({ "country": "GB" }), 422).await;
    refused(&sandbox, &id, json!({ "incorporation_country": "GB" }), 422).await;
    refused(
        &sandbox,
        &id,
        json!({ "country": "US", "incorporation_country": "GB" }),
        422,
    )
    .await;
    refused(&sandbox, &id, json!({ "registration_number": "2" }), 422).await;
    assert_eq!(
        sandbox
            .put(
                &id,
                &json!({ "country": "US", "incorporation_country": "US" })
            )
            .await
            .0,
        200
    );
    assert_eq!(
        sandbox
            .put(&id, &json!({ "registration_number": "2" }))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn duplicates_are_refused_on_update_when_they_are_on_create() {
    let sandbox = Sandbox::with(|options| options.individual_duplicates = Duplicates::Refuse).await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.created(&individual("b@example.com")).await;
    refused(&sandbox, &id, json!({ "email": "b@example.com" }), 422).await;
    assert_eq!(
        sandbox
            .put(&id, &json!({ "email": "a@example.com" }))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn processing_locks_every_field() {
    let sandbox = Sandbox::start().await;
    for body in [individual("a@example.com"), business("1")] {
        let id = sandbox.created(&body).await;
        sandbox.decide(&id, "PROCESSING").await;
        refused(&sandbox, &id, json!({ "phone": "1" }), 400).await;
    }
}

#[tokio::test]
async fn verified_individuals_take_only_what_is_missing() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.decide(&id, "VERIFIED").await;
    refused(&sandbox, &id, json!({ "email": "b@example.com" }), 400).await;
    refused(
        &sandbox,
        &id,
        json!({ "phone": "1", "email": "b@example.com" }),
        400,
    )
    .await;
    assert_eq!(sandbox.put(&id, &json!({ "phone": "1" })).await.0, 200);
    refused(&sandbox, &id, json!({ "phone": "2" }), 400).await;
}

#[tokio::test]
async fn verified_businesses_are_locked() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&business("1")).await;
    sandbox.decide(&id, "VERIFIED").await;
    refused(&sandbox, &id, json!({ "phone": "1" }), 400).await;
}

#[tokio::test]
async fn rejected_customers_can_be_corrected() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.decide(&id, "REJECTED").await;
    assert_eq!(
        sandbox.put(&id, &json!({ "first_name": "Ida" })).await.0,
        200
    );
}
