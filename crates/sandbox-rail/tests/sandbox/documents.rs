//! The documents of a business.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{PNG, Sandbox, business, individual};

const CERTIFICATE: &str = "CERTIFICATE_OF_INCORPORATION";

async fn presigned(sandbox: &Sandbox, id: &str) -> Value {
    let path = format!("/customer/{id}/document/presigned-url");
    let (status, body) = sandbox.call(Method::POST, &path, &json!({})).await;
    assert_eq!(status, 200, "{body}");
    body["data"].clone()
}

async fn uploaded(sandbox: &Sandbox, id: &str) -> Value {
    let presigned = presigned(sandbox, id).await;
    assert_eq!(sandbox.upload(&presigned, PNG).await.status(), 200);
    presigned["file_id"].clone()
}

/// A document that must have been registered.
async fn registered(sandbox: &Sandbox, id: &str, document_type: &str) -> Value {
    let file = uploaded(sandbox, id).await;
    let document = json!({ "type": document_type, "name": "Certificate.png", "file_id": file });
    let path = format!("/customer/{id}/document");
    let (status, body) = sandbox.call(Method::POST, &path, &document).await;
    assert_eq!(status, 201, "{body}");
    body["data"].clone()
}

async fn submit(sandbox: &Sandbox, id: &str) -> (u16, Value) {
    let path = format!("/customer/{id}/submit");
    sandbox.call(Method::POST, &path, &json!({})).await
}

#[tokio::test]
async fn one_certificate_verifies_a_business() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&business("12345")).await;
    let (status, body) = submit(&sandbox, &id).await;
    assert_eq!(status, 422);
    assert_eq!(
        body["message"],
        "Cannot verify business customer: at least one formation document is required."
    );
    registered(&sandbox, &id, "PROOF_OF_ADDRESS").await;
    assert_eq!(submit(&sandbox, &id).await.0, 422);

    let document = registered(&sandbox, &id, CERTIFICATE).await;
    assert_eq!(document["business_customer_id"], id);
    assert_eq!(document["type"], CERTIFICATE);
    assert_eq!(document["extension"], "png");
    assert_eq!(document["status"], "PENDING");
    assert!(document["admin_comments"].is_null());
    let (status, body) = submit(&sandbox, &id).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"]["type"], "business");
    assert_eq!(body["data"]["documents"][1]["status"], "PROCESSING");

    let customer = sandbox.until_status(&id, "VERIFIED").await;
    for document in customer["documents"].as_array().unwrap() {
        assert_eq!(document["status"], "APPROVED");
    }
    let evidence = &sandbox.kept("submissions").await[0]["evidence"];
    assert_eq!(evidence[1]["document_type"], CERTIFICATE);
    assert_eq!(evidence[1]["size"], PNG.len());
}

#[tokio::test]
async fn a_rejected_document_can_be_replaced() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&business("0001")).await;
    let document = registered(&sandbox, &id, CERTIFICATE).await;
    let path = format!(
        "/customer/{id}/document/{}",
        document["id"].as_str().unwrap()
    );
    submit(&sandbox, &id).await;
    sandbox.until_status(&id, "REJECTED").await;
    let (status, body) = sandbox.read(&path).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"]["status"], "REJECTED");
    assert!(
        body["data"]["admin_comments"][0]
            .as_str()
            .unwrap()
            .contains("unreadable")
    );

    let change = json!({ "file_id": uploaded(&sandbox, &id).await, "description": "Clear" });
    let (status, body) = sandbox.call(Method::PUT, &path, &change).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["status"], "PENDING");
    assert_eq!(body["data"]["description"], "Clear");
    assert_eq!(body["data"]["name"], "Certificate.png");
    assert!(body["data"]["admin_comments"].is_null());
    assert_eq!(submit(&sandbox, &id).await.0, 200);
}

#[tokio::test]
async fn documents_are_listed_deleted_and_kept_over_a_restart() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&business("1")).await;
    let first = registered(&sandbox, &id, CERTIFICATE).await;
    let second = registered(&sandbox, &id, "OTHER").await;
    let path = format!("/customer/{id}/document");
    let listed = sandbox.read(&path).await;
    assert_eq!(
        (listed.0, &listed.1["data"]),
        (200, &json!([first, second]))
    );

    let first = format!("{path}/{}", first["id"].as_str().unwrap());
    let (status, _) = sandbox.call(Method::DELETE, &first, &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(sandbox.read(&first).await.0, 404);
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(sandbox.read(&path).await.1["data"], json!([second]));
}

#[tokio::test]
async fn what_is_under_review_or_approved_is_locked() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&business("1")).await;
    let document = registered(&sandbox, &id, CERTIFICATE).await;
    let path = format!("/customer/{id}/document");
    let one = format!("{path}/{}", document["id"].as_str().unwrap());
    for status in ["PROCESSING", "VERIFIED"] {
        sandbox.decide(&id, status).await;
        let none = json!({});
        for (method, path) in [
            (Method::POST, format!("{path}/presigned-url")),
            (Method::POST, path.clone()),
            (Method::PUT, one.clone()),
            (Method::DELETE, one.clone()),
        ] {
            let (code, body) = sandbox.call(method, &path, &none).await;
            assert_eq!(code, 400, "{status} {path}: {body}");
        }
        assert_eq!(sandbox.read(&one).await.0, 200);
    }
    // Back from verified, an approved document stays as it is.
    sandbox.decide(&id, "PENDING").await;
    assert_eq!(sandbox.call(Method::DELETE, &one, &json!({})).await.0, 400);
}

#[tokio::test]
async fn a_document_needs_a_type_a_name_and_an_upload() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&business("1")).await;
    let path = format!("/customer/{id}/document");
    let (_, body) = sandbox.call(Method::POST, &path, &json!({})).await;
    let missing: Vec<_> = body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(missing, ["file_id", "name", "type"]);

    let file = uploaded(&sandbox, &id).await;
    let empty = presigned(&sandbox, &id).await["file_id"].clone();
    for (field, document) in [
        (
            "type",
            json!({ "type": "PASSPORT", "name": "x", "file_id": file }),
        ),
        (
            "name",
            json!({ "type": "OTHER", "name": "x".repeat(256), "file_id": file }),
        ),
        (
            "description",
            json!({ "type": "OTHER", "name": "x", "file_id": file, "description": "x".repeat(2001) }),
        ),
        (
            "file_id",
            json!({ "type": "OTHER", "name": "x", "file_id": empty }),
        ),
    ] {
        let (status, body) = sandbox.call(Method::POST, &path, &document).await;
        assert_eq!(status, 422);
        assert!(body["errors"][field].is_array(), "{field}: {body}");
    }
    let person = sandbox.created(&individual("a@example.com")).await;
    let path = format!("/customer/{person}/document/presigned-url");
    assert_eq!(sandbox.call(Method::POST, &path, &json!({})).await.0, 400);
}
