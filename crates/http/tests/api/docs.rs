//! The interactive reference works without any other server.

use actix_web::test::TestRequest;

use crate::support::World;

#[actix_web::test]
async fn the_page_loads_its_own_files_only() {
    let world = World::new();
    let page = world.send(TestRequest::get().uri("/docs/")).await;
    assert_eq!(
        (page.status, page.header("Content-Type")),
        (200, Some("text/html"))
    );
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"));
    let mut files = 0;
    for attribute in ["src=\"", "href=\""] {
        for link in page.text().split(attribute).skip(1) {
            let link = link.split('"').next().unwrap();
            assert!(!link.contains(':') && !link.starts_with('/'), "{link}");
            let uri = format!("/docs/{}", link.trim_start_matches("./"));
            let file = world.send(TestRequest::get().uri(&uri)).await;
            assert_eq!(file.status, 200, "{uri}");
            assert!(!file.body.is_empty(), "{uri}");
            files += 1;
        }
    }
    assert!(files >= 4, "{}", page.text());
    assert!(!page.text().contains("://"), "{}", page.text());
}

#[actix_web::test]
async fn the_page_shows_our_documents_and_asks_nobody_to_validate_it() {
    let uri = "/docs/swagger-initializer.js";
    let script = World::new().send(TestRequest::get().uri(uri)).await;
    for document in ["/openapi/remittance.json", "/openapi/treasury.json"] {
        let document = format!("\"{document}\"");
        assert!(script.text().contains(&document), "{}", script.text());
    }
    assert!(
        script.text().contains("\"validatorUrl\": \"none\""),
        "{}",
        script.text()
    );
    assert!(!script.text().contains("://"), "{}", script.text());
}

#[actix_web::test]
async fn the_entrance_leads_to_the_page() {
    let answer = World::new().send(TestRequest::get().uri("/docs")).await;
    assert_eq!(
        (answer.status, answer.header("Location")),
        (308, Some("/docs/"))
    );
}

#[actix_web::test]
async fn other_files_do_not_exist() {
    let world = World::new();
    for uri in [
        "/docs/none.js",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/Cargo.toml",
    ] {
        let answer = world.send(TestRequest::get().uri(uri)).await;
        answer.expect_error(404, "route_not_found", None);
    }
}

#[actix_web::test]
async fn the_document_needs_no_credentials() {
    let uri = "/openapi/remittance.json";
    let answer = World::new().send(TestRequest::get().uri(uri)).await;
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("application/json"))
    );
    assert_eq!(answer.text(), vouch_http::openapi_remittance());
}
