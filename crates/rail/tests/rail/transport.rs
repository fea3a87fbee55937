//! Faults below HTTP: never connected, and never answered, are not the same.

use std::sync::Mutex;

use tokio::net::{TcpListener, TcpSocket};
use vouch_domain::ports::{Rail, RailCustomerId, RailFailure, Urgency};
use vouch_rail::{HttpRail, RailSettings};

use crate::{
    harness::{hurried, id, oauth, person, settings, unavailable, unclear},
    peer::{Conduct, Peer},
};

const DROPPED: &str = "connection dropped, or not HTTP";

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

fn created() -> Vec<u8> {
    http("201 Created", r#"{"data":{"id":"rail-1"}}"#)
}

fn not_found() -> Vec<u8> {
    http("404 Not Found", r#"{"message":"Customer not found."}"#)
}

async fn create(settings: RailSettings) -> Result<RailCustomerId, RailFailure> {
    let rail = HttpRail::new(settings).unwrap();
    rail.create_customer(&person(), Urgency::Caller).await
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    // Bound, so that nobody else gets the port, but not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    assert_eq!(
        create(settings(&url)).await,
        Err(unavailable("could not connect"))
    );
}

#[tokio::test]
async fn a_connection_that_is_never_established_sent_nothing() {
    // Accepts TCP, and never shakes hands.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let made = create(hurried(settings(&url))).await;
    assert_eq!(made, Err(unavailable("connecting timed out")));
}

#[tokio::test]
async fn a_failed_handshake_sent_nothing() {
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", plain.local_addr().unwrap());
    let hang_up = async { drop(plain.accept().await.unwrap()) };
    let (made, ()) = tokio::join!(create(settings(&url)), hang_up);
    assert_eq!(made, Err(unavailable("could not connect")));
}

#[tokio::test]
async fn a_connection_closed_at_once_is_unclear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hang_up = async { drop(listener.accept().await.unwrap()) };
    let (made, ()) = tokio::join!(create(settings(&url)), hang_up);
    assert_eq!(made, Err(unclear(DROPPED)));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unclear() {
    let whole = created();
    let text = |text: &str| text.as_bytes().to_vec();
    for bytes in [
        text(""),
        text("HTTP/1.1 201 Cre"),
        text("HTTP/1.1 201 Created\r\ncontent-length: 24\r\n\r\n"),
        whole[..whole.len() - 1].to_vec(),
        text(
            "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n18\r\n{\"data\":{\"id\":\"rail-1\"}}\r\n",
        ),
        text("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n"),
        text("HTTP/1.1 422 Unprocessable\r\ncontent-length: 24\r\n\r\n{\"message\":"),
        text("\u{1}\u{2}\u{3} nonsense\r\n\r\n"),
        text("HTTP/9.9 999\r\n\r\n"),
    ] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let peer = Peer::start(move |_| Conduct::Close(bytes.clone())).await;
        let made = create(settings(&peer.url("http"))).await;
        assert_eq!(made, Err(unclear(DROPPED)), "{shown}");
        assert_eq!(peer.requests("POST"), 1, "{shown}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_unclear() {
    let whole = created();
    for length in [0, 10, whole.len() - 1] {
        let bytes = whole[..length].to_vec();
        let peer = Peer::start(move |_| Conduct::Stall(bytes.clone())).await;
        let made = create(hurried(settings(&peer.url("http")))).await;
        assert_eq!(made, Err(unclear("timed out")), "{length} bytes");
        assert_eq!(peer.requests("POST"), 1);
    }
}

#[tokio::test]
async fn chunks_and_an_answer_that_the_close_ends_are_read() {
    for bytes in [
        "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n\
         9\r\n{\"data\":{\r\nf\r\n\"id\":\"rail-1\"}}\r\n0\r\n\r\n",
        "HTTP/1.1 201 Created\r\n\r\n{\"data\":{\"id\":\"rail-1\"}}",
        "HTTP/1.0 201 Created\r\n\r\n{\"data\":{\"id\":\"rail-1\"}}",
    ] {
        let peer = Peer::start(|_| Conduct::Close(bytes.as_bytes().to_vec())).await;
        let made = create(settings(&peer.url("http"))).await;
        assert_eq!(made, Ok(id("rail-1")), "{bytes}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let mebibyte = "x".repeat(1 << 20);
    let peer =
        Peer::start(move |_| Conduct::Stall(http("201 Created", &mebibyte.repeat(17)))).await;
    let made = create(settings(&peer.url("http"))).await;
    assert_eq!(made, Err(unclear("answer too long")));
}

#[tokio::test]
async fn a_read_is_repeated_on_a_new_connection() {
    let first = Mutex::new(true);
    let peer = Peer::start(move |_| {
        if std::mem::take(&mut *first.lock().unwrap()) {
            return Conduct::Close(Vec::new());
        }
        Conduct::Answer(not_found())
    })
    .await;
    let rail = HttpRail::new(settings(&peer.url("http"))).unwrap();
    assert_eq!(
        rail.customer(&id("rail-1"), Urgency::Caller).await,
        Ok(None)
    );
    assert_eq!((peer.requests("GET"), peer.connections()), (2, 2));
}

#[tokio::test]
async fn a_read_ends_with_its_deadline() {
    let peer = Peer::start(|_| Conduct::Stall(Vec::new())).await;
    let rail = HttpRail::new(hurried(settings(&peer.url("http")))).unwrap();
    let read = rail.customer(&id("rail-1"), Urgency::Caller).await;
    assert_eq!(read, Err(unclear("timed out")));
    assert_eq!(peer.requests("GET"), 1);
}

#[tokio::test]
async fn a_create_on_a_connection_that_dies_is_not_sent_again() {
    let peer = Peer::start(|request| {
        if request.starts_with("GET") {
            Conduct::Answer(not_found())
        } else {
            Conduct::Close(Vec::new())
        }
    })
    .await;
    let rail = HttpRail::new(settings(&peer.url("http"))).unwrap();
    assert_eq!(
        rail.customer(&id("rail-1"), Urgency::Caller).await,
        Ok(None)
    );
    let made = rail.create_customer(&person(), Urgency::Caller).await;
    assert_eq!(made, Err(unclear(DROPPED)));
    // On the connection of the read: it was kept alive.
    assert_eq!((peer.requests("POST"), peer.connections()), (1, 1));
}

#[tokio::test]
async fn a_create_that_meets_a_stale_connection_is_sent_at_most_once() {
    let peer = Peer::start(|request| {
        if request.starts_with("GET") {
            Conduct::Close(not_found())
        } else {
            Conduct::Answer(created())
        }
    })
    .await;
    let rail = HttpRail::new(settings(&peer.url("http"))).unwrap();
    for _ in 0..100 {
        assert_eq!(
            rail.customer(&id("rail-1"), Urgency::Caller).await,
            Ok(None)
        );
        let before = peer.requests("POST");
        let made = rail.create_customer(&person(), Urgency::Caller).await;
        let sent = peer.requests("POST") - before;
        assert!(
            sent == 1 || (sent == 0 && made == Err(unclear(DROPPED))),
            "{made:?} after {sent}"
        );
    }
}

#[tokio::test]
async fn a_deadline_that_strikes_while_waiting_for_a_token_sent_nothing() {
    let peer = Peer::start(|_| Conduct::Stall(Vec::new())).await;
    let made = create(hurried(oauth(&peer.url("http")))).await;
    assert_eq!(made, Err(unavailable("no access token in time")));
    assert_eq!(
        (
            peer.requests("POST /oauth/token"),
            peer.requests("POST /api")
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn whatever_becomes_of_the_token_request_nothing_was_sent() {
    for bytes in [
        Vec::new(),
        http("200 OK", "garbage"),
        http("200 OK", "{}"),
        http("200 OK", r#"{"access_token":"a\nb"}"#),
        http("400 Bad Request", "<html>"),
        http("500 Internal Server Error", r#"{"error":"server_error"}"#),
        http("503 Service Unavailable", ""),
    ] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let peer = Peer::start(move |_| Conduct::Close(bytes.clone())).await;
        let made = create(oauth(&peer.url("http"))).await;
        assert_eq!(made, Err(unavailable("no access token")), "{shown}");
        assert_eq!(peer.requests("POST /api"), 0, "{shown}");
    }
}
