//! What a create answers while the rail behaves: the table of the contract, section 4.

use serde_json::{Value, json};

use crate::harness::{Answer, Service, business, canadian, individual, with};

#[tokio::test]
async fn a_new_customer_is_a_201_with_its_place_and_version() {
    let service = Service::shared().await;
    let caller = service.caller();
    let made = caller.create(&individual()).await.expect(201);
    assert_eq!(
        made.header("location"),
        format!("/v1/customers/{}", made.id())
    );
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.header("idempotent-replayed"), "");
    assert_eq!(made.json()["interac_email"], Value::Null);
    let found = caller.get(made.header("location")).await.expect(200);
    assert_eq!(found.json(), made.json());
}

#[tokio::test]
async fn a_business_is_a_customer_too() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = business();
    let made = caller.create(&body).await.expect(201);
    assert_eq!(
        made.json()["customer_reference"],
        body["customer_reference"]
    );
    let records = service.rail().records_of(&body).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["registration_number"], body["id_number"]);
}

#[tokio::test]
async fn the_same_key_and_body_is_a_replay_whatever_the_spelling() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    let made = caller.create_as("k", &body).await.expect(201);
    let fields = body.as_object().unwrap().iter().rev();
    let fields: Vec<_> = fields
        .map(|(name, value)| format!("\t{name:?} :\n {value} "))
        .collect();
    let respelt = format!(" {{{}}} ", fields.join(","));
    let request = caller
        .creation("k")
        .header("Content-Type", "application/json")
        .body(respelt);
    let replayed = Answer::to(request).await.expect(200);
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    assert_eq!(replayed.header("location"), "");
    assert_eq!(replayed.json(), made.json());
}

#[tokio::test]
async fn a_replay_shows_the_customer_as_it_is_now() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    let made = caller.create_as("k", &body).await.expect(201);
    caller
        .patch(&made.id(), &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    let replayed = caller.create_as("k", &body).await.expect(200);
    assert_eq!(
        (
            replayed.header("etag"),
            replayed.header("idempotent-replayed")
        ),
        ("\"2\"", "true")
    );
}

#[tokio::test]
async fn a_used_key_with_another_body_is_a_conflict_even_where_the_body_is_wrong() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    caller.create_as("k", &body).await.expect(201);
    for other in [
        with(&body, &json!({"city": "Ottawa"})),
        individual(),
        json!({}),
        with(&body, &json!({"country": "FR"})),
    ] {
        caller
            .create_as("k", &other)
            .await
            .expect_error(409, "idempotency_conflict");
    }
}

#[tokio::test]
async fn the_reference_with_the_same_identity_is_the_customer_itself() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = canadian();
    let made = caller.create(&body).await.expect(201);
    let contact = json!({"phone": "+14165550199", "city": "Ottawa", "zip_code": "K1A 0B1", "dob": "1991-02-16", "interac_email": null});
    let found = caller.create(&with(&body, &contact)).await.expect(200);
    assert_eq!(found.json(), made.json());
    assert_eq!(
        (found.header("etag"), found.header("idempotent-replayed")),
        ("\"1\"", "")
    );
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
}

#[tokio::test]
async fn a_key_that_found_a_customer_by_reference_is_not_bound_to_it_otherwise() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    caller.create_as("first", &body).await.expect(201);
    caller.create_as("second", &body).await.expect(200);
    let replayed = caller.create_as("second", &body).await.expect(200);
    assert_eq!(
        replayed.json()["customer_reference"],
        body["customer_reference"]
    );
}

#[tokio::test]
async fn every_difference_of_identity_is_named_and_no_value_is() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    let made = caller.create(&body).await.expect(201);
    for (changes, differing) in [
        (json!({"first_name": "Grace"}), json!(["first_name"])),
        (
            json!({"last_name": "Hopper", "tin": "130692544"}),
            json!(["last_name", "tin"]),
        ),
        (json!({"email": "other@example.com"}), json!(["email"])),
        (json!({"id_type": "drivers_license"}), json!(["id_type"])),
        (
            json!({"country": "US", "zip_code": "10001"}),
            json!(["country"]),
        ),
    ] {
        let refused = caller
            .create(&with(&body, &changes))
            .await
            .expect_error(409, "customer_already_exists");
        let detail = &refused.json()["error"]["detail"];
        assert_eq!(
            detail,
            &json!({"customer_id": made.id(), "differing_fields": differing})
        );
        assert!(!refused.text.contains("Hopper") && !refused.text.contains("130692544"));
    }
    let company = with(
        &business(),
        &json!({"customer_reference": body["customer_reference"]}),
    );
    let refused = caller
        .create(&company)
        .await
        .expect_error(409, "customer_already_exists");
    let differing = refused.json()["error"]["detail"]["differing_fields"].clone();
    for field in [
        "type",
        "first_name",
        "last_name",
        "business_name",
        "country",
        "id_type",
        "id_number",
        "tin",
        "email",
    ] {
        assert!(
            differing.as_array().unwrap().contains(&json!(field)),
            "{field} in {differing}"
        );
    }
}

#[tokio::test]
async fn the_identity_is_compared_with_the_current_email() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    let made = caller.create(&body).await.expect(201);
    let moved = json!({"email": format!("moved-{}", body["email"].as_str().unwrap())});
    caller.patch(&made.id(), &moved).await.expect(200);
    let refused = caller
        .create(&body)
        .await
        .expect_error(409, "customer_already_exists");
    assert_eq!(
        refused.json()["error"]["detail"]["differing_fields"],
        json!(["email"])
    );
    caller.create(&with(&body, &moved)).await.expect(200);
}

#[tokio::test]
async fn an_interac_address_is_held_by_one_customer_of_the_tenant() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = canadian();
    caller.create(&body).await.expect(201);
    let shouted = body["interac_email"].as_str().unwrap().to_uppercase();
    let other = with(&individual(), &json!({"interac_email": shouted}));
    caller
        .create_as("k", &other)
        .await
        .expect_error(409, "interac_email_taken");
    caller
        .retrieve(other["customer_reference"].as_str().unwrap())
        .await
        .expect_error(404, "customer_not_found");
    assert!(service.rail().records_of(&other).await.is_empty());
    // The key is not bound, and the address is free for another organisation.
    caller.create_as("k", &individual()).await.expect(201);
    service.caller().create(&other).await.expect(201);
}

#[tokio::test]
async fn a_reference_comes_before_an_interac_address_and_a_key_before_both() {
    let service = Service::shared().await;
    let caller = service.caller();
    let (first, second) = (canadian(), canadian());
    caller.create_as("k", &first).await.expect(201);
    caller.create(&second).await.expect(201);
    let both = with(
        &first,
        &json!({"interac_email": second["interac_email"], "id_number": "ZZ999999"}),
    );
    caller
        .create(&both)
        .await
        .expect_error(409, "customer_already_exists");
    caller
        .create_as("k", &both)
        .await
        .expect_error(409, "idempotency_conflict");
    // Same reference and identity: the customer, though the address belongs to another.
    let same = with(&first, &json!({"interac_email": second["interac_email"]}));
    caller.create(&same).await.expect(200);
}

#[tokio::test]
async fn email_document_and_tax_number_are_not_unique() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    caller.create(&body).await.expect(201);
    let twin = with(&body, &json!({"customer_reference": "twin"}));
    let made = caller.create(&twin).await.expect(201);
    assert_eq!(made.json()["customer_reference"], "twin");
    assert_eq!(service.rail().records_of(&body).await.len(), 2);
}

#[tokio::test]
async fn a_key_of_a_refused_request_is_free_again() {
    let service = Service::shared().await;
    let caller = service.caller();
    let wrong = with(&individual(), &json!({"country": "FR"}));
    caller
        .create_as("k", &wrong)
        .await
        .expect_refused("country_not_supported", "country");
    caller.create_as("k", &individual()).await.expect(201);
}

#[tokio::test]
async fn a_second_business_with_the_number_is_refused_like_any_data() {
    let service = Service::shared().await;
    let (caller, body) = (service.caller(), business());
    caller.create(&body).await.expect(201);
    let twin = with(&body, &json!({"customer_reference": "twin"}));
    for tenant in [&caller, &service.caller()] {
        let refused = tenant
            .create(&twin)
            .await
            .expect_error(422, "validation_failed");
        assert_eq!(
            (refused.json()["error"]["field"].clone(), refused.fields()),
            (json!("id_number"), vec!["id_number".to_owned()])
        );
        for word in ["taken", "registration", "already"] {
            assert!(!refused.text.contains(word), "{}", refused.text);
        }
    }
    caller
        .retrieve("twin")
        .await
        .expect_error(404, "customer_not_found");
}

#[tokio::test]
async fn null_means_absent() {
    let service = Service::shared().await;
    let caller = service.caller();
    let nulls = json!({"phone": null, "street": null, "city": null, "state": null, "interac_email": null, "id_expiry_date": null, "id_issue_date": null, "business_name": null});
    caller
        .create(&with(&individual(), &nulls))
        .await
        .expect(201);
    caller
        .create(&with(&individual(), &json!({"tin": null})))
        .await
        .expect_refused("missing_field", "tin");
}

#[tokio::test]
async fn both_bases_lead_to_the_same_key() {
    let service = Service::shared().await;
    let caller = service.caller();
    let body = individual();
    let made = caller.create_as("k", &body).await.expect(201);
    let request = caller
        .request(reqwest::Method::POST, "/api/v1/customers")
        .header("Idempotency-Key", "k");
    let replayed = Answer::to(request.json(&body)).await.expect(200);
    assert_eq!(
        (replayed.header("idempotent-replayed"), replayed.json()),
        ("true", made.json())
    );
}
