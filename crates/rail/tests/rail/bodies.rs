//! What is sent, to the letter.

use serde_json::{Value, json};
use vouch_domain::{
    customer::{ContactField, NewCustomer},
    ports::{Rail, RailContactChange, Urgency},
};
use wiremock::{
    Mock, MockServer,
    matchers::{any, body_json, header},
};

use crate::harness::{CUSTOMER, CUSTOMERS, answer, business, created, given, id, person, rail};

async fn body_of_create(customer: &NewCustomer) -> Value {
    let server = MockServer::start().await;
    given("POST", CUSTOMERS)
        .and(header("accept", "application/json"))
        .and(header("content-type", "application/json"))
        .and(header("x-blaaiz-api-key", "sandbox-key"))
        .respond_with(created())
        .mount(&server)
        .await;
    let made = rail(&server)
        .create_customer(customer, Urgency::Caller)
        .await;
    assert_eq!(made, Ok(id("rail-1")));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests[0].body_json().unwrap()
}

#[tokio::test]
async fn a_person_is_sent_flat_and_without_what_is_ours() {
    assert_eq!(
        body_of_create(&person()).await,
        json!({
            "type": "individual",
            "first_name": "Ada",
            "last_name": "Obi",
            "email": "Ada+1@Example.com",
            "country": "NG",
            "id_type": "id_card",
            "id_number": "A1234567",
            "id_issue_date": "2020-02-29",
            "id_expiry_date": "2030-12-01",
            "tin": "1234567890",
            "phone": "+2348031234567",
            "dob": "1990-01-31",
            "street": "1 Broad Street",
            "city": "Lagos",
            "state": "Lagos",
            "zip_code": "100001",
        })
    );
}

#[tokio::test]
async fn a_business_is_sent_by_its_registration_and_absent_fields_are_left_out() {
    assert_eq!(
        body_of_create(&business()).await,
        json!({
            "type": "business",
            "business_name": "Obi & Söhne Ltd",
            "email": "office@example.com",
            "country": "GB",
            "incorporation_country": "GB",
            "registration_number": "00012345",
            "tin": "1234567890",
            "zip_code": "EC1A 1BB",
        })
    );
}

#[tokio::test]
async fn an_update_is_what_changed_with_null_for_what_was_cleared() {
    let server = MockServer::start().await;
    given("PUT", CUSTOMER)
        .and(body_json(json!({
            "email": "Ada+1@Example.com",
            "phone": null,
            "dob": "1990-01-31",
            "id_expiry_date": null,
        })))
        .respond_with(answer(
            200,
            &json!({"message": "Updated.", "data": {"id": "rail-1"}}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let mut contact = person().contact;
    contact.phone = None;
    contact.id_expiry_date = None;
    let change = RailContactChange {
        contact: &contact,
        fields: &[
            ContactField::Email,
            ContactField::Phone,
            ContactField::Dob,
            ContactField::IdExpiryDate,
        ],
    };
    let updated = rail(&server)
        .update_customer(&id("rail-1"), change, Urgency::Caller)
        .await;
    assert_eq!(updated, Ok(()));
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(created())
        .mount(&server)
        .await;
    let settings = crate::harness::settings(&format!("{}/rail/", server.uri()));
    let rail = vouch_rail::HttpRail::new(settings).unwrap();
    rail.create_customer(&person(), Urgency::Caller)
        .await
        .unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.path(), "/rail/api/external/customer");
}
