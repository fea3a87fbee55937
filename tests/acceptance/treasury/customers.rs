//! Customers: created, listed, fetched.

use std::process::Command;

use serde_json::{Value, json};

use super::treasurer::{Treasurer, Words, payer};
use crate::harness::with;

/// Sends a request with curl, as a reader of the requirement would; answers with status and body.
fn curl(caller: &Treasurer, more: &[&str]) -> (String, Value) {
    let run = Command::new("curl")
        .args(["--silent", "--show-error", "--write-out", "\n%{http_code}"])
        .arg(format!("{}/v1/customers", caller.url))
        .args(["-H", &format!("Authorization: Bearer {}", caller.key)])
        .args(more)
        .output()
        .expect("curl");
    let output = String::from_utf8(run.stdout).unwrap();
    let (body, status) = output.rsplit_once('\n').unwrap();
    (status.to_owned(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn both_examples_answer_as_documented() {
    let caller = Treasurer::of_new_organisation().await;
    let (status, list) = curl(&caller, &[]);
    assert_eq!(status, "200", "{list}");
    let primary = &list["data"]["customers"][0];
    let expected = json!({
        "status": "success", "message": "Customers fetched", "data": { "total": 1, "customers": [{
            "id": primary["id"], "name": "Acme", "email": "acme@example.com", "type": "business",
            "isPrimary": true, "createdAt": primary["createdAt"],
        }] },
    });
    assert_eq!(list, expected);

    let body = r#"{"name":"Jane Payer","email":"jane@example.com","type":"individual"}"#;
    let (status, made) = curl(
        &caller,
        &[
            "-X",
            "POST",
            "-H",
            "Idempotency-Key: customer-001",
            "-H",
            "Content-Type: application/json",
            "-d",
            body,
        ],
    );
    assert_eq!(status, "201", "{made}");
    let customer = &made["data"];
    let expected = json!({
        "status": "success", "message": "Customer created", "data": {
            "id": customer["id"], "name": "Jane Payer", "email": "jane@example.com", "type": "individual",
            "isPrimary": false, "createdAt": customer["createdAt"],
        },
    });
    assert_eq!(made, expected);
    let (_, list) = curl(&caller, &[]);
    assert_eq!(list["data"]["customers"], json!([customer, primary]));
    assert_eq!(list["data"]["total"], 2);
}

#[tokio::test]
async fn a_customer_is_fetched_by_its_id() {
    let caller = Treasurer::of_new_organisation().await;
    let made = caller
        .post("/v1/customers", &payer())
        .await
        .expect(201)
        .data();
    let id = made["id"].as_str().unwrap();
    for path in [
        format!("/v1/customers/{id}"),
        format!("/api/v1/customers/{id}"),
        format!("/v1/customers/{}", id.to_uppercase()),
    ] {
        assert_eq!(caller.get(&path).await.expect(200).data(), made);
    }
    for unknown in [
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "x",
        &id[1..],
        &id.replace('-', ""),
        "%00",
    ] {
        caller
            .get(&format!("/v1/customers/{unknown}"))
            .await
            .expect_message(404, "Customer not found");
    }
}

#[tokio::test]
async fn fields_are_taken_as_the_contract_says() {
    let caller = Treasurer::of_new_organisation().await;
    let name = |name: &str| json!({ "name": name });
    let longest = "é".repeat(120);
    let longest_email = format!("{}@{}dd.com", "l".repeat(64), "d.".repeat(92));
    assert_eq!(longest_email.len(), 255);
    for (given, expected) in [
        (name("Al"), name("Al")),
        (name("  Acme Ltd \u{a0}\n"), name("Acme Ltd")),
        (name(&longest), name(&longest)),
        (name(" 李四 "), name("李四")),
        (json!({}), json!({ "type": "individual" })),
        (json!({ "type": "business" }), json!({ "type": "business" })),
        (
            json!({ "email": longest_email }),
            json!({ "email": longest_email }),
        ),
        (
            json!({ "email": "UPPER+tag@Example.COM" }),
            json!({ "email": "UPPER+tag@Example.COM" }),
        ),
        (
            json!({ "id": 1, "isPrimary": true, "createdAt": null, "x": { "y": [1.5] } }),
            json!({ "isPrimary": false }),
        ),
    ] {
        let body = with(&payer(), &given);
        let made = caller.post("/v1/customers", &body).await.expect(201).data();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&made[field], value, "{given}");
        }
    }
}

#[tokio::test]
async fn everything_else_is_refused_field_by_field() {
    let caller = Treasurer::of_new_organisation().await;
    let refused = async |fields: Value, names: &[&str]| {
        let body = with(&payer(), &fields);
        caller
            .post("/v1/customers", &body)
            .await
            .expect_invalid(names);
    };
    for name in [
        json!("A"),
        json!(" A "),
        json!(""),
        json!("é".repeat(121)),
        json!("A\u{0}B"),
        json!("A\tB"),
        json!(null),
        json!(12),
        json!(["Al"]),
        json!({}),
        json!(true),
    ] {
        refused(json!({ "name": name }), &["name"]).await;
    }
    let too_long = format!("{}@{}ddd.com", "l".repeat(64), "d.".repeat(92));
    for email in [
        json!("nobody"),
        json!("a@b"),
        json!(" a@example.com"),
        json!(""),
        json!(too_long),
        json!(null),
        json!(1),
        json!(false),
    ] {
        refused(json!({ "email": email }), &["email"]).await;
    }
    for kind in [
        json!("company"),
        json!("Business"),
        json!(""),
        json!(null),
        json!(1),
    ] {
        refused(json!({ "type": kind }), &["type"]).await;
    }
    refused(
        json!({ "name": 1, "email": 2, "type": 3 }),
        &["email", "name", "type"],
    )
    .await;
    caller
        .post("/v1/customers", &json!({}))
        .await
        .expect_invalid(&["email", "name"]);
    assert_eq!(caller.customers("").await.1, 1);
}

#[tokio::test]
async fn an_email_may_be_used_more_than_once() {
    let caller = Treasurer::of_new_organisation().await;
    let body = payer();
    let first = caller.post("/v1/customers", &body).await.expect(201).data();
    let second = caller.post("/v1/customers", &body).await.expect(201).data();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(caller.customers("").await.1, 3);
}
