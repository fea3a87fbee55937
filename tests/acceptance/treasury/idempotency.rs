//! The contract, section 1: a key is answered once, and then repeated.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::treasurer::{SCOPES, Treasurer, Words, new_key, payer};
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

#[tokio::test]
async fn a_claim_that_nobody_ends_is_told_after_a_fair_wait_and_taken_over() {
    let caller = Treasurer::of_new_organisation().await;
    let service = caller.service.clone().unwrap();
    let client = service.home.database().client().await;
    let key = new_key();
    let subject = "01890a5d-ac96-774b-bcce-b302099a8057";
    let claim = "INSERT INTO idempotency_keys (organisation_id, env, contract, scope, key, fingerprint, subject,
                                               lease_token, leased_until)
                 SELECT organisation_id, 'test', 'treasury', 'POST /customers', $1, repeat('x', 32)::bytea, $2::text::uuid,
                        gen_random_uuid(), now() + interval '1 hour'
                 FROM api_keys WHERE contract = 'treasury' AND last_four = $3 AND prefix = $4";
    let prefix = &caller.key[..17];
    let last_four = &caller.key[37..];
    let claimed = client
        .execute(claim, &[&key, &subject, &last_four, &prefix])
        .await
        .unwrap();
    assert_eq!(claimed, 1);
    let message = "A request with this Idempotency-Key is still in progress";
    let (valid, invalid) = (payer(), json!({}));
    let (one, other) = tokio::join!(
        caller.post_as(&key, PATH, &valid),
        caller.post_as(&key, PATH, &invalid),
    );
    one.expect_message(409, message);
    other.expect_message(409, message);
    let expire = "UPDATE idempotency_keys SET leased_until = now() WHERE key = $1";
    client.execute(expire, &[&key]).await.unwrap();
    let made = caller.post_as(&key, PATH, &payer()).await.expect(201);
    assert_eq!(made.data()["id"], subject);
    assert_eq!(made.data()["createdAt"], "2023-06-30T03:34:18.518Z");
}
