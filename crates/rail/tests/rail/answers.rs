//! What each documented answer, and each that is not, means to the domain.

use serde_json::json;
use vouch_domain::{
    customer::ContactField,
    ports::{Rail, RailContactChange, RailFailure, RailField, RailStatus, Urgency},
    values::CustomerType,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::harness::{
    CUSTOMER, answer, created, given, id, person, rail, row, unavailable, unclear,
};

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(template)
        .mount(&server)
        .await;
    server
}

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

fn change() -> (vouch_domain::customer::ContactData, [ContactField; 1]) {
    (person().contact, [ContactField::Phone])
}

#[tokio::test]
async fn a_created_customer_is_known_by_its_id() {
    for template in [
        created(),
        answer(
            201,
            &json!({"message": "Customer created successfully.", "data": {
                "id": "rail-1", "business_id": "b", "first_name": "Ada", "last_name": "Obi", "business_name": null,
                "type": "individual", "email": "e", "country": "NG", "id_type": "passport", "id_number": "n",
                "verification_status": "PENDING", "kyb_scope": null,
            }}),
        ),
        answer(
            200,
            &json!({"status": true, "data": {"data": {"id": "rail-1"}}}),
        ),
    ] {
        let server = answering(template).await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        assert_eq!(made, Ok(id("rail-1")));
    }
}

#[tokio::test]
async fn a_create_that_succeeded_without_saying_what_it_made_is_unclear() {
    for body in [
        "",
        "OK",
        "<html>",
        r#"{"message":"Customer created"#,
        r#"{"message":"Customer created successfully."}"#,
        r#"{"data":null}"#,
        r#"{"data":[]}"#,
        r#"{"data":{"id":null}}"#,
        r#"{"data":{"id":""}}"#,
        r#"{"data":{"id":"../other"}}"#,
        "[]",
        "null",
    ] {
        let server = answering(text(201, body)).await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        assert_eq!(made, Err(unclear("unreadable answer")), "{body}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_create_names_our_fields_and_no_message() {
    let body = json!({
        "message": "The email has already been taken. (and 1 more error)",
        "errors": {"registration_number": ["taken"], "email": ["taken"], "owners.0.id_document_number": ["bad"]},
    });
    for status in [400, 422] {
        let server = answering(answer(status, &body)).await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        let fields = vec![RailField("email"), RailField("id_number")];
        assert_eq!(made, Err(RailFailure::Refused { fields }));
    }
}

#[tokio::test]
async fn failures_of_a_create_are_told_apart_and_none_is_repeated() {
    let message = r#"{"status":false,"message":"Something"}"#;
    let refused = || RailFailure::Refused { fields: vec![] };
    for (status, body, expected) in [
        (400, message, refused()),
        (422, message, refused()),
        (422, "<html>", unclear("status 422, unreadable")),
        (401, message, RailFailure::Unauthorised),
        (403, message, RailFailure::Unauthorised),
        (404, message, unavailable("status 404")),
        (409, message, unavailable("status 409")),
        (500, message, unavailable("status 500")),
        (
            500,
            "Internal Server Error",
            unclear("status 500, unreadable"),
        ),
        (502, message, unclear("status 502")),
        (503, "", unclear("status 503")),
        (504, "<html>", unclear("status 504")),
    ] {
        let server = answering(text(status, body)).await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        assert_eq!(made, Err(expected), "{status} {body}");
        assert_eq!(
            server.received_requests().await.unwrap().len(),
            1,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    for status in [301, 302, 307, 308] {
        given("POST", "/api/external/customer")
            .respond_with(ResponseTemplate::new(status).insert_header("location", "/elsewhere"))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        assert_eq!(made, Err(unclear(&format!("status {status}"))));
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_customer_is_read_in_every_shape_of_the_documents() {
    let business = json!({
        "id": 17, "type": "BUSINESS", "business_name": "Obi Ltd", "email": "office@example.com", "country": "GB",
        "registration_number": "00012345", "incorporation_country": "GB", "kyb_scope": "FULL", "owners": [],
        "documents": [], "verification_status": "verified", "created_at": "2024-01-15T10:30:00.000001Z",
    });
    for (body, expected_id, expected_type) in [
        (
            json!({"message": "m", "data": row("rail-1")}),
            "rail-1",
            CustomerType::Individual,
        ),
        (
            json!({"data": {"data": row("rail-1")}}),
            "rail-1",
            CustomerType::Individual,
        ),
        (json!({"data": business}), "17", CustomerType::Business),
    ] {
        let server = answering(answer(200, &body)).await;
        let found = rail(&server)
            .customer(&id(expected_id), Urgency::Caller)
            .await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.id, id(expected_id));
        assert_eq!(found.customer_type, Some(expected_type));
        assert!(found.created_at.is_some());
    }
}

#[tokio::test]
async fn the_rails_word_and_its_comments_are_read() {
    let mut business = row("rail-1");
    business["documents"] = json!([
        {"id": "d-1", "status": "REJECTED", "admin_comments": ["Page two is missing", " ", "Blurred"]},
        {"id": "d-2", "status": "PENDING", "admin_comments": null},
        {"id": "d-3"},
    ]);
    for (word, expected) in [
        (json!("PENDING"), Some(RailStatus::Pending)),
        (json!("Processing"), Some(RailStatus::Processing)),
        (json!("verified"), Some(RailStatus::Verified)),
        (json!("REJECTED"), Some(RailStatus::Rejected)),
        (json!("ON_HOLD"), None),
        (json!(true), None),
    ] {
        business["verification_status"] = word;
        let server = answering(answer(200, &json!({"data": business}))).await;
        let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.status, expected);
        let comments: Vec<_> = found.comments.iter().map(|one| one.expose()).collect();
        assert_eq!(comments, ["Page two is missing", "Blurred"]);
    }
}

#[tokio::test]
async fn every_text_of_a_customer_is_read() {
    let mut row = row("rail-1");
    row["updated_at"] = json!("2026-01-15T10:31:00.000000Z");
    let server = answering(answer(200, &json!({ "data": row }))).await;
    let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
    let found = found.unwrap().unwrap();
    let reserved_at = "2026-01-15T10:30:00Z".parse().unwrap();
    assert!(found.fits(&person(), reserved_at));
    assert_eq!(found.created_at, Some(reserved_at));
    let updated_at = "2026-01-15T10:31:00Z".parse().unwrap();
    assert_eq!(found.updated_at, Some(updated_at));
    assert_eq!(found.email.as_deref(), Some("ada+1@example.com"));
    assert_eq!(found.business_name, None);
}

#[tokio::test]
async fn a_customer_that_cannot_be_read_is_not_absent() {
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"data":null}"#,
        r#"{"data":{"id":"another"}}"#,
    ] {
        let server = answering(text(200, body)).await;
        let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
        assert_eq!(found, Err(unclear("unreadable answer")), "{body}");
    }
    let server = answering(text(404, "<html>")).await;
    let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
    assert_eq!(found, Err(unclear("status 404, unreadable")));
}

#[tokio::test]
async fn an_unknown_customer_is_none() {
    let server = answering(answer(404, &json!({"message": "Customer not found."}))).await;
    let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
    assert_eq!(found, Ok(None));
}

#[tokio::test]
async fn reads_have_no_data_to_refuse() {
    let server = answering(answer(
        422,
        &json!({"message": "m", "errors": {"email": ["bad"]}}),
    ))
    .await;
    let found = rail(&server)
        .find_customers(&person(), Urgency::Caller)
        .await;
    assert_eq!(found, Err(unavailable("status 422")));
}

#[tokio::test]
async fn failures_of_an_update_are_told_apart() {
    let (contact, fields) = change();
    let change = RailContactChange {
        contact: &contact,
        fields: &fields,
    };
    for (template, expected) in [
        (
            answer(400, &json!({"message": "Customer is verified."})),
            RailFailure::Refused { fields: vec![] },
        ),
        (
            answer(
                422,
                &json!({"message": "m", "errors": {"phone_number": ["bad"]}}),
            ),
            RailFailure::Refused {
                fields: vec![RailField("phone")],
            },
        ),
        (
            answer(404, &json!({"message": "Customer not found."})),
            unavailable("unknown customer"),
        ),
        (text(404, "<html>"), unclear("status 404, unreadable")),
        (
            answer(403, &json!({"message": "No."})),
            RailFailure::Unauthorised,
        ),
        (text(200, "OK"), unclear("unreadable answer")),
    ] {
        let server = MockServer::start().await;
        given("PUT", CUSTOMER)
            .respond_with(template)
            .mount(&server)
            .await;
        let updated = rail(&server)
            .update_customer(&id("rail-1"), change, Urgency::Caller)
            .await;
        assert_eq!(updated, Err(expected));
    }
}
