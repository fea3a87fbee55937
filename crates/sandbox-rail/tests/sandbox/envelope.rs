//! What every answer has in common, and odd but legal requests.

use reqwest::{Method, header};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{CUSTOMERS, Sandbox, answer, individual};

#[tokio::test]
async fn every_answer_is_json_and_tells_the_rate_limit() {
    let sandbox = Sandbox::start().await;
    let cases = [
        (sandbox.request(Method::GET, CUSTOMERS), 200),
        (sandbox.bare(Method::GET, CUSTOMERS), 401),
        (
            sandbox.request(Method::GET, "/api/external/customer/1"),
            404,
        ),
        (sandbox.bare(Method::GET, "/"), 404),
        (sandbox.request(Method::GET, "/api/external/swap"), 404),
        (sandbox.request(Method::DELETE, CUSTOMERS), 405),
        (
            sandbox.request(Method::PATCH, "/api/external/customer/1"),
            405,
        ),
        (sandbox.bare(Method::GET, "/oauth/token"), 405),
        (sandbox.request(Method::POST, CUSTOMERS), 422),
        (
            sandbox
                .request(Method::POST, CUSTOMERS)
                .body("x".repeat(300_000)),
            413,
        ),
    ];
    for (request, expected) in cases {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        for name in [
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
        ] {
            assert!(
                response.headers()[name]
                    .to_str()
                    .unwrap()
                    .parse::<u64>()
                    .is_ok()
            );
        }
        assert_eq!(response.headers()["x-ratelimit-limit"], "120");
        assert!(response.headers().get("x-sandbox-simulated").is_none());
        let (status, body) = answer(response).await;
        assert_eq!(status, expected);
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let sandbox = Sandbox::start().await;
    for content_type in [
        None,
        Some("application/json; charset=utf-8"),
        Some("text/plain"),
    ] {
        let mut request = sandbox
            .request(Method::POST, CUSTOMERS)
            .body(individual("a@example.com").to_string());
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        assert_eq!(request.send().await.unwrap().status(), 201);
    }
}

#[tokio::test]
async fn chunked_bodies_and_kept_connections_are_served() {
    let sandbox = Sandbox::start().await;
    let address = sandbox.rail.url().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.unwrap();
    let body = individual("a@example.com").to_string();
    let (head, tail) = body.split_at(20);
    let create = format!(
        "POST {CUSTOMERS} HTTP/1.1\r\nHost: rail\r\nx-blaaiz-api-key: sandbox-key\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{head}\r\n{:x}\r\n{tail}\r\n0\r\n\r\n",
        head.len(),
        tail.len(),
    );
    let list = format!(
        "GET {CUSTOMERS} HTTP/1.1\r\nHost: rail\r\nx-blaaiz-api-key: sandbox-key\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    connection.write_all(create.as_bytes()).await.unwrap();
    connection.write_all(list.as_bytes()).await.unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 201 "), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 "), "{answers}");
    assert_eq!(sandbox.stored().await[0]["email"], json!("a@example.com"));
}
