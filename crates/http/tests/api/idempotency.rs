//! The `Idempotency-Key` header, and what counts as the same body.

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;
use vouch_domain::{
    customer::CustomerHandle,
    idempotency::{KeyClaim, Operation},
};

use crate::support::{Answer, CUSTOMER, World, create_body, json_request};

fn request(method: Method, uri: &str, body: &str, keys: &[&str]) -> TestRequest {
    let request = TestRequest::default()
        .method(method)
        .uri(uri)
        .insert_header(("Content-Type", "application/json"))
        .set_payload(body.to_owned());
    keys.iter().fold(request, |request, key| {
        request.append_header(("Idempotency-Key", *key))
    })
}

async fn create_with(keys: &[&str]) -> Answer {
    let body = create_body().to_string();
    let request = request(Method::POST, "/v1/customers", &body, keys);
    World::new().call(request).await
}

#[actix_web::test]
async fn creating_needs_a_key() {
    for keys in [&[][..], &[""]] {
        create_with(keys)
            .await
            .expect_error(400, "idempotency_key_required", None);
    }
    assert_eq!(create_with(&[&"k".repeat(200)]).await.status, 201);
}

#[actix_web::test]
async fn malformed_keys_are_refused() {
    let too_long = "k".repeat(201);
    for keys in [&["a b"][..], &["é"], &[&too_long], &["a", "b"], &["a", "a"]] {
        let answer = create_with(keys).await;
        answer.expect_error(400, "invalid_field", Some("Idempotency-Key"));
    }
    let uri = format!("/v1/customers/{CUSTOMER}");
    let answer = |keys: &'static [&'static str]| {
        let request = request(Method::PATCH, &uri, "{}", keys);
        async { World::new().call(request).await }
    };
    answer(&["a b"])
        .await
        .expect_error(400, "invalid_field", Some("Idempotency-Key"));
    // An empty one is the same mistake on every route.
    answer(&[""])
        .await
        .expect_error(400, "idempotency_key_required", None);
}

#[actix_web::test]
async fn amending_may_have_a_key() {
    let world = World::new();
    let uri = format!("/v1/customers/{CUSTOMER}");
    let answer = world.call(request(Method::PATCH, &uri, "{}", &[])).await;
    assert_eq!(answer.status, 200);
    assert!(claims(&world).is_empty());
    let answer = world.call(request(Method::PATCH, &uri, "{}", &["k"])).await;
    assert_eq!(answer.status, 200);
    let claims = claims(&world);
    let handle = CustomerHandle::parse(CUSTOMER).unwrap();
    assert_eq!(claims[0].operation, Operation::AmendCustomer(handle));
    assert_eq!(claims[0].key.expose(), "k");
}

#[actix_web::test]
async fn one_body_has_one_fingerprint_however_it_is_written() {
    let world = World::new();
    for (body, same) in [
        (r#"{"a":"x","b":[1,{"c":1.0,"d":2}]}"#, true),
        (
            " { \"b\" : [ 1 , { \"d\":2, \"c\":1.0 } ] ,\n \"a\" : \"\\u0078\" } ",
            true,
        ),
        (r#"{"a":"x","b":[1,{"c":1,"d":2}]}"#, false),
        (r#"{"a":"x","b":[1,{"c":1.00,"d":2}]}"#, false),
        (r#"{"a":"x ","b":[1,{"c":1.0,"d":2}]}"#, false),
        (r#"{"a":"x","b":[{"c":1.0,"d":2},1]}"#, false),
        (r#"{"a":"x","b":[1,{"c":1.0,"d":2}],"c":null}"#, false),
    ] {
        world
            .call(request(Method::POST, "/v1/customers", body, &["k"]))
            .await;
        let claims = claims(&world);
        let is_same = claims[0].fingerprint == claims[claims.len() - 1].fingerprint;
        assert_eq!(is_same, same, "{body}");
    }
    assert_eq!(claims(&world).len(), 7);
}

#[actix_web::test]
async fn both_bases_claim_the_same_key() {
    let world = World::new();
    for base in ["/v1", "/api/v1"] {
        let uri = format!("{base}/customers");
        world
            .call(json_request(Method::POST, &uri, &json!({ "a": 1 })))
            .await;
    }
    let claims = claims(&world);
    assert_eq!(claims[0], claims[1]);
    assert_eq!(claims[0].operation, Operation::CreateCustomer);
}

fn claims(world: &World) -> Vec<KeyClaim> {
    world.ports.claims.lock().unwrap().clone()
}
