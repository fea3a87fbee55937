//! Finding a customer by e-mail and document number.

use serde_json::{Value, json};
use vouch_domain::ports::{Rail, RailCustomer, RailFailure, Urgency};
use wiremock::{
    MockServer, ResponseTemplate,
    matchers::{query_param, query_param_is_missing},
};

use crate::harness::{
    CUSTOMERS, answer, business, given, listed, person, rail, row, unavailable, unclear,
};

async fn find(server: &MockServer) -> Result<Vec<RailCustomer>, RailFailure> {
    rail(server)
        .find_customers(&person(), Urgency::Caller)
        .await
}

async fn listing(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    given("GET", CUSTOMERS)
        .respond_with(template)
        .mount(&server)
        .await;
    server
}

fn ids(found: &[RailCustomer]) -> Vec<&str> {
    found.iter().map(|record| record.id.expose()).collect()
}

fn with(mut row: Value, field: &str, value: Value) -> Value {
    row[field] = value;
    row
}

fn without(mut row: Value, field: &str) -> Value {
    row.as_object_mut().unwrap().remove(field).unwrap();
    row
}

#[tokio::test]
async fn a_person_is_searched_by_number_alone() {
    let server = MockServer::start().await;
    given("GET", CUSTOMERS)
        .and(query_param_is_missing("email"))
        .and(query_param("id_number", "A1234567"))
        .respond_with(listed(&json!([row("rail-1")])))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(ids(&find(&server).await.unwrap()), ["rail-1"]);
}

#[tokio::test]
async fn a_business_is_searched_by_registration_alone() {
    let server = MockServer::start().await;
    given("GET", CUSTOMERS)
        .and(query_param_is_missing("email"))
        .and(query_param("registration_number", "00012345"))
        .respond_with(listed(&json!([{
            "id": "rail-1", "type": "business", "business_name": "Obi & Söhne Ltd", "registration_number": "00012345",
            "id_number": null, "email": "office@example.com", "country": "GB",
            "created_at": "2026-01-15T10:30:00.000000Z",
        }])))
        .expect(1)
        .mount(&server)
        .await;
    let found = rail(&server)
        .find_customers(&business(), Urgency::Caller)
        .await
        .unwrap();
    assert_eq!(ids(&found), ["rail-1"]);
    assert!(found[0].fits(&business(), "2026-01-15T10:30:00Z".parse().unwrap()));
}

#[tokio::test]
async fn none_one_and_many_are_found_newest_first() {
    let older = with(
        row("older"),
        "created_at",
        json!("2026-01-15T10:29:59.999999Z"),
    );
    for (rows, expected) in [
        (json!([]), vec![]),
        (json!([row("rail-1")]), vec!["rail-1"]),
        (json!([older, row("rail-1")]), vec!["rail-1", "older"]),
    ] {
        for body in [
            json!({"message": "m", "data": rows}),
            json!({"data": {"data": rows}}),
            json!({"data": {"customers": rows, "pagination": {"total_count": expected.len()}}}),
            json!({"data": rows, "links": {}, "meta": {"current_page": 1, "total": expected.len()}}),
        ] {
            let server = listing(answer(200, &body)).await;
            assert_eq!(ids(&find(&server).await.unwrap()), expected, "{body}");
        }
    }
}

#[tokio::test]
async fn rows_of_others_are_dropped() {
    let server = listing(listed(&json!([
        with(row("other-email"), "email", json!("other@example.com")),
        with(row("other-number"), "id_number", json!("B7654321")),
        row("rail-1"),
    ])))
    .await;
    assert_eq!(ids(&find(&server).await.unwrap()), ["rail-1"]);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_whole_is_not_empty() {
    for body in [
        "",
        "<html>",
        "{}",
        "[]",
        r#"{"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":["rail-1"]}"#,
        r#"{"data":[{"email":"ada+1@example.com"}]}"#,
        r#"{"data":[],"meta":{"current_page":1,"total":16}}"#,
        r#"{"data":{"customers":[],"pagination":{"total_count":1}}}"#,
    ] {
        let server = listing(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(
            find(&server).await,
            Err(unclear("unreadable answer")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn rows_that_do_not_say_enough_are_completed() {
    for field in [
        "created_at",
        "type",
        "country",
        "first_name",
        "last_name",
        "email",
        "id_number",
    ] {
        let server = listing(listed(&json!([without(row("rail-1"), field)]))).await;
        given("GET", "/api/external/customer/rail-1")
            .respond_with(answer(200, &json!({"data": row("rail-1")})))
            .expect(1)
            .mount(&server)
            .await;
        let found = find(&server).await.unwrap();
        let reserved_at = "2026-01-15T10:30:00Z".parse().unwrap();
        assert!(found[0].fits(&person(), reserved_at), "{field}");
    }
}

#[tokio::test]
async fn what_completion_reveals_to_be_another_is_dropped() {
    let server = listing(listed(&json!([without(row("rail-1"), "email")]))).await;
    let other = with(row("rail-1"), "email", json!("other@example.com"));
    given("GET", "/api/external/customer/rail-1")
        .respond_with(answer(200, &json!({"data": other})))
        .mount(&server)
        .await;
    assert_eq!(find(&server).await, Ok(vec![]));
}

#[tokio::test]
async fn a_failed_completion_fails_the_look_up() {
    let server = listing(listed(&json!([without(row("rail-1"), "country")]))).await;
    given("GET", "/api/external/customer/rail-1")
        .respond_with(answer(500, &json!({"message": "m"})))
        .mount(&server)
        .await;
    assert_eq!(find(&server).await, Err(unavailable("status 500")));
}

/// So many records with the same number, each of which lacks the country in the list.
async fn incomplete(count: u32) -> MockServer {
    let rows: Vec<Value> = (0..count)
        .map(|minute| {
            let time = json!(format!("2026-01-15T10:{minute:02}:00.000000Z"));
            let row = row(&format!("rail-{minute}"));
            without(with(row, "created_at", time), "country")
        })
        .collect();
    let server = listing(listed(&json!(rows))).await;
    for minute in 0..count {
        let name = format!("rail-{minute}");
        given("GET", &format!("/api/external/customer/{name}"))
            .respond_with(answer(200, &json!({"data": row(&name)})))
            .expect(u64::from(minute + 10 >= count))
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn ten_are_completed() {
    let found = find(&incomplete(10).await).await.unwrap();
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|record| record.country.is_some()));
}

#[tokio::test]
async fn more_than_can_be_completed_is_no_absence() {
    assert_eq!(
        find(&incomplete(12).await).await,
        Err(unclear("unreadable answer"))
    );
}
