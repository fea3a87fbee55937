//! All customers of the account, page by page.

use serde_json::json;
use tempfile::TempDir;
use vouch_domain::{
    customer::{ContactField, NewCustomer},
    ports::{Rail, RailFailure, RailPage, Urgency},
    values::{Email, IdNumber},
};
use vouch_rail::HttpRail;
use vouch_sandbox_rail::{Options, start};
use wiremock::{MockServer, ResponseTemplate, matchers::query_param};

use crate::harness::{
    CUSTOMER, CUSTOMERS, answer, given, id, listed, person, rail, row, settings, unavailable,
    unclear,
};

async fn second_page(template: ResponseTemplate) -> Result<RailPage, RailFailure> {
    let server = MockServer::start().await;
    given("GET", CUSTOMERS)
        .and(query_param("paginate", "true"))
        .and(query_param("page", "2"))
        .respond_with(template)
        .mount(&server)
        .await;
    rail(&server).customers_page(2, Urgency::Background).await
}

#[tokio::test]
async fn there_is_more_until_a_page_is_empty() {
    let meta = json!({"current_page": 2, "total": 16});
    let page = answer(
        200,
        &json!({"data": [row("rail-1")], "links": {}, "meta": meta}),
    );
    let page = second_page(page).await.unwrap();
    assert_eq!(page.customers[0].id, id("rail-1"));
    assert!(page.has_more);

    let empty = answer(200, &json!({"data": [], "links": {}, "meta": meta}));
    let expected = RailPage {
        customers: Vec::new(),
        has_more: false,
    };
    assert_eq!(second_page(empty).await, Ok(expected));
}

#[tokio::test]
async fn a_rail_that_does_not_page_has_no_more() {
    let page = second_page(listed(&json!([row("rail-2"), row("rail-1")])))
        .await
        .unwrap();
    assert_eq!(page.customers.len(), 2);
    assert!(!page.has_more);
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_not_empty() {
    for (template, expected) in [
        (
            listed(&json!([{"email": "a@example.com"}])),
            unclear("unreadable answer"),
        ),
        (listed(&json!("rows")), unclear("unreadable answer")),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            unclear("unreadable answer"),
        ),
        (
            answer(403, &json!({"message": "No."})),
            RailFailure::Unauthorised,
        ),
        (
            answer(404, &json!({"message": "m"})),
            unavailable("status 404"),
        ),
    ] {
        assert_eq!(second_page(template).await, Err(expected));
    }
}

#[tokio::test]
async fn contact_data_is_read_where_the_rail_puts_it() {
    let server = MockServer::start().await;
    let mut record = row("rail-1");
    record["kyc_data"] = json!({"street": "1 Broad Street", "dob": "1990-01-31", "state": null});
    given("GET", CUSTOMER)
        .respond_with(answer(200, &json!({"data": record})))
        .mount(&server)
        .await;
    let found = rail(&server).customer(&id("rail-1"), Urgency::Caller).await;
    let contact = found.unwrap().unwrap().contact;
    let contact: Vec<_> = contact
        .iter()
        .map(|(field, text)| (*field, text.as_str()))
        .collect();
    assert_eq!(
        contact,
        [
            (ContactField::Phone, "+2348031234567"),
            (ContactField::Street, "1 Broad Street"),
            (ContactField::Dob, "1990-01-31"),
        ]
    );
}

fn person_number(number: usize) -> NewCustomer {
    let mut person = person();
    person.identity.id_number = IdNumber::restore(format!("A{number:07}")).unwrap();
    person.contact.email = Email::parse(&format!("person{number}@example.com")).unwrap();
    person
}

#[tokio::test]
async fn the_sandbox_is_read_newest_first_without_a_gap() {
    let folder = TempDir::new().unwrap();
    let sandbox = start(Options::new(folder.path())).await.unwrap();
    let rail = HttpRail::new(settings(sandbox.url())).unwrap();
    let mut made = Vec::new();
    for number in 0..20 {
        let customer = person_number(number);
        made.push(
            rail.create_customer(&customer, Urgency::Caller)
                .await
                .unwrap(),
        );
    }
    made.reverse();
    let mut seen = Vec::new();
    for number in 1.. {
        let page = rail
            .customers_page(number, Urgency::Background)
            .await
            .unwrap();
        seen.extend(page.customers.into_iter().map(|record| record.id));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, made);
    sandbox.stop().await;
}
