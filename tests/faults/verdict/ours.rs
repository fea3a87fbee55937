//! What the API says in the end: lists, single customers, and the keys that were used.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value, json};

use super::Customer;
use crate::{
    answer::Answer,
    answers::{acknowledgements, without_status},
    client::Client,
    history::{Exchange, Request},
};

/// Small, so that there are many pages.
const PAGE: &str = "7";

/// Every customer, by all pages of all lists, and whose claim prevailed: the one that is answered with the customer.
pub(super) async fn customers(client: &Client, complaints: &mut Vec<String>) -> Vec<Customer> {
    let mut customers = Vec::new();
    for organisation in 0..client.keys.len() {
        let listed = list(client, organisation, complaints).await;
        for body in listed {
            match prevailing_claims(client, organisation, &body)
                .await
                .as_slice()
            {
                [claim] => customers.push(Customer {
                    organisation,
                    body,
                    claim: *claim,
                }),
                claims => complaints.push(format!("{body} answers to the claims {claims:?}")),
            }
        }
    }
    customers
}

async fn list(client: &Client, organisation: usize, complaints: &mut Vec<String>) -> Vec<Value> {
    let mut customers: Vec<Value> = Vec::new();
    loop {
        let last = customers
            .last()
            .and_then(|last| last["id"].as_str())
            .map(str::to_owned);
        let mut query = vec![("limit", PAGE)];
        query.extend(last.as_deref().map(|last| ("starting_after", last)));
        let page = client.list(0, organisation, &query).await.expect("a page");
        let more = page.body["data"].as_array().cloned().unwrap_or_default();
        customers.extend(more);
        if page.body["has_more"] != true {
            break;
        }
    }
    let ids: Vec<&str> = customers
        .iter()
        .filter_map(|customer| customer["id"].as_str())
        .collect();
    if !ids.is_sorted_by(|one, next| one > next) {
        complaints.push(format!(
            "a list is out of order, or names a customer twice: {ids:?}"
        ));
    }
    for field in ["customer_reference", "interac_email"] {
        // Who is rejected has no right to its address.
        let holders = customers
            .iter()
            .filter(|customer| field != "interac_email" || customer["status"] != "rejected");
        let values: Vec<&str> = holders
            .filter_map(|customer| customer[field].as_str())
            .collect();
        if values.iter().collect::<HashSet<_>>().len() < values.len() {
            complaints.push(format!("two customers have the same {field}: {values:?}"));
        }
    }
    customers
}

/// The claims of this customer's reference that a create under a new key is answered with this customer. An e-mail that
/// was amended since tells a claim from its customer, and no claim from another.
async fn prevailing_claims(client: &Client, organisation: usize, customer: &Value) -> Vec<usize> {
    let mut prevailing = Vec::new();
    for (index, claim) in client.claims.iter().enumerate() {
        if claim.organisation != organisation || customer["customer_reference"] != claim.reference()
        {
            continue;
        }
        let answer = client
            .create(0, index, &format!("again-{index}"))
            .await
            .expect("an answer");
        let is_same = answer.is_success() && answer.body == *customer;
        let is_moved = answer.body["error"]["detail"]["differing_fields"] == json!(["email"]);
        if is_same || is_moved {
            prevailing.push(index);
        }
    }
    prevailing
}

/// Lists, single customers and keys agree with each other, and with all that was acknowledged.
pub(super) async fn check(client: &Client, customers: &[Customer], complaints: &mut Vec<String>) {
    let exchanges = client.history.exchanges();
    for customer in customers {
        for handle in ["id", "customer_reference"] {
            let path = format!("/v1/customers/{}", customer.text(handle));
            let retrieved = client
                .get(customer.organisation, &path)
                .await
                .expect("an answer");
            if retrieved.status != 200 || retrieved.body != customer.body {
                complaints.push(format!(
                    "{} was listed, {retrieved:?} retrieved",
                    customer.body
                ));
            }
        }
    }
    for (claim, answer) in acknowledgements(&exchanges) {
        let organisation = client.claims[claim].organisation;
        let is_there = |customer: &&Customer| {
            customer.organisation == organisation
                && without_status(&customer.body) == without_status(&answer.body)
        };
        if !customers.iter().any(|customer| is_there(&customer)) {
            complaints.push(format!("acknowledged, and not as it was: {}", answer.body));
        }
    }
    for (claim, key) in acknowledged_keys(&exchanges) {
        let again = client.create(0, claim, key).await.expect("an answer");
        if again.status != 200 {
            complaints.push(format!(
                "{key} was answered with a customer, and now with {again:?}"
            ));
        }
    }
}

/// The keys whose create was answered with a customer.
fn acknowledged_keys(exchanges: &[Exchange]) -> BTreeSet<(usize, &str)> {
    let is_acknowledged =
        |exchange: &&Exchange| exchange.answer.as_ref().is_ok_and(Answer::is_success);
    let acknowledged = exchanges.iter().filter(is_acknowledged);
    acknowledged
        .filter_map(|exchange| match &exchange.request {
            Request::Create { claim, key } => Some((*claim, key.as_str())),
            _ => None,
        })
        .collect()
}
