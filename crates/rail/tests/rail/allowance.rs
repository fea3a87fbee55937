//! What is not sent because too much was.

use std::{num::NonZeroU32, time::Duration};

use serde_json::json;
use vouch_domain::ports::{Rail, RailFailure, Urgency};
use vouch_rail::{HttpRail, RailSettings};
use wiremock::MockServer;

use crate::harness::{
    CUSTOMER, CUSTOMERS, TOKEN, answer, created, given, id, oauth, person, settings, token,
};

fn limited(settings: RailSettings, per_minute: u32) -> HttpRail {
    HttpRail::new(RailSettings {
        per_minute: NonZeroU32::new(per_minute),
        ..settings
    })
    .unwrap()
}

fn wait_after<T>(outcome: Result<T, RailFailure>) -> Duration {
    match outcome {
        Err(RailFailure::Unavailable {
            retry_after: Some(wait),
            ..
        }) => wait,
        Err(failure) => panic!("{failure:?}"),
        Ok(_) => panic!("a call too many"),
    }
}

#[tokio::test]
async fn beyond_the_allowance_nothing_is_sent() {
    let server = MockServer::start().await;
    // Access tokens do not count.
    given("POST", TOKEN)
        .respond_with(token("one"))
        .mount(&server)
        .await;
    given("POST", CUSTOMERS)
        .respond_with(created())
        .expect(2)
        .mount(&server)
        .await;
    let rail = limited(oauth(&server.uri()), 2);
    for _ in 0..2 {
        rail.create_customer(&person(), Urgency::Caller)
            .await
            .unwrap();
    }
    let wait = wait_after(rail.create_customer(&person(), Urgency::Caller).await);
    assert!(
        wait > Duration::from_secs(50) && wait <= Duration::from_secs(60),
        "{wait:?}"
    );
}

#[tokio::test]
async fn background_work_leaves_half_to_callers() {
    let server = MockServer::start().await;
    let missing = answer(404, &json!({"message": "Customer not found."}));
    given("GET", CUSTOMER)
        .respond_with(missing)
        .expect(2)
        .mount(&server)
        .await;
    let rail = limited(settings(&server.uri()), 2);
    let id = id("rail-1");
    assert_eq!(rail.customer(&id, Urgency::Background).await, Ok(None));
    wait_after(rail.customer(&id, Urgency::Background).await);
    assert_eq!(rail.customer(&id, Urgency::Caller).await, Ok(None));
}

#[tokio::test]
async fn repetitions_count() {
    let server = MockServer::start().await;
    let broken = answer(500, &json!({"message": "m"}));
    given("GET", CUSTOMER)
        .respond_with(broken)
        .expect(2)
        .mount(&server)
        .await;
    let rail = limited(settings(&server.uri()), 2);
    wait_after(rail.customer(&id("rail-1"), Urgency::Caller).await);
}

#[tokio::test]
async fn after_a_429_nothing_is_sent_where_calls_are_counted() {
    for (per_minute, sent) in [(110, 1), (0, 2)] {
        let server = MockServer::start().await;
        let too_many = answer(429, &json!({"message": "m"}))
            .insert_header("date", "Thu, 15 Jan 2026 10:00:00 GMT")
            .insert_header("x-ratelimit-reset", "1768471225");
        given("POST", CUSTOMERS)
            .respond_with(too_many)
            .expect(sent)
            .mount(&server)
            .await;
        let rail = limited(settings(&server.uri()), per_minute);
        for _ in 0..2 {
            let wait = wait_after(rail.create_customer(&person(), Urgency::Caller).await);
            assert!(
                wait > Duration::from_secs(20) && wait <= Duration::from_secs(25),
                "{wait:?}"
            );
        }
    }
}
