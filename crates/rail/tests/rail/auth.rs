//! Access tokens: fetched once, kept, dropped and fetched again.

use std::time::Duration;

use serde_json::json;
use tokio::time;
use vouch_domain::ports::{Rail, RailCustomer, RailFailure, Urgency};
use vouch_rail::HttpRail;
use wiremock::{
    MockServer,
    matchers::{body_string, header},
};

use crate::harness::{
    CUSTOMER, CUSTOMERS, TOKEN, answer, created, given, hurried, id, oauth, person, row, token,
    unavailable,
};

async fn rail(server: &MockServer) -> HttpRail {
    HttpRail::new(oauth(&server.uri())).unwrap()
}

async fn read(rail: &HttpRail) -> Result<Option<RailCustomer>, RailFailure> {
    rail.customer(&id("rail-1"), Urgency::Caller).await
}

/// Answers reads with this token, once for each expected call.
async fn accept(server: &MockServer, text: &str, calls: u64) {
    given("GET", CUSTOMER)
        .and(header("authorization", format!("Bearer {text}")))
        .respond_with(answer(200, &json!({"data": row("rail-1")})))
        .expect(calls)
        .mount(server)
        .await;
}

async fn give(server: &MockServer, text: &str) {
    given("POST", TOKEN)
        .respond_with(token(text))
        .up_to_n_times(1)
        .expect(1)
        .mount(server)
        .await;
}

async fn refuse(server: &MockServer, text: &str) {
    given("GET", CUSTOMER)
        .and(header("authorization", format!("Bearer {text}")))
        .respond_with(answer(401, &json!({"message": "Invalid access token."})))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_token_is_asked_for_by_the_form_of_the_documents() {
    let server = MockServer::start().await;
    given("POST", TOKEN)
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string(
            "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret\
             &scope=customer%3Aread+customer%3Awrite+file%3Aupload+virtual-account%3Aread+virtual-account%3Acreate\
             +payout%3Acreate+transaction%3Aread+fees%3Aread+wallet%3Aread",
        ))
        .respond_with(token("one"))
        .expect(1)
        .mount(&server)
        .await;
    accept(&server, "one", 1).await;
    assert!(read(&rail(&server).await).await.is_ok());
}

#[tokio::test]
async fn a_token_is_kept_until_a_minute_before_its_end() {
    let server = MockServer::start().await;
    give(&server, "one").await;
    give(&server, "two").await;
    accept(&server, "one", 2).await;
    accept(&server, "two", 1).await;
    let rail = rail(&server).await;
    read(&rail).await.unwrap();
    pass(Duration::from_secs(830)).await;
    read(&rail).await.unwrap();
    pass(Duration::from_secs(10)).await;
    read(&rail).await.unwrap();
}

async fn pass(span: Duration) {
    time::pause();
    time::advance(span).await;
    time::resume();
}

#[tokio::test]
async fn a_token_without_a_life_lives_as_long_as_usual() {
    for life in [json!(null), json!("soon"), json!(-1)] {
        let server = MockServer::start().await;
        let body = json!({"access_token": "one", "expires_in": life});
        given("POST", TOKEN)
            .respond_with(answer(200, &body))
            .expect(1)
            .mount(&server)
            .await;
        accept(&server, "one", 2).await;
        let rail = rail(&server).await;
        read(&rail).await.unwrap();
        pass(Duration::from_secs(830)).await;
        read(&rail).await.unwrap();
    }
}

#[tokio::test]
async fn a_short_life_serves_one_call() {
    let server = MockServer::start().await;
    let body = json!({"access_token": "one", "expires_in": 60});
    given("POST", TOKEN)
        .respond_with(answer(200, &body))
        .expect(2)
        .mount(&server)
        .await;
    accept(&server, "one", 2).await;
    let rail = rail(&server).await;
    read(&rail).await.unwrap();
    read(&rail).await.unwrap();
}

#[tokio::test]
async fn first_calls_share_one_token_request() {
    let server = MockServer::start().await;
    let slowly = token("one").set_delay(Duration::from_millis(50));
    given("POST", TOKEN)
        .respond_with(slowly)
        .expect(1)
        .mount(&server)
        .await;
    accept(&server, "one", 4).await;
    let rail = rail(&server).await;
    let all = tokio::join!(read(&rail), read(&rail), read(&rail), read(&rail));
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok());
}

#[tokio::test]
async fn a_token_that_leaves_no_time_to_connect_is_not_used() {
    let server = MockServer::start().await;
    let settings = hurried(oauth(&server.uri()));
    let late = token("one").set_delay(settings.create_timeout * 3 / 4);
    given("POST", TOKEN).respond_with(late).mount(&server).await;
    given("POST", CUSTOMERS)
        .respond_with(created())
        .expect(0)
        .mount(&server)
        .await;
    let rail = HttpRail::new(settings).unwrap();
    let made = rail.create_customer(&person(), Urgency::Caller).await;
    assert_eq!(made, Err(unavailable("no access token in time")));
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_call_sent_again() {
    let server = MockServer::start().await;
    give(&server, "one").await;
    give(&server, "two").await;
    refuse(&server, "one").await;
    accept(&server, "two", 2).await;
    let rail = rail(&server).await;
    assert!(read(&rail).await.is_ok());
    assert!(read(&rail).await.is_ok());
}

#[tokio::test]
async fn a_create_too_is_sent_again_after_a_401() {
    let server = MockServer::start().await;
    give(&server, "one").await;
    give(&server, "two").await;
    given("POST", CUSTOMERS)
        .and(header("authorization", "Bearer one"))
        .respond_with(answer(401, &json!({"message": "Expired."})))
        .expect(1)
        .mount(&server)
        .await;
    given("POST", CUSTOMERS)
        .and(header("authorization", "Bearer two"))
        .respond_with(created())
        .expect(1)
        .mount(&server)
        .await;
    let made = rail(&server)
        .await
        .create_customer(&person(), Urgency::Caller)
        .await;
    assert_eq!(made, Ok(id("rail-1")));
}

#[tokio::test]
async fn a_second_401_is_final() {
    let server = MockServer::start().await;
    give(&server, "one").await;
    give(&server, "two").await;
    refuse(&server, "one").await;
    refuse(&server, "two").await;
    assert_eq!(
        read(&rail(&server).await).await,
        Err(RailFailure::Unauthorised)
    );
}

#[tokio::test]
async fn calls_refused_together_share_the_new_token() {
    let server = MockServer::start().await;
    give(&server, "one").await;
    give(&server, "two").await;
    refuse(&server, "one").await;
    accept(&server, "two", 3).await;
    let rail = rail(&server).await;
    let all = tokio::join!(read(&rail), read(&rail), read(&rail));
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
}

#[tokio::test]
async fn a_client_that_is_not_let_in_is_unauthorised() {
    for (status, error) in [
        (401, "invalid_client"),
        (400, "invalid_scope"),
        (403, "forbidden"),
    ] {
        let server = MockServer::start().await;
        let body = json!({"error": error, "error_description": "No."});
        given("POST", TOKEN)
            .respond_with(answer(status, &body))
            .expect(1)
            .mount(&server)
            .await;
        assert_eq!(
            read(&rail(&server).await).await,
            Err(RailFailure::Unauthorised),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_token_endpoint_that_wants_us_to_wait_is_heard() {
    let server = MockServer::start().await;
    let wait = answer(429, &json!({"message": "Too many."})).insert_header("retry-after", "5");
    given("POST", TOKEN)
        .respond_with(wait)
        .expect(1)
        .mount(&server)
        .await;
    let expected = RailFailure::Unavailable {
        cause: "no access token".to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    };
    assert_eq!(read(&rail(&server).await).await, Err(expected));
}
