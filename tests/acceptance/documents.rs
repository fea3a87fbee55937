//! What the service says about itself.

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
    let served: Value = get(&service, "/openapi/remittance.json").await.json();
    let printed = service.home.run(&["openapi", "remittance"]).json();
    let kept = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../openapi/remittance.json"
    ))
    .unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(served, printed);
    assert_eq!(served, kept);
    assert_eq!(
        served["openapi"]
            .as_str()
            .unwrap()
            .split('.')
            .take(2)
            .collect::<Vec<_>>(),
        ["3", "1"]
    );
}

#[tokio::test]
async fn the_reference_loads_nothing_from_elsewhere() {
    let service = Service::shared().await;
    let page = get(&service, "/docs").await.text;
    for (position, _) in page.match_indices("=\"") {
        let link = page[position + 2..].split('"').next().unwrap();
        assert!(
            !link.starts_with("http") && !link.starts_with("//"),
            "{link}"
        );
        if link.ends_with(".js") || link.ends_with(".css") {
            let file = get(
                &service,
                &format!("/docs/{}", link.trim_start_matches("./")),
            )
            .await;
            assert!(!file.text.is_empty());
        }
    }
    assert!(page.contains("swagger"), "{page}");
}
