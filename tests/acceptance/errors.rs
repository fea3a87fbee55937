//! What is refused, how, and which check comes first: the contract, sections 1 and 2.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Service, business, canadian, individual, with, without};

#[tokio::test]
async fn a_path_that_leads_nowhere_is_a_404_before_anything_else() {
    let caller = Caller::of_new_organisation().await;
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/customers",
        "/v1/customer",
        "/v1/customers/x/y",
        "/customers",
        "/v1/swapsies",
        "/v1/payouts",
        "/v1/Customers",
        "/_sandbox/customers",
        "/_sandbox/faults",
        "/metrics",
        "/v1//customers",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = caller.with_key("nonsense").request(method, path);
            let error = Answer::to(request)
                .await
                .expect_error(404, "route_not_found")
                .json();
            assert_eq!(error["error"]["type"], "invalid_request_error");
        }
    }
}

#[tokio::test]
async fn credentials_are_checked_next() {
    let service = Service::shared().await;
    let good = service.caller().key;
    let url = format!("{}/v1/customers", service.url);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let missing = Answer::to(Client::new().request(method.clone(), &url))
            .await
            .expect_error(401, "missing_api_key");
        assert_eq!(
            (
                missing.header("www-authenticate"),
                &missing.json()["error"]["type"]
            ),
            ("Bearer", &json!("authentication_error"))
        );
        let mut changed = good.clone();
        let last = if changed.pop() == Some('a') { 'b' } else { 'a' };
        changed.push(last);
        for value in [
            format!("Bearer {changed}"),
            format!("Bearer {}", good.replace("sk_test_", "sk_live_")),
            format!("Bearer {}", good.to_uppercase()),
            format!("Bearer {good}x"),
            format!("Basic {good}"),
            good.clone(),
            "Bearer".to_owned(),
            format!("Bearer sk_test_{}", "A".repeat(30_000)),
            "Bearer sk_test_' OR 1=1 --".to_owned(),
        ] {
            let request = Client::new()
                .request(method.clone(), &url)
                .header("Authorization", &value);
            let refused = Answer::to(request)
                .await
                .expect_error(401, "invalid_api_key");
            assert!(!refused.text.contains(&good));
        }
    }
    let twice = Client::new()
        .get(&url)
        .bearer_auth(&good)
        .bearer_auth(&good);
    Answer::to(twice).await.expect_error(401, "invalid_api_key");
    for scheme in ["bearer", "BEARER"] {
        Answer::to(
            Client::new()
                .get(&url)
                .header("Authorization", format!("{scheme} {good}")),
        )
        .await
        .expect(200);
    }
}

#[tokio::test]
async fn a_method_that_the_route_does_not_have_names_those_it_has() {
    let caller = Caller::of_new_organisation().await;
    for (path, methods, allowed) in [
        (
            "/v1/customers",
            vec!["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"],
            "GET, HEAD, POST",
        ),
        (
            "/v1/customers/x",
            vec!["PUT", "DELETE", "POST"],
            "GET, HEAD, PATCH",
        ),
        ("/api/v1/events", vec!["PUT", "DELETE", "POST"], "GET, HEAD"),
        ("/livez", vec!["POST"], "GET, HEAD"),
    ] {
        for method in methods {
            let request = caller.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let refused = Answer::to(request)
                .await
                .expect_error(405, "method_not_allowed");
            assert_eq!(refused.header("allow"), allowed, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn media_type_then_size_then_json_then_key_then_fields() {
    let caller = Caller::of_new_organisation().await;
    let post = |headers: &[(&str, &str)], body: &str| {
        let request = caller
            .request(Method::POST, "/v1/customers")
            .body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        async move { Answer::to(request).await }
    };
    let large = "x".repeat(70_000);
    post(&[("Content-Type", "text/plain")], &large)
        .await
        .expect_error(415, "unsupported_media_type");
    post(&[("Content-Type", "application/json")], &large)
        .await
        .expect_error(413, "body_too_large");
    post(&[("Content-Type", "application/json")], "{")
        .await
        .expect_error(400, "invalid_json");
    post(&[("Content-Type", "application/json")], "{}")
        .await
        .expect_error(400, "idempotency_key_required");
    post(
        &[
            ("Content-Type", "application/json"),
            ("Idempotency-Key", ""),
        ],
        "{}",
    )
    .await
    .expect_error(400, "idempotency_key_required");
    post(
        &[
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "a b"),
        ],
        "{}",
    )
    .await
    .expect_refused("invalid_field", "Idempotency-Key");
    post(
        &[
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "k"),
        ],
        "{}",
    )
    .await
    .expect_refused("missing_field", "type");
    for kind in [
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "json",
        "",
    ] {
        post(&[("Content-Type", kind), ("Idempotency-Key", "k")], "{}")
            .await
            .expect_error(415, "unsupported_media_type");
    }
    post(&[("Idempotency-Key", "k")], "{}")
        .await
        .expect_error(415, "unsupported_media_type");
    post(
        &[
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
            ("Idempotency-Key", "k"),
        ],
        "{}",
    )
    .await
    .expect_error(415, "unsupported_media_type");
    for kind in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=latin1",
    ] {
        post(&[("Content-Type", kind), ("Idempotency-Key", "k")], "{}")
            .await
            .expect_refused("missing_field", "type");
    }
}

#[tokio::test]
async fn all_wrong_fields_are_reported_in_the_order_of_the_form() {
    let caller = Caller::of_new_organisation().await;
    let missing = caller
        .create(&json!({}))
        .await
        .expect_refused("missing_field", "type");
    assert_eq!(
        missing.fields(),
        [
            "type",
            "email",
            "country",
            "id_type",
            "id_number",
            "tin",
            "customer_reference",
            "zip_code"
        ]
    );
    let person = caller
        .create(&json!({"type": "individual", "country": "CA"}))
        .await;
    assert_eq!(
        person.fields(),
        [
            "first_name",
            "last_name",
            "dob",
            "email",
            "id_type",
            "id_number",
            "tin",
            "customer_reference",
            "zip_code"
        ]
    );
    let company = caller
        .create(&json!({"type": "business", "country": "CA"}))
        .await;
    assert_eq!(
        company.fields(),
        [
            "business_name",
            "email",
            "id_type",
            "id_number",
            "tin",
            "customer_reference",
            "zip_code"
        ]
    );

    let wrong = json!({"zeta": 1, "alpha": null, "state": "ZZ", "tin": "12", "zip_code": "1", "email": "x", "id_expiry_date": "x", "last_name": 7, "phone": "1"});
    let refused = caller
        .create(&with(&canadian(), &wrong))
        .await
        .expect_refused("invalid_field", "last_name");
    assert_eq!(
        refused.fields(),
        [
            "last_name",
            "email",
            "tin",
            "zip_code",
            "phone",
            "state",
            "id_expiry_date",
            "alpha",
            "zeta"
        ]
    );
    let error = &refused.json()["error"];
    let first = &error["detail"]["errors"][0];
    assert_eq!(
        (&first["field"], &first["code"], &first["message"]),
        (&error["field"], &error["code"], &error["message"])
    );
}

#[tokio::test]
async fn an_unsupported_country_stands_alone() {
    let caller = Caller::of_new_organisation().await;
    for country in ["FR", "UK", "gb", "GBR", "ca", " CA", "CA ", "Canada", "🇨🇦"] {
        let body = with(
            &individual(),
            &json!({"country": country, "tin": "", "zz": 1}),
        );
        let refused = caller
            .create(&body)
            .await
            .expect_refused("country_not_supported", "country");
        assert_eq!(refused.fields(), ["country"], "{country}");
    }
    caller
        .create(&with(&individual(), &json!({"country": ""})))
        .await
        .expect_refused("missing_field", "country");
    caller
        .create(&with(&individual(), &json!({"country": 1})))
        .await
        .expect_refused("invalid_field", "country");
}

#[tokio::test]
async fn every_required_field_is_missed_and_every_type_is_judged() {
    let caller = Caller::of_new_organisation().await;
    for body in [individual(), business()] {
        for field in body.as_object().unwrap().keys() {
            caller
                .create(&without(&body, field))
                .await
                .expect_refused("missing_field", field);
            for blank in [json!(""), json!("   "), Value::Null] {
                caller
                    .create(&with(&body, &json!({field: blank})))
                    .await
                    .expect_refused("missing_field", field);
            }
            for wrong in [json!(1), json!(true), json!([]), json!({}), json!(["x"])] {
                caller
                    .create(&with(&body, &json!({field: wrong})))
                    .await
                    .expect_refused("invalid_field", field);
            }
        }
    }
    for field in [
        "phone",
        "street",
        "city",
        "state",
        "interac_email",
        "id_expiry_date",
        "id_issue_date",
    ] {
        for wrong in [json!(""), json!("  "), json!(1), json!(false), json!([])] {
            caller
                .create(&with(&canadian(), &json!({field: wrong})))
                .await
                .expect_refused("invalid_field", field);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_refused() {
    let caller = Caller::of_new_organisation().await;
    for (body, field, value) in [
        (individual(), "business_name", "Acme"),
        (business(), "first_name", "Ada"),
        (business(), "last_name", "Lovelace"),
        (business(), "dob", "1990-01-01"),
        (business(), "interac_email", "x@example.com"),
        (individual(), "id_type", "certificate_of_incorporation"),
        (individual(), "id_type", "national_id"),
        (business(), "id_type", "passport"),
        (individual(), "customer_reference", "ckcust_1"),
        (individual(), "customer_reference", ".."),
        (individual(), "customer_reference", " x"),
        (individual(), "dob", "2020-01-01"),
        (individual(), "dob", "1990-02-30"),
        (individual(), "dob", "1899-12-31"),
    ] {
        caller
            .create(&with(&body, &json!({field: value})))
            .await
            .expect_refused("invalid_field", field);
    }
    let dates = json!({"id_issue_date": "2030-01-02", "id_expiry_date": "2030-01-01"});
    caller
        .create(&with(&individual(), &dates))
        .await
        .expect_refused("invalid_field", "id_issue_date");
}

#[tokio::test]
async fn secrets_are_not_repeated() {
    let caller = Caller::of_new_organisation().await;
    let body = with(
        &individual(),
        &json!({"tin": "SECRET-1", "id_number": "§SECRET-2", "phone": "SECRET-3", "dob": "SECRET-4", "street": "SECRET\u{0}5", "email": "SECRET-6", "zip_code": "SECRET-7"}),
    );
    let refused = caller.create(&body).await.expect(400);
    assert!(!refused.text.contains("SECRET"), "{}", refused.text);
    assert_eq!(refused.fields().len(), 7);
}

#[tokio::test]
async fn a_request_is_named() {
    let caller = Caller::of_new_organisation().await;
    for name in ["x", "abc-123", &"n".repeat(128), "!~"] {
        for path in [
            "/v1/customers",
            "/v1/customers/nobody",
            "/livez",
            "/nowhere",
        ] {
            let answer = Answer::to(
                caller
                    .request(Method::GET, path)
                    .header("X-Request-Id", name),
            )
            .await;
            assert_eq!(answer.header("x-request-id"), name);
        }
    }
    for name in ["", "a b", &"n".repeat(129), "é"] {
        let answer = Answer::to(
            caller
                .request(Method::GET, "/v1/customers")
                .header("X-Request-Id", name),
        )
        .await;
        let given = answer.header("x-request-id");
        assert!(given != name && given.len() == 36, "{given}");
    }
}

#[tokio::test]
async fn answers_are_for_nobodys_cache() {
    let caller = Caller::of_new_organisation().await;
    for path in [
        "/v1/customers",
        "/v1/customers/nobody",
        "/livez",
        "/readyz",
        "/nowhere",
    ] {
        let answer = caller.get(path).await;
        assert_eq!(
            (
                answer.header("cache-control"),
                answer.header("content-type")
            ),
            ("no-store", "application/json"),
            "{path}"
        );
    }
}
