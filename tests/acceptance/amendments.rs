//! Changing a customer: the contract, section 7.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Service, business, canadian, individual, with};

async fn customer() -> (std::sync::Arc<Service>, Caller, String) {
    let service = Service::shared().await;
    let caller = service.caller();
    let id = caller.create(&canadian()).await.expect(201).id();
    (service, caller, id)
}

async fn amend(caller: &Caller, id: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let request = caller.amendment(id).json(body);
    Answer::to(headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    }))
    .await
}

#[tokio::test]
async fn contact_data_can_change() {
    let (_service, caller, id) = customer().await;
    let before = caller.retrieve(&id).await.expect(200);
    let change = json!({"phone": "+1 (416) 555-0199", "street": "1 Main St", "city": "Ottawa"});
    let changed = caller.patch(&id, &change).await.expect(200);
    assert_eq!(
        (changed.json(), changed.header("etag")),
        (before.json(), "\"2\"")
    );
    let rest = json!({"email": "new@example.com", "state": "CA-BC", "zip_code": "v5k0a1", "dob": "1980-12-31", "id_expiry_date": "2045-01-01"});
    caller.patch(&id, &rest).await.expect(200);
    let events = caller.events(&id).await;
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["type"].clone(),
                event["sequence"].clone(),
                event["data"]["changed"].clone(),
            )
        })
        .collect();
    assert_eq!(seen[0], (json!("customer_created"), json!(1), Value::Null));
    assert_eq!(
        seen[1],
        (
            json!("customer_updated"),
            json!(2),
            json!(["phone", "street", "city"])
        )
    );
    let mut names: Vec<_> = seen[2]
        .2
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["dob", "email", "id_expiry_date", "state", "zip_code"]
    );
    let event = &events[1];
    assert_eq!(
        (
            event["object"].clone(),
            event["env"].clone(),
            event["customer_id"].clone()
        ),
        (json!("event"), json!("test"), json!(id))
    );
    assert_eq!(event["data"]["customer"], before.json());
}

#[tokio::test]
async fn nothing_else_can() {
    let (_service, caller, id) = customer().await;
    for (field, value) in [
        ("tin", json!("130692544")),
        ("type", json!("business")),
        ("first_name", json!("Grace")),
        ("last_name", json!("Hopper")),
        ("business_name", json!("X")),
        ("country", json!("US")),
        ("id_type", json!("passport")),
        ("id_number", json!("B1234567")),
        ("customer_reference", json!("other")),
        ("interac_email", json!("x@example.com")),
        ("id_issue_date", json!("2020-01-02")),
        ("tin", Value::Null),
    ] {
        let refused = caller
            .patch(&id, &json!({field: value}))
            .await
            .expect_refused("invalid_field", field);
        assert_eq!(
            refused.json()["error"]["detail"]["reason"],
            "immutable",
            "{field}"
        );
    }
    for field in [
        "id",
        "status",
        "object",
        "env",
        "created_at",
        "shoe_size",
        "",
        "Phone",
    ] {
        let refused = caller
            .patch(&id, &json!({field: "x"}))
            .await
            .expect_refused("invalid_field", field);
        assert_eq!(
            refused.json()["error"]["detail"]["reason"],
            Value::Null,
            "{field}"
        );
    }
    assert_eq!(caller.retrieve(&id).await.header("etag"), "\"1\"");
}

#[tokio::test]
async fn null_clears_what_need_not_be_there() {
    let (_service, caller, id) = customer().await;
    for field in ["phone", "street", "city", "state", "id_expiry_date"] {
        caller.patch(&id, &json!({field: null})).await.expect(200);
    }
    let version = caller.retrieve(&id).await.header("etag").to_owned();
    assert_eq!(version, "\"6\"");
    for field in ["email", "zip_code", "dob"] {
        caller
            .patch(&id, &json!({field: null}))
            .await
            .expect_refused("invalid_field", field);
    }
    caller
        .patch(&id, &json!({"phone": null, "street": null}))
        .await
        .expect(200);
    assert_eq!(caller.retrieve(&id).await.header("etag"), version);
}

#[tokio::test]
async fn the_rules_are_those_of_the_country_and_type() {
    let (_service, caller, id) = customer().await;
    for (field, value) in [
        ("zip_code", "10001"),
        ("state", "NY"),
        ("phone", "4165550123"),
        ("phone", "+4402079460000"),
        ("dob", "2020-01-01"),
        ("dob", "1990-02-30"),
        ("email", "user@localhost"),
        ("city", ""),
        ("id_expiry_date", "2001-01-01"),
        ("street", " "),
        ("phone", ""),
    ] {
        caller
            .patch(&id, &json!({field: value}))
            .await
            .expect_refused("invalid_field", field);
    }
    let company = caller.create(&business()).await.expect(201).id();
    caller
        .patch(&company, &json!({"dob": "1980-01-01"}))
        .await
        .expect_refused("invalid_field", "dob");
    caller
        .patch(
            &company,
            &json!({"zip_code": "sw1a1aa", "state": "Greater London"}),
        )
        .await
        .expect(200);
    let refused = caller
        .patch(
            &id,
            &json!({"zz": 1, "dob": 5, "tin": "1", "email": "x", "aa": 1}),
        )
        .await
        .expect(400);
    assert_eq!(refused.fields(), ["dob", "email", "tin", "aa", "zz"]);
}

#[tokio::test]
async fn what_changes_nothing_is_no_change() {
    let (_service, caller, id) = customer().await;
    for body in [
        json!({}),
        json!({"city": "Toronto"}),
        json!({"phone": "+1-416-555-0123", "state": "CA-ON", "zip_code": "m5h2n2"}),
    ] {
        assert_eq!(
            caller.patch(&id, &body).await.expect(200).header("etag"),
            "\"1\""
        );
    }
    assert_eq!(caller.events(&id).await.len(), 1);
}

#[tokio::test]
async fn a_change_can_insist_on_the_version_it_knows() {
    let (_service, caller, id) = customer().await;
    let body = json!({"city": "Ottawa"});
    for tags in ["\"2\"", "W/\"1\"", "1", "\"\"", "\"7\", \"8\"", "\"01\""] {
        amend(&caller, &id, &[("If-Match", tags)], &body)
            .await
            .expect_error(409, "version_conflict");
    }
    amend(&caller, &id, &[("If-Match", "\"1\"")], &body)
        .await
        .expect(200);
    amend(
        &caller,
        &id,
        &[("If-Match", "\"1\"")],
        &json!({"city": "London"}),
    )
    .await
    .expect_error(409, "version_conflict");
    amend(
        &caller,
        &id,
        &[("If-Match", "\"1\", \"2\"")],
        &json!({"city": "London"}),
    )
    .await
    .expect(200);
    amend(
        &caller,
        &id,
        &[("If-Match", "*")],
        &json!({"city": "Toronto"}),
    )
    .await
    .expect(200);
    assert_eq!(caller.retrieve(&id).await.header("etag"), "\"4\"");
}

#[tokio::test]
async fn a_key_makes_a_change_repeatable() {
    let (_service, caller, id) = customer().await;
    let body = json!({"city": "Ottawa"});
    let key = [("Idempotency-Key", "k")];
    assert_eq!(
        amend(&caller, &id, &key, &body)
            .await
            .expect(200)
            .header("idempotent-replayed"),
        ""
    );
    caller
        .patch(&id, &json!({"city": "London"}))
        .await
        .expect(200);
    // The repetition does not undo the change that came after it.
    let replayed = amend(&caller, &id, &key, &body).await.expect(200);
    assert_eq!(
        (
            replayed.header("idempotent-replayed"),
            replayed.header("etag")
        ),
        ("true", "\"3\"")
    );
    let stale = amend(
        &caller,
        &id,
        &[("Idempotency-Key", "k"), ("If-Match", "\"1\"")],
        &body,
    )
    .await
    .expect(200);
    assert_eq!(stale.header("idempotent-replayed"), "true");
    amend(&caller, &id, &key, &json!({"city": "Paris"}))
        .await
        .expect_error(409, "idempotency_conflict");
    amend(&caller, &id, &key, &json!({"city": ""}))
        .await
        .expect_error(409, "idempotency_conflict");
    // Another customer, or another operation, is another key.
    let other = caller.create_as("k", &individual()).await.expect(201).id();
    assert_eq!(
        amend(&caller, &other, &key, &body)
            .await
            .expect(200)
            .header("idempotent-replayed"),
        ""
    );
    assert_eq!(caller.events(&id).await.len(), 3);
}

#[tokio::test]
async fn a_refused_change_leaves_its_key_free() {
    let (_service, caller, id) = customer().await;
    let key = [("Idempotency-Key", "k")];
    amend(&caller, &id, &key, &json!({"city": ""}))
        .await
        .expect_refused("invalid_field", "city");
    amend(
        &caller,
        &id,
        &[("Idempotency-Key", "k"), ("If-Match", "\"9\"")],
        &json!({"city": "Ottawa"}),
    )
    .await
    .expect_error(409, "version_conflict");
    amend(&caller, &id, &key, &json!({"city": "London"}))
        .await
        .expect(200);
    let unchanged = [("Idempotency-Key", "l")];
    amend(&caller, &id, &unchanged, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        amend(&caller, &id, &unchanged, &json!({}))
            .await
            .expect(200)
            .header("idempotent-replayed"),
        "true"
    );
    amend(&caller, &id, &unchanged, &json!({"city": "Paris"}))
        .await
        .expect_error(409, "idempotency_conflict");
    amend(&caller, &id, &[("Idempotency-Key", "")], &json!({}))
        .await
        .expect_error(400, "idempotency_key_required");
    for malformed in ["a b", &"x".repeat(201)] {
        amend(&caller, &id, &[("Idempotency-Key", malformed)], &json!({}))
            .await
            .expect_refused("invalid_field", "Idempotency-Key");
    }
}

#[tokio::test]
async fn a_closed_customer_does_not_change() {
    let (service, caller, id) = customer().await;
    let reference = caller.retrieve(&id).await.json()["customer_reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let database = service.home.database().client().await;
    database
        .execute(
            "UPDATE customers SET status = 'closed' WHERE reference = $1",
            &[&reference],
        )
        .await
        .unwrap();
    let refused = caller
        .patch(&id, &json!({"city": "Ottawa"}))
        .await
        .expect_error(409, "invalid_state");
    assert_eq!(refused.json()["error"]["detail"]["reason"], "closed");
    assert_eq!(
        caller.retrieve(&id).await.expect(200).json()["status"],
        "closed"
    );
}

#[tokio::test]
async fn a_verified_customer_changes_here() {
    let (service, caller, id) = customer().await;
    let reference = caller.retrieve(&id).await.json()["customer_reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let database = service.home.database().client().await;
    database
        .execute(
            "UPDATE customers SET status = 'verified' WHERE reference = $1",
            &[&reference],
        )
        .await
        .unwrap();
    let changed = caller
        .patch(&id, &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    assert_eq!(changed.json()["status"], "verified");
}

#[tokio::test]
async fn nobody_cannot_change() {
    let caller = Caller::of_new_organisation().await;
    caller
        .patch("nobody", &json!({"city": "Ottawa"}))
        .await
        .expect_error(404, "customer_not_found");
    caller
        .patch("nobody", &with(&json!({}), &json!({"tin": "1"})))
        .await
        .expect_error(404, "customer_not_found");
    caller
        .patch("ckcust_x", &json!({}))
        .await
        .expect_error(404, "customer_not_found");
}
