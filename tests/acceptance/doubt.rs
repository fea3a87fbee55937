//! The same person at two organisations, while the rail's answer to the first is in doubt.

use serde_json::{Value, json};

use crate::harness::{Caller, Home, eventually, individual, with};

#[tokio::test]
async fn each_organisation_gets_a_rail_customer_of_its_own() {
    let home = Home::new()
        .await
        .set("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "500")
        .set("VOUCH_RAIL_TEST_SETTLE_MS", "1500");
    let service = home.serve().await;
    let (one, two) = (service.caller(), service.caller());
    let first = individual();
    let second = with(
        &first,
        &json!({"customer_reference": "of-the-other", "city": "Ottawa", "state": "ON"}),
    );
    let late = json!({"operation": "create_customer", "fault": "late_commit", "times": 1, "delay_ms": 1200});
    service.rail().fault(late).await;

    one.create_as("k", &first)
        .await
        .expect_error(502, "provider_error");
    let finish = async |caller: &Caller, body: &Value| {
        eventually("a customer", async || {
            let answer = caller.create_as("k", body).await;
            (answer.status != 502).then_some(answer)
        })
        .await
    };
    let (made_one, made_two) = tokio::join!(finish(&one, &first), finish(&two, &second));
    let (made_one, made_two) = (made_one.expect(201), made_two.expect(201));
    assert_ne!(made_one.id(), made_two.id());
    assert_eq!(
        made_one.json()["customer_reference"],
        first["customer_reference"]
    );
    assert_eq!(made_two.json()["customer_reference"], "of-the-other");

    let records = service.rail().records_of(&first).await;
    let mut cities: Vec<_> = records
        .iter()
        .map(|record| record["city"].clone())
        .collect();
    cities.sort_by_key(ToString::to_string);
    assert_eq!(cities, [json!("Ottawa"), Value::Null]);

    // Each is bound to the record with its own data, and no record to two.
    let client = home.database().client().await;
    let rows = client
        .query(
            "SELECT reference, rail_customer_id FROM customers WHERE NOT is_primary",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let (reference, rail_id): (String, String) = (row.get(0), row.get(1));
        let record = records
            .iter()
            .find(|record| record["id"] == rail_id.as_str())
            .unwrap();
        assert_eq!(
            record["city"].is_null(),
            reference != "of-the-other",
            "{record}"
        );
    }
}

#[tokio::test]
async fn another_organisation_waits_and_reserves_nothing() {
    let home = Home::new()
        .await
        .set("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "500")
        .set("VOUCH_RAIL_TEST_SETTLE_MS", "8000");
    let service = home.serve().await;
    let (one, two) = (service.caller(), service.caller());
    let first = individual();
    let shouted = first["email"].as_str().unwrap().to_uppercase();
    let second = with(
        &first,
        &json!({"customer_reference": "of-the-other", "email": shouted}),
    );
    service.rail().fail_once("drop_before").await;
    one.create_as("k", &first)
        .await
        .expect_error(502, "provider_error");
    let refused = two
        .create_as("k", &second)
        .await
        .expect_error(502, "provider_error");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Nothing is reserved: key and reference are free for somebody else.
    let other = with(
        &individual(),
        &json!({"customer_reference": "of-the-other"}),
    );
    two.create_as("k", &other).await.expect(201);
}
