//! What the service says about the Treasury API.

use std::fs;

use reqwest::Client;
use serde_json::Value;

use crate::harness::{Answer, Service};

async fn get(service: &Service, path: &str) -> Answer {
    Answer::to(Client::new().get(format!("{}{path}", service.url)))
        .await
        .expect(200)
}

#[tokio::test]
async fn the_document_is_the_same_everywhere() {
    let service = Service::shared().await;
    let served: Value = get(&service, "/openapi/treasury.json").await.json();
    let printed = service.home.run(&["openapi", "treasury"]).json();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/treasury.json");
    let kept: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(served, printed);
    assert_eq!(served, kept);
    assert_eq!(served["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_reference_shows_both_contracts() {
    let service = Service::shared().await;
    let script = get(&service, "/docs/swagger-initializer.js").await.text;
    for document in ["/openapi/remittance.json", "/openapi/treasury.json"] {
        assert!(script.contains(document), "{script}");
    }
}
