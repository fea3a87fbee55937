//! `GET /v1/customers/{id}`

use actix_web::test::TestRequest;
use vouch_domain::customer::CustomerHandle;

use crate::support::{CUSTOMER, REFERENCE, World};

#[actix_web::test]
async fn a_customer_is_found_by_id_and_by_reference() {
    let world = World::new();
    // One reference, escaped in several ways: `a/b%2F+é c`.
    for name in [
        CUSTOMER,
        "a%2Fb%252F+%C3%A9%20c",
        "a%2fb%252F%2B%c3%a9%20c",
        "%61%2Fb%252F+%C3%A9%20c",
    ] {
        for base in ["/v1", "/api/v1"] {
            let answer = world.get(&format!("{base}/customers/{name}")).await;
            assert_eq!(answer.status, 200, "{name}");
            assert_eq!(answer.json()["customer_reference"], REFERENCE);
            assert_eq!(answer.header("ETag"), Some("\"3\""));
        }
    }
}

#[actix_web::test]
async fn references_are_decoded_exactly_once() {
    let world = World::new();
    for (name, reference) in [
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%252Bb", "a%2Bb"),
        ("a%25", "a%"),
        ("%2525", "%25"),
        ("a%2F..%2Fb", "a/../b"),
        ("a;b=c,d", "a;b=c,d"),
        ("%E2%82%AC", "€"),
        ("a%3Fb%23c", "a?b#c"),
        ("%7Bid%7D", "{id}"),
    ] {
        let answer = world.get(&format!("/v1/customers/{name}")).await;
        answer.expect_error(404, "customer_not_found", None);
        let asked = world.ports.found.lock().unwrap().pop();
        assert_eq!(asked, CustomerHandle::parse(reference), "{name}");
    }
}

#[actix_web::test]
async fn what_can_name_nobody_is_not_looked_up() {
    let world = World::new();
    let too_long = "x".repeat(129);
    for name in [
        "%",
        "a%2",
        "%GG",
        "%%32%35",
        "%FF",
        "%C3",
        "%ED%A0%80",
        "%00",
        "a%0Ab",
        "%20a",
        "%2E",
        "%2E%2E",
        "ckcust_",
        "ckcust_01H455VB4PEX5VSKNK084SN02Q",
        "ckevt_01h455vb4pex5vsknk084sn02q%0A",
        &too_long,
    ] {
        let answer = world.get(&format!("/v1/customers/{name}")).await;
        answer.expect_error(404, "customer_not_found", None);
    }
    assert!(world.ports.found.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn what_the_caller_has_is_not_sent_again() {
    let world = World::new();
    for (if_none_match, expected) in [
        ("\"3\"", 304),
        ("W/\"3\"", 304),
        ("\"1\", W/\"3\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("3", 200),
        ("\"3\" x", 200),
        ("", 200),
    ] {
        let request = TestRequest::get()
            .uri(&format!("/v1/customers/{CUSTOMER}"))
            .insert_header(("If-None-Match", if_none_match));
        let answer = world.call(request).await;
        assert_eq!(answer.status, expected, "{if_none_match}");
        assert_eq!(answer.header("ETag"), Some("\"3\""));
        assert_eq!(answer.body.is_empty(), expected == 304);
    }
    let request = TestRequest::get()
        .uri("/v1/customers/nobody")
        .insert_header(("If-None-Match", "*"));
    world
        .call(request)
        .await
        .expect_error(404, "customer_not_found", None);
}
