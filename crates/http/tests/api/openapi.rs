//! The OpenAPI document. That it knows every answer is checked with every answer of every other test.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use vouch_domain::id::{CustomerId, EventId};
use vouch_http::{openapi_remittance, openapi_treasury};

fn document() -> Value {
    serde_json::from_str(&openapi_remittance()).unwrap()
}

#[test]
fn the_published_documents_are_up_to_date() {
    for (contract, document) in [
        ("remittance", openapi_remittance()),
        ("treasury", openapi_treasury()),
    ] {
        let file = format!("../../openapi/{contract}.json");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let published = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            published == document,
            "write it anew: vouch openapi {contract} > openapi/{contract}.json"
        );
    }
}

#[test]
fn the_document_is_openapi_3_1_with_every_route() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        routes.extend(
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| format!("{method} {path}")),
        );
    }
    let expected = [
        "get /customers",
        "post /customers",
        "get /customers/{id}",
        "patch /customers/{id}",
        "post /customers/{id}/close",
        "post /customers/{id}/files",
        "post /customers/{id}/files/attach",
        "get /customers/{id}/kyc",
        "post /customers/{id}/kyc",
        "get /customers/{id}/virtual_accounts",
        "post /customers/{id}/virtual_accounts",
        "get /events",
        "get /payouts",
        "post /payouts",
        "get /payouts/{id}",
    ];
    assert_eq!(routes, expected);
}

#[test]
fn every_reference_leads_somewhere_and_everything_shared_is_used() {
    for text in [openapi_remittance(), openapi_treasury()] {
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut references = BTreeSet::new();
        collect_references(&document, &mut references);
        for reference in &references {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        for section in ["headers", "parameters", "schemas"] {
            for name in document["components"][section].as_object().unwrap().keys() {
                let reference = format!("/components/{section}/{name}");
                assert!(references.contains(&reference), "{reference} is not used");
            }
        }
    }
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.trim_start_matches('#').to_owned());
            }
            members
                .values()
                .for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

#[test]
fn path_parameters_are_described() {
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].to_string();
            let describes_id = ["/CustomerHandle\"", "/PayoutId\""]
                .iter()
                .any(|name| parameters.contains(name));
            assert_eq!(describes_id, path.contains("{id}"), "{method} {path}");
        }
    }
}

#[test]
fn the_example_ids_are_ids_of_the_moment_that_they_claim() {
    let document = document();
    let responses = &document["paths"]["/events"]["get"]["responses"];
    let event =
        &responses["200"]["content"]["application/json"]["examples"]["example"]["value"]["data"][0];
    let text = |name: &str| event[name].as_str().unwrap();
    let customer = CustomerId::parse(text("customer_id")).unwrap();
    let id = EventId::parse(text("id")).unwrap();
    for created_at in [customer.created_at(), id.created_at()] {
        assert_eq!(
            created_at.to_rfc3339().replace("+00:00", "Z"),
            text("created_at")
        );
    }
}
