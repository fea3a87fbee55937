//! `POST /rail/webhooks/{env}`

use std::time::Duration;

use actix_web::test::TestRequest;
use vouch_domain::{
    ports::{CallbackInbox, StoreError},
    tenant::Env,
};

use crate::support::World;

const BODY: &str = r#"{"event_type":"customer.status_changed"}"#;

/// What the fake rail would sign so.
fn signed(env: &str, body: &str) -> TestRequest {
    TestRequest::post()
        .uri(&format!("/rail/webhooks/{env}"))
        .insert_header(("x-blaaiz-timestamp", "1768471200"))
        .insert_header(("x-blaaiz-signature", format!("1768471200.{}", body.len())))
        .set_payload(body.to_owned())
}

/// The bodies that are kept.
async fn kept(world: &World) -> Vec<Vec<u8>> {
    let taken = world
        .treasury
        .take_due_callbacks(Env::Test, Duration::ZERO, 100)
        .await;
    let taken = taken.unwrap();
    taken.into_iter().map(|callback| callback.body).collect()
}

#[actix_web::test]
async fn a_signed_callback_is_kept_as_it_came() {
    let world = World::new();
    for _ in 0..2 {
        let answer = world.send(signed("test", BODY)).await;
        assert_eq!((answer.status, answer.text()), (204, ""));
    }
    assert_eq!(kept(&world).await, [BODY.as_bytes()]);
}

#[actix_web::test]
async fn what_nobody_signed_is_refused_and_not_kept() {
    let world = World::new();
    let twice = signed("test", BODY).append_header(("x-blaaiz-signature", "another"));
    for request in [
        TestRequest::post().uri("/rail/webhooks/test"),
        signed("test", BODY).set_payload("{}"),
        signed("test", BODY).insert_header(("x-blaaiz-signature", "")),
        twice,
    ] {
        let answer = world.send(request).await;
        answer.expect_error(401, "invalid_signature", None);
    }
    assert!(kept(&world).await.is_empty());
}

#[actix_web::test]
async fn other_requests_lead_nowhere() {
    let world = World::new();
    let answer = world.send(signed("prod", BODY)).await;
    answer.expect_error(404, "route_not_found", None);
    let get = TestRequest::get().uri("/rail/webhooks/test");
    let answer = world.send(get).await;
    answer.expect_error(405, "method_not_allowed", None);
    assert_eq!(answer.header("Allow"), Some("POST"));
    let large = "x".repeat(64 * 1024 + 1);
    let answer = world.send(signed("test", &large)).await;
    answer.expect_error(413, "body_too_large", None);
    // Nobody knows the secret of the live rail.
    let answer = world.send(signed("live", BODY)).await;
    answer.expect_error(503, "unavailable", None);
    assert_eq!(answer.header("Retry-After"), Some("60"));
    assert!(kept(&world).await.is_empty());
}

#[actix_web::test]
async fn what_could_not_be_kept_is_not_taken() {
    let world = World::new();
    let failure = StoreError::Unavailable("08006".to_owned());
    world.treasury.fail_with(Some(failure));
    let answer = world.send(signed("test", BODY)).await;
    answer.expect_error(503, "unavailable", None);
}
