//! The events of each customer tell its whole story, in order.

use serde_json::{Value, json};

use super::Customer;
use crate::{books::Ours, client::Client};

pub(super) async fn complaints(
    client: &Client,
    customers: &[Customer],
    books: &Ours,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for customer in customers {
        let path = format!("/v1/events?limit=100&customer_id={}", customer.text("id"));
        let answer = client.get(customer.organisation, &path).await;
        let answer = answer.expect("an answer");
        let events = answer.body["data"].as_array().cloned().unwrap_or_default();
        if let Some(complaint) = complaint(customer, &events, books) {
            complaints.push(format!(
                "events of {}: {complaint}: {events:?}",
                customer.body
            ));
        }
    }
    complaints
}

fn complaint(customer: &Customer, events: &[Value], books: &Ours) -> Option<String> {
    let is_in_order = |(index, event): (usize, &Value)| {
        event["sequence"] == json!(index + 1)
            && (event["type"] == "customer_created") == (index == 0)
    };
    if events.is_empty() || !events.iter().enumerate().all(is_in_order) {
        return Some("out of order".to_owned());
    }
    let mut status = "pending";
    for event in of_type(events, "kyc_status_changed") {
        if event["data"]["previous_status"] != status {
            return Some(format!("no way from {status}"));
        }
        if status == "verified" {
            return Some("no longer verified".to_owned());
        }
        status = event["data"]["status"].as_str().unwrap_or_default();
    }
    if customer.body["status"] != status {
        return Some(format!("{status} in the end"));
    }
    let told = |types: [&str; 2], subject: &str| {
        let told = types.into_iter().flat_map(|name| of_type(events, name));
        sorted(told.map(|event| &event["data"][subject]))
    };
    let ended = |entries: &[crate::books::Entry]| {
        let id = &customer.body["id"];
        let own = entries
            .iter()
            .filter(|entry| entry.body["customer_id"] == *id);
        sorted(own.map(|entry| &entry.body))
    };
    if told(["payout_paid", "payout_failed"], "payout") != ended(&books.payouts) {
        return Some("not one end of each payout".to_owned());
    }
    let accounts = ["virtual_account_activated", "virtual_account_failed"];
    if told(accounts, "virtual_account") != ended(&books.accounts) {
        return Some("not one end of each account".to_owned());
    }
    None
}

fn of_type<'a>(events: &'a [Value], name: &str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["type"] == name)
}

/// The ids of these objects, and how they ended.
fn sorted<'a>(objects: impl Iterator<Item = &'a Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut sorted: Vec<_> = objects
        .map(|object| (text(&object["id"]), text(&object["status"])))
        .collect();
    sorted.sort();
    sorted
}
