//! The contract, section 1: a key is answered once, and then repeated.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    swaps,
    treasurer::{SCOPES, Treasurer, Words, new_key, payer},
};
use crate::harness::{Answer, with};

const PATH: &str = "/v1/customers";
const REQUIRED: &str = "Idempotency-Key header is required for mutating API requests";

async fn post_with(caller: &Treasurer, keys: &[&str], body: &Value) -> Answer {
    let mut request = caller.request(Method::POST, PATH).json(body);
    for key in keys {
        request = request.header("Idempotency-Key", *key);
    }
    caller.send(request).await
}

#[tokio::test]
async fn the_same_key_twice_makes_one_customer() {
    let caller = Treasurer::of_new_organisation().await;
    let (key, body) = (new_key(), payer());
    let first = caller.post_as(&key, PATH, &body).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    for path in [PATH, "/api/v1/customers"] {
        let again = caller.post_as(&key, path, &body).await.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!(caller.customers("").await.1, 2);
}

#[tokio::test]
async fn another_body_repeats_the_first_answer_and_says_so() {
    let caller = Treasurer::of_new_organisation().await;
    let (key, body) = (new_key(), payer());
    let first = caller.post_as(&key, PATH, &body).await.expect(201);
    // Also a body that would not be valid.
    for other in [payer(), with(&body, &json!({"x": 1})), json!({"name": 1})] {
        let again = caller.post_as(&key, PATH, &other).await.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotent-replayed"), "mismatch");
    }
    // The same body in other words.
    let text = format!(
        "{{ \"email\" : {}, \"name\":{} }}",
        body["email"], body["name"]
    );
    let request = caller.request(Method::POST, PATH);
    let request = request.header("Idempotency-Key", &key);
    let request = request.header("Content-Type", "application/json");
    let again = caller.send(request.body(text)).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(caller.customers("").await.1, 2);
}

#[tokio::test]
async fn only_successes_are_kept() {
    let caller = Treasurer::of_new_organisation().await;
    let key = new_key();
    for _ in 0..2 {
        let refused = caller.post_as(&key, PATH, &json!({})).await;
        let refused = refused.expect_invalid(&["email", "name"]);
        assert_eq!(refused.header("idempotent-replayed"), "");
    }
    let made = caller.post_as(&key, PATH, &payer()).await.expect(201);
    assert_eq!(made.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn what_a_key_makes_after_a_refusal_is_new() {
    let caller = Treasurer::of_new_organisation().await;
    for (wrong, status) in [
        (
            json!({ "customerId": "01890a5d-ac96-774b-bcce-b302099a8057" }),
            404,
        ),
        (json!({ "to": "XYZ" }), 422),
    ] {
        let key = new_key();
        let refused = with(&swaps::order(), &wrong);
        let refused = caller.post_as(&key, "/v1/swaps", &refused).await;
        refused.expect(status);
        let between = swaps::opened(&caller, &json!({})).await;
        let made = caller.post_as(&key, "/v1/swaps", &swaps::order()).await;
        let made = made.expect(201).data();
        assert!(made["id"].as_str() > between["id"].as_str(), "{made}");
        assert!(made["createdAt"].as_str() >= between["createdAt"].as_str());
    }
}

#[tokio::test]
async fn a_path_without_an_id_names_nothing() {
    let caller = Treasurer::of_new_organisation().await;
    let (swap, route) = ("Swap not found", "Payment route not found");
    for id in ["x", &"x".repeat(3_000)] {
        for (method, path, message) in [
            (Method::POST, format!("/v1/swaps/{id}/cancel"), swap),
            (
                Method::POST,
                format!("/v1/payment-routes/{id}/pause"),
                route,
            ),
            (
                Method::POST,
                format!("/v1/payment-routes/{id}/activate"),
                route,
            ),
            (Method::DELETE, format!("/v1/payment-routes/{id}"), route),
            (
                Method::POST,
                format!("/v1/payment-routes/{id}/deposits/sync"),
                route,
            ),
        ] {
            let request = caller.request(method, &path);
            let answer = caller.send(request.header("Idempotency-Key", new_key()));
            answer.await.expect_message(404, message);
        }
    }
}

#[tokio::test]
async fn a_key_has_1_to_255_characters() {
    let caller = Treasurer::of_new_organisation().await;
    post_with(&caller, &[], &payer())
        .await
        .expect_message(400, REQUIRED);
    post_with(&caller, &[""], &payer())
        .await
        .expect_message(400, REQUIRED);
    // Before anything is known of the body.
    let request = caller.request(Method::POST, PATH).body("no JSON");
    caller.send(request).await.expect_message(400, REQUIRED);
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    post_with(&caller, &[&too_long], &json!({}))
        .await
        .expect_message(422, "Idempotency-Key must be 255 characters or fewer");
    for key in ["k", "a b", "é", "/%", &longest] {
        let first = post_with(&caller, &[key], &payer()).await.expect(201);
        let again = post_with(&caller, &[key], &payer()).await.expect(201);
        assert_eq!(first.text, again.text, "{key}");
    }
    let two = post_with(&caller, &["a", "b"], &payer()).await.expect(201);
    let one = post_with(&caller, &["a, b"], &payer()).await.expect(201);
    assert_eq!(one.text, two.text);
}

#[tokio::test]
async fn keys_of_different_tenants_and_contracts_never_meet() {
    let caller = Treasurer::of_new_organisation().await;
    let service = caller.service.clone().unwrap();
    let other = service.organisation();
    let key = new_key();
    let first = caller.post_as(&key, PATH, &payer()).await.expect(201);
    for env in ["test", "live"] {
        let stranger = Treasurer::of(&service, &other, env, &SCOPES);
        let made = stranger.post_as(&key, PATH, &payer()).await.expect(201);
        assert_ne!(made.data()["id"], first.data()["id"]);
    }
    let remittance = service.caller_of(&other, "test");
    let body = crate::harness::individual();
    remittance.create_as(&key, &body).await.expect(201);
    // A second key of the same organisation and env is the same caller.
    let twin = Treasurer::of(&service, &other, "test", &["transfers:write"]);
    let again = twin.post_as(&key, PATH, &payer()).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "mismatch");
}

#[tokio::test]
async fn of_twins_at_once_one_makes_the_customer() {
    let caller = Treasurer::of_new_organisation().await;
    let (key, body) = (new_key(), payer());
    let mut twins = JoinSet::new();
    for _ in 0..12 {
        let (caller, key, body) = (caller.clone(), key.clone(), body.clone());
        twins.spawn(async move { caller.post_as(&key, PATH, &body).await });
    }
    let answers = twins.join_all().await;
    let first = &answers[0].text;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.text == *first)
    );
    let fresh = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(fresh.count(), 1);
    assert_eq!(caller.customers("").await.1, 2);
}

/// Has the claim of another process stand for a key: one that was made for this body, so many seconds ago. Answers with the
/// id that it is for.
async fn claimed_elsewhere(caller: &Treasurer, key: &str, body: &Value, ago: f64) -> String {
    let made = caller.post_as(key, PATH, body).await.expect(201);
    let id = made.data()["id"].as_str().unwrap().to_owned();
    let client = database(caller).await;
    for unmade in [
        "DELETE FROM events WHERE customer_id = $1::text::uuid",
        "DELETE FROM customers WHERE id = $1::text::uuid",
    ] {
        assert_eq!(client.execute(unmade, &[&id]).await.unwrap(), 1);
    }
    let claimed = "UPDATE idempotency_keys
                   SET answer = NULL, answer_status = NULL, lease_token = gen_random_uuid(),
                       leased_until = now() + interval '1 hour', bound_at = now() - $2 * interval '1 second'
                   WHERE subject = $1::text::uuid";
    assert_eq!(client.execute(claimed, &[&id, &ago]).await.unwrap(), 1);
    id
}

/// Has the claim for this id expire.
async fn expire(caller: &Treasurer, id: &str) {
    let expire = "UPDATE idempotency_keys SET leased_until = now() WHERE subject = $1::text::uuid";
    let expired = database(caller).await.execute(expire, &[&id]).await;
    assert_eq!(expired.unwrap(), 1);
}

async fn database(caller: &Treasurer) -> tokio_postgres::Client {
    let service = caller.service.as_ref().unwrap();
    service.home.database().client().await
}

#[tokio::test]
async fn a_claim_that_nobody_ends_is_told_after_a_fair_wait_and_taken_over() {
    let caller = Treasurer::of_new_organisation().await;
    let (key, body) = (new_key(), payer());
    let id = claimed_elsewhere(&caller, &key, &body, 0.0).await;
    let message = "A request with this Idempotency-Key is still in progress";
    let invalid = json!({});
    let (one, other) = tokio::join!(
        caller.post_as(&key, PATH, &body),
        caller.post_as(&key, PATH, &invalid),
    );
    one.expect_message(409, message);
    other.expect_message(409, message);
    expire(&caller, &id).await;
    let made = caller.post_as(&key, PATH, &body).await.expect(201);
    assert_eq!(made.data()["id"], id);
    assert_eq!(caller.customers("").await.1, 2);
}

#[tokio::test]
async fn what_is_made_after_a_claim_that_nobody_ended_is_not_born_old() {
    let caller = Treasurer::of_new_organisation().await;
    let body = payer();
    for (ago, other) in [(600.0, body.clone()), (0.0, payer())] {
        let key = new_key();
        let id = claimed_elsewhere(&caller, &key, &body, ago).await;
        expire(&caller, &id).await;
        let between = caller.post(PATH, &payer()).await.expect(201).data();
        let made = caller.post_as(&key, PATH, &other).await.expect(201).data();
        assert!(made["id"].as_str() > between["id"].as_str(), "{made}");
        assert_eq!(made["name"], other["name"]);
    }
}
