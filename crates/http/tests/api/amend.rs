//! `PATCH /v1/customers/{id}`

use actix_web::http::Method;
use serde_json::json;
use vouch_domain::{customer::Status, idempotency::Fingerprint};

use crate::support::{CUSTOMER, World, digests, json_request};

#[actix_web::test]
async fn contact_data_changes() {
    let world = World::new();
    let answer = world
        .patch(&json!({ "city": "Toronto", "phone": null }))
        .await;
    assert_eq!((answer.status, answer.header("ETag")), (200, Some("\"4\"")));
    assert_eq!(answer.json()["id"], CUSTOMER);
    assert_eq!(answer.header("Idempotent-Replayed"), None);
    let contact = world.ports.customer.lock().unwrap().contact.clone();
    assert_eq!(contact.city.unwrap().expose(), "Toronto");
    assert_eq!(contact.phone, None);
}

#[actix_web::test]
async fn nothing_to_change_changes_nothing() {
    let answer = World::new().patch(&json!({})).await;
    assert_eq!((answer.status, answer.header("ETag")), (200, Some("\"3\"")));
}

#[actix_web::test]
async fn the_identity_stays() {
    let world = World::new();
    let answer = world
        .patch(&json!({ "tin": "1", "phone": "1", "first_name": 1, "x": 1 }))
        .await;
    answer.expect_error(400, "invalid_field", Some("first_name"));
    let detail = &answer.json()["error"]["detail"];
    assert_eq!(detail["reason"], "immutable");
    assert_eq!(detail["errors"].as_array().unwrap().len(), 4);
    let answer = world.patch(&json!({ "phone": "1" })).await;
    answer.expect_error(400, "invalid_field", Some("phone"));
    assert_eq!(answer.json()["error"]["detail"].get("reason"), None);
}

#[actix_web::test]
async fn a_closed_customer_stays_as_it_is() {
    let world = World::new();
    world.ports.customer.lock().unwrap().summary.status = Status::Closed;
    let answer = world.patch(&json!({ "city": "Toronto" })).await;
    answer.expect_error(409, "invalid_state", None);
    assert_eq!(
        answer.json()["error"]["detail"],
        json!({ "reason": "closed" })
    );
}

#[actix_web::test]
async fn an_unknown_customer_is_not_found() {
    let world = World::new();
    for id in [
        "nobody",
        "ckcust_x",
        "%FF",
        "%2E",
        "ckcust_01h455vb4pex5vsknk084sn02r",
    ] {
        let uri = format!("/v1/customers/{id}");
        let request = json_request(Method::PATCH, &uri, &json!({}));
        world
            .call(request)
            .await
            .expect_error(404, "customer_not_found", None);
    }
}

#[actix_web::test]
async fn the_version_that_the_caller_has_seen_must_stand() {
    for (if_match, expected) in [
        ("*", 200),
        ("\"3\"", 200),
        ("\"1\", \"3\"", 200),
        (" \"1\" ,, \"3\" ", 200),
        ("\"a,b\",\"3\"", 200),
        ("\"2\"", 409),
        ("\"1\", \"2\"", 409),
        ("W/\"3\"", 409),
        ("W/\"3\", \"2\"", 409),
        ("\"03\"", 409),
        ("\"+3\"", 409),
        ("\"x\"", 409),
        ("3", 409),
        ("\"3", 409),
        ("\"3\" \"4\"", 409),
        ("\"3\", *", 409),
        ("é", 409),
        ("", 409),
    ] {
        let uri = format!("/v1/customers/{CUSTOMER}");
        let request = json_request(Method::PATCH, &uri, &json!({ "city": "Toronto" }))
            .insert_header(("If-Match", if_match));
        let answer = World::new().call(request).await;
        assert_eq!(answer.status, expected, "{if_match}");
        if expected == 409 {
            answer.expect_error(409, "version_conflict", None);
        }
    }
}

#[actix_web::test]
async fn several_lines_of_if_match_are_one_list() {
    let uri = format!("/v1/customers/{CUSTOMER}");
    let request = json_request(Method::PATCH, &uri, &json!({}))
        .append_header(("If-Match", "\"1\""))
        .append_header(("If-Match", "\"3\""));
    assert_eq!(World::new().call(request).await.status, 200);
}

#[actix_web::test]
async fn a_replay_is_said_to_be_one() {
    let world = World::new();
    let bind = |fingerprint| *world.ports.bound.lock().unwrap() = Some(fingerprint);
    bind(digests().fingerprint(br#"{"city":"Toronto"}"#));
    let answer = world.patch(&json!({ "city": "Toronto" })).await;
    assert_eq!((answer.status, answer.header("ETag")), (200, Some("\"3\"")));
    assert_eq!(answer.header("Idempotent-Replayed"), Some("true"));
    bind(Fingerprint([0; 32]));
    let answer = world.patch(&json!({ "city": "Toronto" })).await;
    answer.expect_error(409, "idempotency_conflict", None);
}
