//! What is written down about a request.

use std::{cell::RefCell, io, sync::Once};

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};
use vouch_domain::ports::StoreError;

use crate::support::{KEY, World, json_request};

thread_local! {
    /// What this test's thread has logged.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread that logs.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts to listen. One subscriber for all threads: interest in a log line is cached for the whole process.
fn listen() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| ThreadLog)
            .init();
    });
}

fn text() -> String {
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}

/// What Vouch has logged; libraries have much to say at this level.
fn lines() -> Vec<Value> {
    let lines = text();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["target"].as_str().unwrap().starts_with("vouch"))
        .collect()
}

#[actix_web::test]
async fn one_line_per_request_with_the_template_of_its_route() {
    listen();
    let world = World::new();
    let request = TestRequest::get()
        .uri("/api/v1/customers/canary-path?q=canary-query")
        .insert_header(("X-Request-Id", "request-1"));
    world.call(request).await;
    world.send(TestRequest::get().uri("/canary-path")).await;
    let lines = lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let fields = &lines[0]["fields"];
    assert_eq!(fields["method"], "GET");
    assert_eq!(fields["route"], "/api/v1/customers/{id}");
    assert_eq!(fields["status"], 404);
    assert_eq!(fields["request_id"], "request-1");
    assert!(fields["millis"].as_f64().unwrap() >= 0.0);
    assert_eq!(lines[1]["fields"]["route"], "unmatched");
}

#[actix_web::test]
async fn nothing_that_a_caller_sent_is_written_down() {
    listen();
    let world = World::new();
    let body = json!({ "canary_name": "canary-value", "first_name": "canary-value", "email": "canary@value" });
    for (method, uri) in [
        (Method::POST, "/v1/customers?canary=1"),
        (Method::PATCH, "/v1/customers/canary-path"),
        (Method::GET, "/v1/customers?q=canary&canary=1"),
        (Method::GET, "/v1/events?customer_id=canary"),
        (Method::GET, "/docs/canary"),
    ] {
        let request = json_request(method, uri, &body)
            .insert_header(("Idempotency-Key", "canary-key"))
            .insert_header(("User-Agent", "canary-agent"));
        world.call(request).await;
    }
    let text = text();
    assert_eq!(lines().len(), 5, "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert!(!text.contains(KEY), "{text}");
}

#[actix_web::test]
async fn the_cause_of_a_fault_is_written_down_once() {
    listen();
    let world = World::new();
    for (failure, cause) in [
        (None, "a handler panicked"),
        (
            Some(StoreError::Defect("42601".to_owned())),
            "the store failed: 42601",
        ),
        (
            Some(StoreError::Unavailable("08006".to_owned())),
            "the store is unavailable: 08006",
        ),
    ] {
        LOG.take();
        *world.ports.find_failure.lock().unwrap() = Some(failure);
        let answer = world.get("/v1/customers/x").await;
        let lines = lines();
        let errors: Vec<_> = lines
            .iter()
            .filter(|line| line["level"] == "ERROR")
            .collect();
        assert_eq!(errors.len(), 1, "{lines:?}");
        assert_eq!(errors[0]["fields"]["cause"], cause);
        let request_id = errors[0]["fields"]["request_id"].as_str();
        assert_eq!(request_id, answer.header("X-Request-Id"));
    }
}
