//! How a body must be.

use actix_web::test::TestRequest;

use crate::support::{Answer, World, create_body};

async fn post(headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let mut request = TestRequest::post()
        .uri("/v1/customers")
        .insert_header(("Idempotency-Key", "key-1"))
        .set_payload(body.into());
    for header in headers {
        request = request.append_header(*header);
    }
    World::new().call(request).await
}

#[actix_web::test]
async fn json_may_be_called_by_its_name_in_many_ways() {
    for name in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"utf-8\" ; x=y",
    ] {
        let answer = post(&[("Content-Type", name)], create_body().to_string()).await;
        assert_eq!(answer.status, 201, "{name}");
    }
}

#[actix_web::test]
async fn other_media_types_are_refused() {
    let body = create_body().to_string();
    for headers in [
        &[][..],
        &[("Content-Type", "")],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/jsonp")],
        &[("Content-Type", "application/merge-patch+json")],
        &[("Content-Type", "application/json, text/plain")],
        &[
            ("Content-Type", "application/json"),
            ("Content-Type", "text/plain"),
        ],
        &[
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ],
    ] {
        let answer = post(headers, body.clone()).await;
        answer.expect_error(415, "unsupported_media_type", None);
    }
}

#[actix_web::test]
async fn no_body_is_no_json() {
    for headers in [
        &[][..],
        &[("Content-Type", "application/json")],
        &[("Content-Type", "application/json; charset=utf-8")],
    ] {
        post(headers, "")
            .await
            .expect_error(400, "invalid_json", None);
    }
}

#[actix_web::test]
async fn bodies_are_limited() {
    let json = [("Content-Type", "application/json")];
    let sized = |size: usize| {
        let body = create_body().to_string();
        format!("{}{body}", " ".repeat(size - body.len()))
    };
    assert_eq!(post(&json, sized(65_536)).await.status, 201);
    post(&json, sized(65_537))
        .await
        .expect_error(413, "body_too_large", None);
}

#[actix_web::test]
async fn json_is_read_strictly() {
    let json = [("Content-Type", "application/json")];
    for body in [
        &b"[]"[..],
        b"null",
        b"{",
        b"{} {}",
        b"{\"a\":1,\"a\":2}",
        b"{\"a\":{\"b\":1,\"\\u0062\":2}}",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
    ] {
        post(&json, body)
            .await
            .expect_error(400, "invalid_json", None);
    }
}
