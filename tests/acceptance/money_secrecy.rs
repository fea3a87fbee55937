//! What nobody but its owner is told of accounts and payouts, and what nobody is told at all.

use serde_json::{Value, json};

use crate::harness::{
    Answer, Service, eventually,
    money::{payout_of, verified},
    with,
};

/// Found nowhere but at the rail.
const RECIPIENT: [&str; 3] = ["canary-7741@hidden.example", "Gwendolyn", "Canaryworth"];

#[tokio::test]
async fn the_rails_ids_and_recipients_are_told_to_nobody_and_account_numbers_to_their_owners() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let mut told = Vec::new();
    let mut hear = |answer: Answer| {
        told.push(format!("{:?} {}", answer.headers, answer.text));
        answer
    };
    hear(caller.open_account(&customer, "GBP").await).expect(201);
    let account = caller.account_becomes(&customer, "active").await;
    let [email, first_name, last_name] = RECIPIENT;
    let recipient =
        json!({"interac_email": email, "first_name": first_name, "last_name": last_name});
    let mut made = Vec::new();
    for fault in [None, Some("drop_after_commit"), Some("refuse_422")] {
        if let Some(fault) = fault {
            rail.fault(json!({"operation": "payout", "fault": fault, "times": 1}))
                .await;
        }
        let body = with(&payout_of(&customer), &json!({ "recipient": recipient }));
        let id = hear(caller.pay(&body).await).expect(201).id();
        eventually("the end of a payout", async || {
            let payout = caller.payout(&id).await.expect(200).json();
            (payout["status"] != "processing").then_some(())
        })
        .await;
        hear(caller.pay(&body).await).expect(200);
        made.push(id);
    }
    for id in &made {
        hear(caller.payout(id).await);
    }
    let path = format!("/v1/events?customer_id={customer}");
    let events = hear(caller.get(&path).await).expect(200).text;
    hear(caller.get("/v1/payouts").await).expect(200);
    hear(caller.retrieve(&customer).await).expect(200);
    let wrong = with(
        &payout_of(&customer),
        &json!({"recipient": {"first_name": last_name, "interac_email": first_name}}),
    );
    hear(caller.pay(&wrong).await).expect(400);

    let path = format!("/v1/customers/{customer}/virtual_accounts");
    let list = hear(caller.get(&path).await).expect(200).text;
    let number = account["account_number"].as_str().unwrap();
    assert!(list.contains(number));
    assert!(!events.contains(number));

    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for row in rail.accounts().await {
        ids.extend(["id", "customer_id", "wallet_id"].map(|name| text(&row[name])));
    }
    let sent = rail.payouts().await;
    assert_eq!(sent.len(), 2, "{sent:?}");
    for row in &sent {
        ids.extend(["id", "reference", "business_wallet_id"].map(|name| text(&row[name])));
    }
    let told = told.join("\n");
    let log = service.process.log();
    for id in &ids {
        assert!(!told.contains(id.as_str()), "{id} in an answer");
        assert!(!log.contains(id.as_str()), "{id} in the log");
    }
    let database = service.home.database().client().await;
    let mut stored = String::new();
    for table in ["payouts", "virtual_accounts", "events", "idempotency_keys"] {
        let sql = format!("SELECT t::text FROM {table} t");
        for row in database.query(&sql, &[]).await.unwrap() {
            stored.push_str(row.get(0));
        }
    }
    for secret in RECIPIENT.into_iter().chain([number]) {
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!stored.contains(secret), "{secret} in the database");
    }
    for secret in RECIPIENT {
        assert!(!told.contains(secret), "{secret} in an answer");
    }
}
