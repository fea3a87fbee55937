//! The log of what happened to a customer: the contract, section 10, as far as it is built.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, individual};

async fn events(caller: &Caller, query: &[(&str, &str)]) -> Answer {
    Answer::to(caller.request(Method::GET, "/v1/events").query(query)).await
}

fn sequences(list: &Answer) -> Vec<i64> {
    let list = list.json();
    let events = list["data"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["sequence"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_customers_events_are_numbered_without_gaps() {
    let caller = Caller::of_new_organisation().await;
    let body = individual();
    let made = caller.create(&body).await.expect(201);
    for number in 1..=4 {
        caller
            .patch(&made.id(), &json!({"city": format!("City {number}")}))
            .await
            .expect(200);
    }
    let reference = body["customer_reference"].as_str().unwrap();
    let all = events(&caller, &[("customer_id", reference)])
        .await
        .expect(200);
    assert_eq!(
        (sequences(&all), all.json()["has_more"].clone()),
        (vec![1, 2, 3, 4, 5], json!(false))
    );
    let first = &all.json()["data"][0];
    let expected = json!({
        "object": "event", "id": first["id"], "env": "test", "type": "customer_created", "created_at": first["created_at"],
        "customer_id": made.id(), "customer_reference": reference, "sequence": 1, "data": {"customer": made.json()},
    });
    assert_eq!(first, &expected);
    assert!(first["id"].as_str().unwrap().starts_with("ckevt_"));

    let page = events(&caller, &[("customer_id", &made.id()), ("limit", "2")])
        .await
        .expect(200);
    assert_eq!(
        (sequences(&page), page.json()["has_more"].clone()),
        (vec![1, 2], json!(true))
    );
    let cursor = page.json()["data"][1]["id"].as_str().unwrap().to_owned();
    let rest = events(
        &caller,
        &[("customer_id", &made.id()), ("starting_after", &cursor)],
    )
    .await
    .expect(200);
    assert_eq!(
        (sequences(&rest), rest.json()["has_more"].clone()),
        (vec![3, 4, 5], json!(false))
    );
    let made_events = events(
        &caller,
        &[("customer_id", &made.id()), ("type", "customer_created")],
    )
    .await
    .expect(200);
    assert_eq!(sequences(&made_events), [1]);
    let changes = events(
        &caller,
        &[
            ("customer_id", &made.id()),
            ("type", "customer_updated"),
            ("limit", "3"),
        ],
    )
    .await
    .expect(200);
    assert_eq!(
        (sequences(&changes), changes.json()["has_more"].clone()),
        (vec![2, 3, 4], json!(true))
    );
}

#[tokio::test]
async fn the_parameters_are_judged() {
    let caller = Caller::of_new_organisation().await;
    let (one, other) = (
        caller.create(&individual()).await.expect(201).id(),
        caller.create(&individual()).await.expect(201).id(),
    );
    events(&caller, &[])
        .await
        .expect_refused("missing_field", "customer_id");
    events(&caller, &[("customer_id", "")])
        .await
        .expect_refused("missing_field", "customer_id");
    for (name, value) in [
        ("limit", "0"),
        ("limit", "101"),
        ("type", "customer_exploded"),
        ("type", ""),
        ("starting_after", "x"),
        ("starting_after", "ckevt_01h455vb4pex5vsknk084sn02q"),
        ("customer", "x"),
    ] {
        events(&caller, &[("customer_id", &one), (name, value)])
            .await
            .expect_refused("invalid_field", name);
    }
    let foreign: Value = events(&caller, &[("customer_id", &other)]).await.json();
    let foreign = foreign["data"][0]["id"].as_str().unwrap();
    events(
        &caller,
        &[("customer_id", &one), ("starting_after", foreign)],
    )
    .await
    .expect_refused("invalid_field", "starting_after");
    assert!(caller.events("nobody").await.is_empty());
}
