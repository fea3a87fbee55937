//! `POST /v1/customers`

use std::time::Duration;

use serde_json::{Value, json};
use vouch_domain::{
    customer::IdentityField,
    ports::{RailFailure, RailField, Standing, StoreError},
};

use crate::support::{Answer, CUSTOMER, World, create_body, summary};

#[actix_web::test]
async fn a_new_customer_is_answered_with_its_seven_fields() {
    let world = World::new();
    let answer = world.create(&create_body()).await;
    assert_eq!(answer.status, 201);
    let customer = answer.json();
    let id = customer["id"].as_str().unwrap();
    let expected = format!(
        r#"{{"object":"customer","id":"{id}","customer_reference":"pouch-user-12345","interac_email":"user@pouch.app","status":"pending","env":"test","created_at":"2026-01-15T10:00:00Z"}}"#
    );
    assert_eq!(answer.text(), expected);
    assert_eq!(
        answer.header("Location"),
        Some(&*format!("/v1/customers/{id}"))
    );
    assert_eq!(answer.header("ETag"), Some("\"1\""));
    assert_eq!(answer.header("Idempotent-Replayed"), None);
}

#[actix_web::test]
async fn a_customer_that_exists_is_answered_with_200() {
    for by_key in [true, false] {
        let world = World::new();
        world.ports.stands(Standing::Exists {
            customer: summary(),
            by_key,
            answered: true,
        });
        let answer = world.create(&create_body()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["id"], CUSTOMER);
        assert_eq!(answer.header("ETag"), Some("\"3\""));
        assert_eq!(answer.header("Location"), None);
        assert_eq!(
            answer.header("Idempotent-Replayed"),
            by_key.then_some("true")
        );
    }
}

#[actix_web::test]
async fn an_absent_interac_email_is_null() {
    let mut body = create_body();
    body["interac_email"] = Value::Null;
    let answer = World::new().create(&body).await;
    assert_eq!(answer.status, 201);
    assert!(answer.json().as_object().unwrap()["interac_email"].is_null());
}

#[actix_web::test]
async fn all_invalid_fields_are_reported_at_once_in_the_order_of_the_form() {
    let mut body = create_body();
    body["zebra"] = json!(1);
    body["apple"] = json!("x");
    body["tin"] = json!(123_456_789);
    body["first_name"] = json!(" ");
    body["phone"] = json!("416");
    let answer = World::new().create(&body).await;
    answer.expect_error(400, "missing_field", Some("first_name"));
    let error = &answer.json()["error"];
    assert_eq!(error["message"], "`first_name` is required.");
    let found: Vec<_> = error["detail"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["field"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("first_name", "missing_field"),
        ("tin", "invalid_field"),
        ("phone", "invalid_field"),
        ("apple", "invalid_field"),
        ("zebra", "invalid_field"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        error["detail"]["errors"][1]["message"],
        "`tin` must be a string."
    );
}

#[actix_web::test]
async fn another_country_stands_alone() {
    let answer = World::new()
        .create(&json!({ "country": "UK", "tin": 1 }))
        .await;
    answer.expect_error(400, "country_not_supported", Some("country"));
    let error = &answer.json()["error"];
    assert_eq!(error["detail"]["errors"].as_array().unwrap().len(), 1);
    assert_eq!(error["message"], "`country` must be one of NG, CA, GB, US.");
}

#[actix_web::test]
async fn a_key_that_is_bound_saves_an_invalid_body() {
    let world = World::new();
    *world.ports.key_standing.lock().unwrap() = Some(Standing::Exists {
        customer: summary(),
        by_key: true,
        answered: true,
    });
    let answer = world.create(&json!({})).await;
    assert_eq!(
        (answer.status, answer.header("Idempotent-Replayed")),
        (200, Some("true"))
    );
    *world.ports.key_standing.lock().unwrap() = Some(Standing::KeyConflict);
    world
        .create(&json!({}))
        .await
        .expect_error(409, "idempotency_conflict", None);
}

#[actix_web::test]
async fn conflicts_say_what_is_taken() {
    let conflict = async |standing| -> Answer {
        let world = World::new();
        world.ports.stands(standing);
        world.create(&create_body()).await
    };
    conflict(Standing::KeyConflict)
        .await
        .expect_error(409, "idempotency_conflict", None);
    let answer = conflict(Standing::InteracEmailTaken).await;
    answer.expect_error(409, "interac_email_taken", None);
    for (customer, detail) in [
        (
            Some(summary().id),
            json!({ "customer_id": CUSTOMER, "differing_fields": ["last_name", "tin"] }),
        ),
        (None, json!({ "differing_fields": ["last_name", "tin"] })),
    ] {
        let answer = conflict(Standing::ReferenceTaken {
            customer,
            differing: vec![IdentityField::LastName, IdentityField::Tin],
        })
        .await;
        answer.expect_error(409, "customer_already_exists", None);
        assert_eq!(answer.json()["error"]["detail"], detail);
    }
}

#[actix_web::test]
async fn the_rails_refusal_is_worded_by_us() {
    let world = World::new();
    let refuse = |fields| *world.ports.rail.lock().unwrap() = Some(RailFailure::Refused { fields });
    refuse(vec![RailField("id_number"), RailField("dob")]);
    let answer = world.create(&create_body()).await;
    answer.expect_error(422, "validation_failed", Some("id_number"));
    assert_eq!(
        answer.json()["error"]["detail"]["errors"][1],
        json!({
            "field": "dob",
            "code": "invalid_field",
            "message": "`dob` was not accepted by the provider that verifies customers.",
        })
    );
    refuse(Vec::new());
    let answer = world.create(&create_body()).await;
    answer.expect_error(422, "validation_failed", None);
    assert_eq!(answer.json()["error"].get("detail"), None);
}

#[actix_web::test]
async fn an_unresolved_rail_says_when_to_come_back() {
    let world = World::new();
    for (retry_after, expected) in [
        (Some(Duration::from_millis(1)), "1"),
        (Some(Duration::ZERO), "1"),
        (Some(Duration::from_millis(1_500)), "2"),
        (Some(Duration::from_secs(60)), "60"),
        (None, "2"),
    ] {
        *world.ports.rail.lock().unwrap() = Some(RailFailure::Unavailable {
            cause: "secret".to_owned(),
            retry_after,
        });
        let answer = world.create(&create_body()).await;
        answer.expect_error(502, "provider_error", None);
        assert_eq!(answer.header("Retry-After"), Some(expected));
        assert!(!answer.text().contains("secret"));
    }
}

#[actix_web::test]
async fn without_a_rail_nothing_is_made() {
    let mut world = World::new();
    world.has_rail = false;
    let answer = world.create(&create_body()).await;
    answer.expect_error(503, "unavailable", None);
    assert!(answer.headers.contains_key("Retry-After"));
}

#[actix_web::test]
async fn a_failing_store_is_a_fault_of_ours() {
    let world = World::new();
    for (failure, status, code) in [
        (
            StoreError::Unavailable("08006".to_owned()),
            503,
            "unavailable",
        ),
        (
            StoreError::Defect("42601".to_owned()),
            500,
            "internal_error",
        ),
    ] {
        *world.ports.reserved.lock().unwrap() = Some(Err(failure));
        world
            .create(&create_body())
            .await
            .expect_error(status, code, None);
    }
}
