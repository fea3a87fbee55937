//! Changed contact data reaches the rail afterwards.

use serde_json::{Value, json};

use crate::harness::{Caller, Rail, Service, canadian, eventually};

/// Waits until the rail's record of this person has these values; null means that it has none.
async fn rail_has(rail: &Rail, email: &str, expected: &Value) {
    let expected = expected.as_object().unwrap();
    eventually("the change at the rail", async || {
        let records = rail.customers(email).await;
        let [record] = records.as_slice() else {
            return None;
        };
        expected
            .iter()
            .all(|(name, value)| record[name] == *value)
            .then_some(())
    })
    .await;
}

async fn create(caller: &Caller) -> (String, String) {
    let body = canadian();
    let id = caller.create(&body).await.expect(201).id();
    (id, body["email"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn changes_and_clearances_arrive() {
    let service = Service::shared().await;
    let (caller, rail) = (service.caller(), service.rail());
    let (id, email) = create(&caller).await;
    let change = json!({"street": "1 Main St", "city": "Ottawa"});
    caller.patch(&id, &change).await.expect(200);
    rail_has(&rail, &email, &change).await;
    caller
        .patch(&id, &json!({"street": null}))
        .await
        .expect(200);
    rail_has(&rail, &email, &json!({"street": null, "city": "Ottawa"})).await;
    let moved = format!("moved-{email}");
    caller
        .patch(&id, &json!({"email": moved}))
        .await
        .expect(200);
    rail_has(&rail, &moved, &json!({"city": "Ottawa"})).await;
    assert!(rail.customers(&email).await.is_empty());
}

#[tokio::test]
async fn a_rail_that_is_away_is_told_when_it_is_back() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let (id, email) = create(&caller).await;
    rail.fault(json!({"operation": "update", "fault": "error_500", "times": 2}))
        .await;
    for city in ["Ottawa", "London", "Hamilton"] {
        caller.patch(&id, &json!({"city": city})).await.expect(200);
    }
    rail_has(&rail, &email, &json!({"city": "Hamilton"})).await;
    assert_eq!(caller.retrieve(&id).await.header("etag"), "\"4\"");
}

#[tokio::test]
async fn what_the_rail_refuses_holds_here_and_is_noted_for_operators() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let (id, email) = create(&caller).await;
    let record = rail.customers(&email).await[0].clone();
    rail.decide(record["id"].as_str().unwrap(), "VERIFIED")
        .await;
    caller.comes_to(&id, "verified").await;
    caller
        .patch(&id, &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    let database = service.home.database().client().await;
    eventually("a note", async || {
        let noted = database
            .query("SELECT field FROM refused_changes", &[])
            .await
            .unwrap();
        let fields: Vec<String> = noted.iter().map(|row| row.get(0)).collect();
        (fields == ["city"]).then_some(())
    })
    .await;
    rail_has(&rail, &email, &json!({"city": "Toronto"})).await;
    // The change is kept: repeating it is no change.
    assert_eq!(
        caller
            .patch(&id, &json!({"city": "Ottawa"}))
            .await
            .expect(200)
            .header("etag"),
        "\"3\""
    );
}
