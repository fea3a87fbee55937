//! What only a real connection shows.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use actix_web::rt;
use vouch_http::{ServerHandle, serve};

use crate::support::{CUSTOMER, KEY, World};

fn start() -> (SocketAddr, ServerHandle) {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let services = world.services();
    let server = serve(listener, 1, move || services.clone(), world.shared()).unwrap();
    let handle = server.handle();
    rt::spawn(server);
    (address, handle)
}

/// Sends bytes and reads what comes until the server closes.
async fn exchange(address: SocketAddr, bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    rt::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

fn head(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n")
}

#[actix_web::test]
async fn head_is_get_without_a_body() {
    let (address, handle) = start();
    let path = format!("/v1/customers/{CUSTOMER}");
    let get = exchange(address, head(&format!("GET {path}")) + "\r\n").await;
    let answer = exchange(address, head(&format!("HEAD {path}")) + "\r\n").await;
    let length = |answer: &str| {
        let line = answer
            .lines()
            .find(|line| line.starts_with("content-length"));
        line.map(str::to_owned)
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("etag: \"3\"") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    assert_eq!(length(&answer), length(&get));
    assert!(get.ends_with('}'));
    handle.stop(true).await;
}

#[actix_web::test]
async fn chunked_bodies_are_limited_too() {
    let (address, handle) = start();
    let post = head("POST /v1/customers")
        + "Content-Type: application/json\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let fits = exchange(
        address,
        format!("{post}{}2\r\n{{}}\r\n0\r\n\r\n", chunk.repeat(2)),
    )
    .await;
    assert!(fits.starts_with("HTTP/1.1 400"), "{fits}");
    assert!(fits.contains("\"missing_field\""), "{fits}");
    let too_large = exchange(
        address,
        format!("{post}{}1\r\nx\r\n0\r\n\r\n", chunk.repeat(16)),
    )
    .await;
    assert!(too_large.starts_with("HTTP/1.1 413"), "{too_large}");
    assert!(too_large.contains("\"body_too_large\""), "{too_large}");
    handle.stop(true).await;
}

#[actix_web::test]
async fn an_announced_length_is_believed_before_the_body_comes() {
    let (address, handle) = start();
    let post = head("POST /v1/customers")
        + "Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n";
    let answer = exchange(address, post).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    handle.stop(true).await;
}

#[actix_web::test]
async fn the_server_stops_when_told() {
    let (address, handle) = start();
    handle.stop(true).await;
    assert!(TcpStream::connect(address).is_err());
}
