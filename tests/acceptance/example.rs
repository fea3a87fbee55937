//! The requirement's own example, sent as its reader would send it.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Caller, Service, with};

/// The body of the requirement's curl, byte for byte.
const BODY: &str = r#"{"customer_reference":"pouch-user-12345","type":"individual","first_name":"Ada","last_name":"Lovelace","email":"user@pouch.app","country":"CA","id_type":"passport","id_number":"A12345678","tin":"123456789","dob":"1990-01-15","phone":"+14165550123","street":"123 Queen St W","city":"Toronto","state":"ON","zip_code":"M5H 2N2","interac_email":"user@pouch.app"}"#;

/// Sends the example with curl; answers with the status and the object.
fn curl(service: &Service, caller: &Caller, key: &str) -> (String, Value) {
    let run = Command::new("curl")
        .args(["--silent", "--show-error", "--write-out", "\n%{http_code}"])
        .args(["-X", "POST", &format!("{}/v1/customers", service.url)])
        .args(["-H", &format!("Authorization: Bearer {}", caller.key)])
        .args(["-H", &format!("Idempotency-Key: {key}")])
        .args(["-H", "Content-Type: application/json"])
        .args(["-d", BODY])
        .output()
        .expect("curl");
    let output = String::from_utf8(run.stdout).unwrap();
    let (body, status) = output.rsplit_once('\n').unwrap();
    (status.to_owned(), serde_json::from_str(body).unwrap())
}

fn example() -> Value {
    serde_json::from_str(BODY).unwrap()
}

#[tokio::test]
async fn the_example_creates_a_customer_of_exactly_seven_fields() {
    let service = Service::shared().await;
    let caller = service.caller();
    let (status, customer) = curl(&service, &caller, "kyc-pouch-user-12345");
    assert_eq!(status, "201", "{customer}");
    let expected = json!({
        "object": "customer", "id": customer["id"], "customer_reference": "pouch-user-12345",
        "interac_email": "user@pouch.app", "status": "pending", "env": "test", "created_at": customer["created_at"],
    });
    assert_eq!(customer, expected);
    let id = customer["id"]
        .as_str()
        .unwrap()
        .strip_prefix("ckcust_")
        .unwrap();
    assert!(
        id.len() == 26
            && id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    );
    let created_at = customer["created_at"].as_str().unwrap();
    let shape: String = created_at
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z");

    let (status, again) = curl(&service, &caller, "kyc-pouch-user-12345");
    assert_eq!((status.as_str(), &again), ("200", &customer));
    let (status, by_reference) = curl(&service, &caller, "another-key");
    assert_eq!((status.as_str(), &by_reference), ("200", &customer));
}

#[tokio::test]
async fn another_document_under_the_reference_is_a_conflict_that_names_the_field() {
    let service = Service::shared().await;
    let caller = service.caller();
    let made = caller.create(&example()).await.expect(201);
    let refused = caller
        .create(&with(&example(), &json!({"id_number": "A87654321"})))
        .await;
    let error = refused.expect_error(409, "customer_already_exists").json();
    let expected = json!({"customer_id": made.id(), "differing_fields": ["id_number"]});
    assert_eq!(error["error"]["detail"], expected);
}

#[tokio::test]
async fn the_example_reaches_the_rail_whole() {
    let service = Service::shared().await;
    let body = with(&example(), &json!({"email": "whole-example@pouch.app"}));
    service.caller().create(&body).await.expect(201);
    let records = service.rail().records_of(&body).await;
    let [record] = records.as_slice() else {
        panic!("{records:?}")
    };
    for field in [
        "type",
        "first_name",
        "last_name",
        "email",
        "country",
        "id_type",
        "id_number",
        "tin",
        "street",
        "city",
        "state",
        "zip_code",
    ] {
        assert_eq!(record[field], body[field], "{field}");
    }
}
