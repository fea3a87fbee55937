//! What is repeated, how often, and what is not.

use std::time::Duration;

use serde_json::json;
use vouch_domain::{
    customer::ContactField,
    ports::{Rail, RailContactChange, RailFailure, Urgency},
};
use wiremock::{MockServer, ResponseTemplate};

use crate::harness::{CUSTOMER, CUSTOMERS, answer, given, id, listed, person, rail, row, unclear};

fn hiccups() -> [ResponseTemplate; 4] {
    [
        answer(500, &json!({"message": "m"})),
        ResponseTemplate::new(502),
        ResponseTemplate::new(503).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_string("garbage"),
    ]
}

#[tokio::test]
async fn reads_and_updates_survive_two_hiccups() {
    for hiccup in hiccups() {
        let server = MockServer::start().await;
        for (verb, path, good) in [
            ("GET", CUSTOMERS, listed(&json!([row("rail-1")]))),
            (
                "GET",
                CUSTOMER,
                answer(200, &json!({"data": row("rail-1")})),
            ),
            ("PUT", CUSTOMER, answer(200, &json!({"message": "m"}))),
        ] {
            given(verb, path)
                .respond_with(hiccup.clone())
                .up_to_n_times(2)
                .mount(&server)
                .await;
            given(verb, path)
                .respond_with(good)
                .expect(1)
                .mount(&server)
                .await;
        }
        let rail = rail(&server);
        let found = rail.find_customers(&person(), Urgency::Caller).await;
        assert_eq!(found.unwrap().len(), 1);
        let read = rail.customer(&id("rail-1"), Urgency::Caller).await;
        assert!(read.unwrap().is_some());
        let change = RailContactChange {
            contact: &person().contact,
            fields: &[ContactField::Phone],
        };
        let updated = rail
            .update_customer(&id("rail-1"), change, Urgency::Caller)
            .await;
        assert_eq!(updated, Ok(()));
    }
}

#[tokio::test]
async fn the_third_hiccup_is_the_answer() {
    let server = MockServer::start().await;
    given("GET", CUSTOMER)
        .respond_with(ResponseTemplate::new(503))
        .expect(3)
        .mount(&server)
        .await;
    let read = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
    assert_eq!(read, Err(unclear("status 503")));
}

#[tokio::test]
async fn what_the_rail_meant_is_not_asked_again() {
    let body = json!({"message": "m"});
    for status in [400, 401, 403, 404, 409, 422, 429] {
        let server = MockServer::start().await;
        given("GET", CUSTOMER)
            .respond_with(answer(status, &body))
            .expect(1)
            .mount(&server)
            .await;
        let read = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
        assert_ne!(read.is_err(), status == 404, "{status}");
    }
}

#[tokio::test]
async fn a_create_is_sent_once_whatever_comes_of_it() {
    for hiccup in hiccups() {
        let server = MockServer::start().await;
        given("POST", CUSTOMERS)
            .respond_with(hiccup)
            .expect(1)
            .mount(&server)
            .await;
        let made = rail(&server)
            .create_customer(&person(), Urgency::Caller)
            .await;
        assert!(made.is_err());
    }
}

#[tokio::test]
async fn a_create_after_which_we_must_wait_says_how_long() {
    let server = MockServer::start().await;
    given("POST", CUSTOMERS)
        .respond_with(
            answer(429, &json!({"message": "Too many."})).insert_header("retry-after", "7"),
        )
        .mount(&server)
        .await;
    let made = rail(&server)
        .create_customer(&person(), Urgency::Caller)
        .await;
    let expected = RailFailure::Unavailable {
        cause: "status 429".to_owned(),
        retry_after: Some(Duration::from_secs(7)),
    };
    assert_eq!(made, Err(expected));
}
