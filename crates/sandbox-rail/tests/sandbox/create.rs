//! `POST /api/external/customer`

use reqwest::Method;
use serde_json::{Value, json};
use vouch_sandbox_rail::{Duplicates, NationalIds};

use crate::harness::{CUSTOMERS, Sandbox, answer, business, individual, with};

/// The names of the fields that a create is refused for.
async fn complaints(sandbox: &Sandbox, body: &Value) -> Vec<String> {
    let (status, answer) = sandbox.create(body).await;
    assert_eq!(status, 422, "{answer}");
    let errors = answer["errors"].as_object().unwrap();
    assert!(errors.values().all(|of_field| of_field[0].is_string()));
    errors.keys().cloned().collect()
}

#[tokio::test]
async fn an_individual_is_created_and_echoed_in_part() {
    let sandbox = Sandbox::start().await;
    let body = with(
        individual("a@example.com"),
        json!({ "phone": "+234", "dob": "1990-02-28", "street": "1 Way", "tin": "1" }),
    );
    let (status, answer) = sandbox.create(&body).await;
    assert_eq!(status, 201);
    assert_eq!(answer["message"], "Customer created successfully.");
    assert!(answer.get("status").is_none());
    let id = answer["data"]["id"].clone();
    assert_eq!(
        answer["data"],
        json!({
            "id": id,
            "business_id": sandbox.rail.instance_id(),
            "first_name": "Ada",
            "last_name": "Obi",
            "business_name": null,
            "type": "individual",
            "email": "a@example.com",
            "country": "NG",
            "id_type": "passport",
            "id_number": "A-a@example.com",
            "verification_status": "PENDING",
            "kyb_scope": null,
        })
    );
}

#[tokio::test]
async fn a_business_is_created_with_full_scope() {
    let sandbox = Sandbox::start().await;
    let (status, answer) = sandbox.create(&business("1")).await;
    assert_eq!(status, 201);
    assert_eq!(answer["data"]["kyb_scope"], "FULL");
    assert_eq!(answer["data"]["id_type"], Value::Null);
}

#[tokio::test]
async fn each_type_has_its_required_fields() {
    let sandbox = Sandbox::start().await;
    assert_eq!(complaints(&sandbox, &json!({})).await, ["type"]);
    assert_eq!(
        complaints(&sandbox, &json!({ "type": "trust" })).await,
        ["type"]
    );
    assert_eq!(
        complaints(&sandbox, &json!({ "type": "individual" })).await,
        [
            "country",
            "email",
            "first_name",
            "id_number",
            "id_type",
            "last_name"
        ]
    );
    assert_eq!(
        complaints(&sandbox, &json!({ "type": "business" })).await,
        [
            "business_name",
            "country",
            "email",
            "incorporation_country",
            "registration_number"
        ]
    );
}

#[tokio::test]
async fn each_type_has_its_prohibited_fields() {
    let sandbox = Sandbox::start().await;
    let passport = json!({ "id_type": "passport", "id_number": "1" });
    assert_eq!(
        complaints(&sandbox, &with(business("1"), passport)).await,
        ["id_number", "id_type"]
    );
    for (name, value) in [
        ("registration_number", json!("1")),
        ("incorporation_country", json!("NG")),
        ("operating_city", json!("Lagos")),
        ("kyb_scope", json!("FULL")),
        ("website", json!("https://example.com")),
        ("owners", json!([])),
    ] {
        let mut body = individual("a@example.com");
        body[name] = value;
        assert_eq!(complaints(&sandbox, &body).await, [name]);
    }
}

#[tokio::test]
async fn values_are_checked() {
    let sandbox = Sandbox::start().await;
    let individuals = [
        ("email", json!("no-at-sign")),
        ("email", json!("a@b@example.com")),
        ("email", json!("a@localhost")),
        ("email", json!("a b@example.com")),
        ("country", json!("NGA")),
        ("country", json!("ng")),
        ("first_name", json!(7)),
        ("first_name", json!("   ")),
        ("last_name", json!("x".repeat(256))),
        ("dob", json!("1990-02-30")),
        ("dob", json!("1990-2-3")),
        ("id_type", json!("certificate_of_incorporation")),
    ];
    for (name, value) in individuals {
        let mut body = individual("a@example.com");
        body[name] = value;
        assert_eq!(complaints(&sandbox, &body).await, [name], "{body}");
    }
    let businesses = [
        ("business_type", json!("club")),
        ("kyb_scope", json!("MINIMAL")),
        ("business_description", json!("x".repeat(2001))),
        ("owners", json!({})),
        ("owners", json!([{ "first_name": "Ada" }])),
        (
            "owners",
            json!(vec![json!({ "first_name": "Ada", "last_name": "Obi" }); 6]),
        ),
    ];
    for (name, value) in businesses {
        let mut body = business("1");
        body[name] = value;
        assert_eq!(complaints(&sandbox, &body).await, [name], "{body}");
    }
    assert!(sandbox.stored().await.is_empty());
}

#[tokio::test]
async fn the_message_is_the_first_complaint_and_a_count() {
    let sandbox = Sandbox::start().await;
    let body = json!({ "type": "business", "country": "GB", "incorporation_country": "GB" });
    let (_, answer) = sandbox.create(&body).await;
    assert_eq!(
        answer["message"],
        "The business name field is required. (and 2 more errors)"
    );
    assert_eq!(
        answer["errors"]["email"],
        json!(["The email field is required."])
    );
}

#[tokio::test]
async fn a_business_is_incorporated_where_it_is() {
    let sandbox = Sandbox::start().await;
    let body = with(business("1"), json!({ "country": "US" }));
    assert_eq!(complaints(&sandbox, &body).await, ["country"]);
}

#[tokio::test]
async fn an_operating_address_needs_a_country() {
    let sandbox = Sandbox::start().await;
    let body = with(business("1"), json!({ "operating_city": "Leeds" }));
    assert_eq!(complaints(&sandbox, &body).await, ["operating_country"]);
    sandbox
        .created(&with(body, json!({ "operating_country": "GB" })))
        .await;
}

#[tokio::test]
async fn null_and_empty_count_as_absent() {
    let sandbox = Sandbox::start().await;
    let mut body = individual("a@example.com");
    body["phone"] = Value::Null;
    body["registration_number"] = json!("");
    let id = sandbox.created(&body).await;
    assert_eq!(
        sandbox.get(&format!("/{id}")).await.1["data"]["phone"],
        Value::Null
    );
    body["first_name"] = Value::Null;
    assert_eq!(complaints(&sandbox, &body).await, ["first_name"]);
}

#[tokio::test]
async fn national_ids_are_an_option() {
    let id_card = with(individual("a@example.com"), json!({ "id_type": "id_card" }));
    let sandbox = Sandbox::start().await;
    sandbox.created(&id_card).await;
    let strict = Sandbox::with(|options| options.national_ids = NationalIds::Refuse).await;
    assert_eq!(complaints(&strict, &id_card).await, ["id_type"]);
}

#[tokio::test]
async fn duplicate_individuals_become_second_records() {
    let sandbox = Sandbox::start().await;
    let first = sandbox.created(&individual("a@example.com")).await;
    let second = sandbox.created(&individual("a@example.com")).await;
    assert_ne!(first, second);
    assert_eq!(
        sandbox.get("?email=a@example.com").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn duplicate_individuals_can_be_refused() {
    let sandbox = Sandbox::with(|options| options.individual_duplicates = Duplicates::Refuse).await;
    sandbox.created(&individual("a@example.com")).await;
    assert_eq!(
        complaints(&sandbox, &individual("a@example.com")).await,
        ["email", "id_number"]
    );
    let same_document = with(
        individual("b@example.com"),
        json!({ "id_number": "A-a@example.com" }),
    );
    assert_eq!(complaints(&sandbox, &same_document).await, ["id_number"]);
    sandbox
        .created(&with(
            same_document,
            json!({ "id_type": "drivers_license" }),
        ))
        .await;
    assert_eq!(sandbox.stored().await.len(), 2);
}

#[tokio::test]
async fn duplicate_businesses_are_refused() {
    let sandbox = Sandbox::start().await;
    sandbox.created(&business("1")).await;
    assert_eq!(
        complaints(&sandbox, &business("1")).await,
        ["registration_number"]
    );
    sandbox
        .created(&with(
            business("1"),
            json!({ "country": "US", "incorporation_country": "US" }),
        ))
        .await;
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused() {
    let sandbox = Sandbox::start().await;
    for body in ["{", "[]", "null", "\"text\"", "email=a@example.com"] {
        let request = sandbox.request(Method::POST, CUSTOMERS).body(body);
        let (status, answer) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["message"].is_string());
    }
    let empty = sandbox
        .request(Method::POST, CUSTOMERS)
        .send()
        .await
        .unwrap();
    assert_eq!(answer(empty).await.0, 422);
}
