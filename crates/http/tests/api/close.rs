//! `POST /v1/customers/{id}/close`

use actix_web::test::TestRequest;
use serde_json::json;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    idempotency::{Fingerprint, Operation},
};

use crate::support::{Answer, CUSTOMER, World};

fn closing() -> TestRequest {
    TestRequest::post().uri(&format!("/v1/customers/{CUSTOMER}/close"))
}

#[track_caller]
fn assert_closed(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["id"], CUSTOMER);
    assert_eq!(answer.json()["status"], "closed");
}

#[actix_web::test]
async fn a_customer_is_closed_and_stays_so() {
    let world = World::new();
    let first = world.call(closing()).await;
    assert_closed(&first);
    assert_eq!(first.header("ETag"), Some(r#""4""#));
    let second = world.call(closing()).await;
    assert_closed(&second);
    assert_eq!(second.header("ETag"), Some(r#""4""#));
    assert_eq!(second.header("Idempotent-Replayed"), None);
}

#[actix_web::test]
async fn the_reference_names_the_customer_as_well() {
    let world = World::new();
    let uri = "/v1/customers/a%2Fb%252F%2B%C3%A9%20c/close";
    let answer = world.call(TestRequest::post().uri(uri)).await;
    assert_closed(&answer);
}

#[actix_web::test]
async fn an_empty_object_does_for_a_body_and_a_field_does_not() {
    let world = World::new();
    assert_closed(&world.call(closing().set_json(json!({}))).await);
    let world = World::new();
    let answer = world.call(closing().set_json(json!({"reason": "x"}))).await;
    answer.expect_error(400, "invalid_field", Some("reason"));
    let status = world.ports.customer.lock().unwrap().summary.status;
    assert_eq!(status, Status::Pending);
}

#[actix_web::test]
async fn a_key_is_honoured() {
    let world = World::new();
    let keyed = || closing().insert_header(("Idempotency-Key", "key-1"));
    assert_closed(&world.call(keyed()).await);
    let claim = world.ports.claims.lock().unwrap()[0].clone();
    let handle = CustomerHandle::parse(CUSTOMER).unwrap();
    assert_eq!(claim.operation, Operation::CloseCustomer(handle));
    *world.ports.bound.lock().unwrap() = Some(claim.fingerprint);
    let replay = world.call(keyed()).await;
    assert_closed(&replay);
    assert_eq!(replay.header("Idempotent-Replayed"), Some("true"));
    *world.ports.bound.lock().unwrap() = Some(Fingerprint([9; 32]));
    let conflict = world.call(keyed()).await;
    conflict.expect_error(409, "idempotency_conflict", None);
    let odd = closing().insert_header(("Idempotency-Key", "a b"));
    let answer = world.call(odd).await;
    answer.expect_error(400, "invalid_field", Some("Idempotency-Key"));
}

#[actix_web::test]
async fn a_stranger_is_not_found() {
    let world = World::new();
    for name in ["nobody", "ckcust_x"] {
        let uri = format!("/v1/customers/{name}/close");
        let answer = world.call(TestRequest::post().uri(&uri)).await;
        answer.expect_error(404, "customer_not_found", None);
    }
    let uri = format!("/v1/customers/{CUSTOMER}/close");
    let answer = world.get(&uri).await;
    answer.expect_error(405, "method_not_allowed", None);
    assert_eq!(answer.header("Allow"), Some("POST"));
}
