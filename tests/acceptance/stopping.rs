//! A service that is asked to stop.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Caller, Service, eventually, individual};

#[tokio::test]
async fn requests_under_way_are_finished() {
    for signal in ["TERM", "INT"] {
        let service = Service::new().await;
        let (caller, body) = (service.caller(), individual());
        let address = service.url.replace("http://", "");
        let text = body.to_string();
        let (start, rest) = text.split_at(text.len() / 2);
        let head = format!(
            "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: k\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            caller.key,
            text.len()
        );
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The service has read the head, and has begun.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
        stream.write_all(start.as_bytes()).await.unwrap();
        service.process.signal(signal);
        eventually("a closed door", async || {
            TcpStream::connect(&address).await.is_err().then_some(())
        })
        .await;

        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
        assert!(service.process.ends().await.success());

        let again = service.home.serve().await;
        let caller = Caller::new(&again.url, &caller.key);
        let found = caller
            .retrieve(body["customer_reference"].as_str().unwrap())
            .await
            .expect(200);
        assert!(answer.ends_with(&found.text));
    }
}

#[tokio::test]
async fn a_reservation_in_hand_is_finished_or_given_back() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    rail.fail_once("drop_after_commit").await;
    let slow = json!({"operation": "lookup", "fault": "error_500", "times": 1, "delay_ms": 1500});
    rail.fault(slow).await;
    caller
        .create(&individual())
        .await
        .expect_error(502, "provider_error");
    eventually("a look-up by the reconciler", async || {
        (rail.fired().await == 2).then_some(())
    })
    .await;
    assert!(service.process.stop().await.success());
    let database = service.home.database().client().await;
    let held = "SELECT count(*) FROM reservations WHERE leased_until > now()";
    let held: i64 = database.query_one(held, &[]).await.unwrap().get(0);
    assert_eq!(held, 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let service = Service::new().await;
    let caller = service.caller();
    caller.list(&[]).await.expect(200);
    let _idle = TcpStream::connect(service.url.replace("http://", ""))
        .await
        .unwrap();
    let since = std::time::Instant::now();
    assert!(service.process.stop().await.success());
    assert!(
        since.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
}
