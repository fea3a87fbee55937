//! What is not sent because the rail is down.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{net::TcpSocket, time};
use vouch_domain::{
    ports::{AbsenceClear, Rail, RailFailure, Urgency},
    tenant::Env,
};
use vouch_rail::{Circuit, HttpRail, RailSettings, Url};
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    harness::{CUSTOMERS, TOKEN, answer, created, given, id, oauth, person, rail, settings},
    peer::{Conduct, Peer},
};

async fn create(rail: &HttpRail) -> Result<(), RailFailure> {
    let made = rail.create_customer(&person(), Urgency::Caller).await;
    made.map(|_| ())
}

async fn fail_twenty_times(rail: &HttpRail) {
    for _ in 0..20 {
        create(rail).await.unwrap_err();
    }
}

async fn failing(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    given("POST", CUSTOMERS)
        .respond_with(template)
        .mount(&server)
        .await;
    server
}

fn test_env(server: &MockServer) -> HttpRail {
    let settings = settings(&server.uri());
    let url = Url::parse(&server.uri()).unwrap();
    HttpRail::new(RailSettings::new(Env::Test, url, settings.credentials)).unwrap()
}

#[tokio::test]
async fn while_the_circuit_is_open_nothing_is_sent() {
    let server = failing(ResponseTemplate::new(503)).await;
    let rail = rail(&server);
    assert_eq!(rail.circuit(), Circuit::Closed);
    fail_twenty_times(&rail).await;
    // However long this test is kept waiting, no trial is due.
    time::pause();
    assert_eq!(rail.circuit(), Circuit::Open);

    let refused = create(&rail).await.unwrap_err();
    let RailFailure::Unavailable { cause, retry_after } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(cause, "the circuit is open");
    assert!(retry_after.is_some_and(|wait| wait <= Duration::from_secs(2)));
    assert_eq!(
        refused.absence_clear(Duration::from_secs(9)),
        AbsenceClear::Now
    );
    // A read, which would be repeated after other failures, is not either.
    let read = rail.customer(&id("rail-1"), Urgency::Caller).await;
    assert!(matches!(
        read,
        Err(RailFailure::Unavailable {
            retry_after: Some(_),
            ..
        })
    ));
    assert_eq!(server.received_requests().await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_refused_connection_opens_it_in_every_env() {
    for env in Env::ALL {
        // Bound, so that nobody else gets the port, but not listening.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let url = Url::parse(&url).unwrap();
        let rail = HttpRail::new(RailSettings::new(
            env,
            url,
            settings("http://rail.example").credentials,
        ))
        .unwrap();
        fail_twenty_times(&rail).await;
        assert_eq!(rail.circuit(), Circuit::Open);
    }
}

#[tokio::test]
async fn in_test_other_failures_do_not_open_it() {
    let server = failing(ResponseTemplate::new(503)).await;
    let rail = test_env(&server);
    fail_twenty_times(&rail).await;
    assert_eq!(rail.circuit(), Circuit::Closed);
}

#[tokio::test]
async fn failures_to_order_do_not_open_it() {
    let ordered = answer(500, &json!({"message": "Server Error"}))
        .insert_header("X-Sandbox-Simulated", "error_500");
    let server = failing(ordered).await;
    let rail = rail(&server);
    fail_twenty_times(&rail).await;
    assert_eq!(rail.circuit(), Circuit::Closed);
}

#[tokio::test]
async fn a_token_that_cannot_be_had_opens_it() {
    let server = MockServer::start().await;
    given("POST", TOKEN)
        .respond_with(ResponseTemplate::new(503))
        .expect(20)
        .mount(&server)
        .await;
    let rail = HttpRail::new(oauth(&server.uri())).unwrap();
    fail_twenty_times(&rail).await;
    assert_eq!(rail.circuit(), Circuit::Open);
    create(&rail).await.unwrap_err();
}

#[tokio::test]
async fn when_the_rail_is_back_one_call_closes_it() {
    let is_down = Arc::new(AtomicBool::new(true));
    let conduct = Arc::clone(&is_down);
    let peer = Peer::start(move |_| {
        if conduct.load(Ordering::Relaxed) {
            return Conduct::Close(Vec::new());
        }
        let body = r#"{"data":{"id":"rail-1"}}"#;
        let length = body.len();
        Conduct::Answer(
            format!("HTTP/1.1 201 Created\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes(),
        )
    })
    .await;
    let rail = HttpRail::new(settings(&peer.url("http"))).unwrap();
    fail_twenty_times(&rail).await;
    time::pause();
    is_down.store(false, Ordering::Relaxed);
    create(&rail).await.unwrap_err();
    time::advance(Duration::from_secs(2)).await;
    time::resume();
    assert_eq!(create(&rail).await, Ok(()));
    assert_eq!(rail.circuit(), Circuit::Closed);
    assert_eq!(peer.requests("POST"), 21);
}

#[tokio::test]
async fn calls_that_are_not_sent_use_up_no_allowance() {
    let server = MockServer::start().await;
    given("POST", CUSTOMERS)
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(20)
        .mount(&server)
        .await;
    given("POST", CUSTOMERS)
        .respond_with(created())
        .mount(&server)
        .await;
    let rail = HttpRail::new(RailSettings {
        per_minute: std::num::NonZeroU32::new(21),
        ..settings(&server.uri())
    })
    .unwrap();
    fail_twenty_times(&rail).await;
    time::pause();
    fail_twenty_times(&rail).await;
    time::advance(Duration::from_secs(2)).await;
    time::resume();
    assert_eq!(create(&rail).await, Ok(()));
}
