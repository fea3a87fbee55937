//! Naming a customer in a path, and what comes with it: the contract, sections 1 and 6.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Caller, Service, exchange, individual, with};

async fn create(caller: &Caller, reference: &str) -> Answer {
    let body = with(&individual(), &json!({"customer_reference": reference}));
    caller.create(&body).await.expect(201)
}

#[tokio::test]
async fn a_customer_is_found_by_id_and_by_reference_under_both_bases() {
    let caller = Caller::of_new_organisation().await;
    let made = create(&caller, "mine").await;
    for base in ["/v1", "/api/v1"] {
        for handle in [made.id(), "mine".to_owned()] {
            let found = caller
                .get(&format!("{base}/customers/{handle}"))
                .await
                .expect(200);
            assert_eq!(found.text, made.text);
        }
        assert_eq!(
            caller
                .get(&format!("{base}/customers"))
                .await
                .expect(200)
                .references(),
            ["mine"]
        );
    }
}

#[tokio::test]
async fn any_reference_can_stand_in_a_path() {
    let caller = Caller::of_new_organisation().await;
    for reference in [
        "a/b",
        "100%",
        "x+y",
        "two words",
        "用户-1",
        "é",
        "e\u{301}",
        "a?b=c",
        "a#b",
        "a%2Fb",
        "%",
        "...",
        "~",
        "a;b",
        "a&b",
        "a\\b",
        "\"quoted\"",
        "<tag>",
        "{id}",
        "a//b",
        "/",
        "/leading",
        "CKCUST_x",
        "🦀",
        "a\u{a0}b",
        "null",
        "0",
    ] {
        let made = create(&caller, reference).await;
        assert_eq!(made.json()["customer_reference"], reference);
        assert_eq!(
            caller.retrieve(reference).await.expect(200).id(),
            made.id(),
            "{reference}"
        );
        let patched = caller
            .patch(reference, &json!({"city": "Ottawa"}))
            .await
            .expect(200);
        assert_eq!(patched.id(), made.id());
        assert_eq!(caller.events(reference).await.len(), 2, "{reference}");
    }
}

#[tokio::test]
async fn what_need_not_be_escaped_may_stand_as_it_is() {
    let caller = Caller::of_new_organisation().await;
    create(&caller, "x+y").await;
    create(&caller, "a:b@c!$'()*,;=").await;
    caller.get("/v1/customers/x+y").await.expect(200);
    caller.get("/v1/customers/x%2by").await.expect(200);
    caller
        .get("/v1/customers/x%20y")
        .await
        .expect_error(404, "customer_not_found");
    caller.get("/v1/customers/a:b@c!$'()*,;=").await.expect(200);
}

#[tokio::test]
async fn references_are_compared_byte_for_byte() {
    let caller = Caller::of_new_organisation().await;
    create(&caller, "Mine").await;
    create(&caller, "é").await;
    for other in [
        "mine", "MINE", "Mine ", " Mine", "Min", "Mine2", "e\u{301}", "É",
    ] {
        caller
            .retrieve(other)
            .await
            .expect_error(404, "customer_not_found");
    }
    create(&caller, "mine").await;
    create(&caller, "e\u{301}").await;
}

#[tokio::test]
async fn ids_are_compared_exactly() {
    let caller = Caller::of_new_organisation().await;
    let id = create(&caller, "mine").await.id();
    let changed_last = format!(
        "{}{}",
        &id[..id.len() - 1],
        if id.ends_with('0') { '1' } else { '0' }
    );
    for other in [
        id.to_uppercase(),
        id[..id.len() - 1].to_owned(),
        format!("{id}0"),
        changed_last,
        "ckcust_".to_owned(),
        "ckcust_x".to_owned(),
        id.replace("ckcust_", "ckevt_"),
        id.replace("ckcust_", ""),
        format!("ckcust_{}", "z".repeat(26)),
    ] {
        caller
            .retrieve(&other)
            .await
            .expect_error(404, "customer_not_found");
    }
}

#[tokio::test]
async fn a_path_that_names_nothing_is_a_404() {
    let service = Service::shared().await;
    let caller = service.caller();
    for segment in [
        "%",
        "%2",
        "%zz",
        "%FF",
        "%C3",
        "%ED%A0%80",
        "%00",
        "a%00b",
        "a%0Ab",
        "%20",
        "%2e%2e",
        "%2E",
    ] {
        let request = format!(
            "GET /v1/customers/{segment} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
            caller.key
        );
        let answer = exchange(&service.url, request.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "customer_not_found"),
            "{segment}"
        );
        assert!(answer.head.contains("x-request-id: "));
    }
    caller
        .get(&format!("/v1/customers/{}", "a".repeat(129)))
        .await
        .expect_error(404, "customer_not_found");
    caller
        .get(&format!("/v1/customers/{}", "a".repeat(20_000)))
        .await
        .expect_error(404, "customer_not_found");
    caller
        .get("/v1/customers/")
        .await
        .expect_error(404, "route_not_found");
    caller
        .get("/v1/customers/a/b")
        .await
        .expect_error(404, "route_not_found");
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let caller = Caller::of_new_organisation().await;
    create(&caller, "mine").await;
    let get = async |tags: &str| {
        let request = caller
            .request(Method::GET, "/v1/customers/mine")
            .header("If-None-Match", tags);
        Answer::to(request).await
    };
    for tags in ["\"1\"", "W/\"1\"", "*", "\"7\", \"1\"", "\"a,b\", W/\"1\""] {
        let known = get(tags).await.expect(304);
        assert_eq!(
            (known.text.as_str(), known.header("etag")),
            ("", "\"1\""),
            "{tags}"
        );
    }
    for tags in ["\"2\"", "1", "\"01\"", "\"", "\"\"", "W/\"2\""] {
        assert_eq!(
            get(tags).await.expect(200).header("etag"),
            "\"1\"",
            "{tags}"
        );
    }
    caller
        .patch("mine", &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    assert_eq!(get("\"1\"").await.expect(200).header("etag"), "\"2\"");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let caller = Caller::of_new_organisation().await;
    create(&caller, "mine").await;
    for path in ["/v1/customers/mine", "/v1/customers", "/livez", "/readyz"] {
        let head = Answer::to(caller.request(Method::HEAD, path))
            .await
            .expect(200);
        assert_eq!(head.text, "");
    }
}
