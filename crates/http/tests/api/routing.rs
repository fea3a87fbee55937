//! Which paths and methods exist, and in which order a request is judged.

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;
use vouch_domain::{access::Network, ports::StoreError};

use crate::support::{CUSTOMER, World, create_body, json_request};

#[actix_web::test]
async fn both_bases_answer_alike() {
    let world = World::new();
    for base in ["/v1", "/api/v1"] {
        for path in [
            "/customers",
            "/events?customer_id=x",
            &format!("/customers/{CUSTOMER}"),
        ] {
            assert_eq!(
                world.get(&format!("{base}{path}")).await.status,
                200,
                "{base}{path}"
            );
        }
    }
}

#[actix_web::test]
async fn unknown_paths_are_unknown_to_everybody() {
    let world = World::new();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/customers",
        "/v1/Customers",
        "/v1/customers/",
        "/v1//customers",
        "/v1/customers/a/b",
        "/v1/swapsies",
        "/customers",
    ] {
        let answer = world.send(TestRequest::post().uri(path)).await;
        answer.expect_error(404, "route_not_found", None);
        world
            .get(path)
            .await
            .expect_error(404, "route_not_found", None);
    }
    // These are the other contract's, but not for a key of this one.
    for path in [
        "/v1/swaps",
        "/v1/payment-routes",
        "/v1/transactions/1",
        "/v1/rates",
        "/v1/sandbox/x",
    ] {
        world
            .get(path)
            .await
            .expect_error(404, "route_not_found", None);
    }
}

#[actix_web::test]
async fn other_methods_are_named_those_that_exist() {
    let world = World::new();
    let one = format!("/v1/customers/{CUSTOMER}");
    for (method, path, allowed) in [
        ("DELETE", "/v1/customers", "GET, HEAD, POST"),
        ("PATCH", "/api/v1/customers", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/customers", "GET, HEAD, POST"),
        ("POST", &one, "GET, HEAD, PATCH"),
        ("PUT", &one, "GET, HEAD, PATCH"),
        ("BREW", "/v1/events", "GET, HEAD"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = world
            .call(TestRequest::default().method(method).uri(path))
            .await;
        answer.expect_error(405, "method_not_allowed", None);
        assert_eq!(answer.header("Allow"), Some(allowed));
    }
    for path in [
        "/livez",
        "/readyz",
        "/docs",
        "/docs/",
        "/openapi/remittance.json",
    ] {
        let answer = world.send(TestRequest::post().uri(path)).await;
        answer.expect_error(405, "method_not_allowed", None);
        assert_eq!(answer.header("Allow"), Some("GET, HEAD"));
    }
}

/// Starts with everything wrong and mends one thing after the other.
#[actix_web::test]
async fn checks_come_in_the_order_of_the_contract() {
    let world = World::new();
    let nowhere = Network::parse("192.0.2.1").unwrap();
    world.ports.set_principal(|principal| {
        principal.key.allowed_networks = vec![nowhere];
        principal.standing.suspended = true;
        principal.standing.remittances_enabled = false;
    });
    let bad = || TestRequest::delete().insert_header(("Content-Type", "text/plain"));
    let request = bad().uri("/v1/unknown");
    world
        .send(request)
        .await
        .expect_error(404, "route_not_found", None);
    let request = bad().uri("/v1/customers");
    world
        .send(request)
        .await
        .expect_error(401, "missing_api_key", None);
    let request = bad().uri("/v1/customers");
    world
        .call(request)
        .await
        .expect_error(403, "ip_not_allowed", None);
    world
        .ports
        .set_principal(|principal| principal.key.allowed_networks.clear());
    let request = bad().uri("/v1/customers");
    world
        .call(request)
        .await
        .expect_error(403, "merchant_suspended", None);
    world
        .ports
        .set_principal(|principal| principal.standing.suspended = false);
    let request = bad().uri("/v1/customers");
    world
        .call(request)
        .await
        .expect_error(403, "remittances_not_enabled", None);
    world
        .ports
        .set_principal(|principal| principal.standing.remittances_enabled = true);
    let request = bad().uri("/v1/customers");
    world
        .call(request)
        .await
        .expect_error(405, "method_not_allowed", None);

    let post = |content_type, body: String| {
        TestRequest::post()
            .uri("/v1/customers")
            .insert_header(("Content-Type", content_type))
            .set_payload(body)
    };
    let request = post("text/plain", "x".repeat(70_000));
    world
        .call(request)
        .await
        .expect_error(415, "unsupported_media_type", None);
    let request = post("application/json", "x".repeat(70_000));
    world
        .call(request)
        .await
        .expect_error(413, "body_too_large", None);
    let request = post("application/json", "x".to_owned());
    world
        .call(request)
        .await
        .expect_error(400, "invalid_json", None);
    let request = post("application/json", "{}".to_owned());
    world
        .call(request)
        .await
        .expect_error(400, "idempotency_key_required", None);
    let request = json_request(Method::POST, "/v1/customers", &json!({}));
    world
        .call(request)
        .await
        .expect_error(400, "missing_field", Some("type"));
    assert_eq!(world.create(&create_body()).await.status, 201);
}

#[actix_web::test]
async fn faults_of_ours_say_nothing_about_themselves() {
    let world = World::new();
    for (failure, status, code) in [
        (None, 500, "internal_error"),
        (
            Some(StoreError::Defect("secret".to_owned())),
            500,
            "internal_error",
        ),
        (
            Some(StoreError::Unavailable("secret".to_owned())),
            503,
            "unavailable",
        ),
    ] {
        *world.ports.find_failure.lock().unwrap() = Some(failure);
        let answer = world.get(&format!("/v1/customers/{CUSTOMER}")).await;
        answer.expect_error(status, code, None);
        assert!(!answer.text().contains("secret"));
        assert!(!answer.text().contains("panic"));
        assert_eq!(answer.header("Retry-After").is_some(), status == 503);
    }
}

#[actix_web::test]
async fn requests_keep_their_callers_name() {
    let world = World::new();
    let longest = "x".repeat(128);
    for name in ["a", "~!req-1", &longest] {
        let request = TestRequest::get()
            .uri("/livez")
            .insert_header(("X-Request-Id", name));
        assert_eq!(world.send(request).await.header("X-Request-Id"), Some(name));
    }
    let too_long = "x".repeat(129);
    let mut ours = Vec::new();
    for name in ["", "a b", "é", &too_long] {
        let request = TestRequest::get()
            .uri("/nowhere")
            .insert_header(("X-Request-Id", name));
        let answer = world.send(request).await;
        ours.push(answer.header("X-Request-Id").unwrap().to_owned());
    }
    assert!(ours.iter().all(|id| id.len() == 36));
    ours.dedup();
    assert_eq!(ours.len(), 4);
}
