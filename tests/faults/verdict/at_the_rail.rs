//! What the rail has in the end: one record for each customer of ours, with the data that the customer has.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::Customer;
use crate::{
    client::Client,
    history::{Exchange, Request},
};

/// The fields that changes of this suite touch.
const CONTACT: [&str; 3] = ["email", "street", "zip_code"];

/// Counts the records of each person, and compares the data of those who are one customer only.
pub(super) fn check(
    client: &Client,
    customers: &[Customer],
    records: &[Value],
    refused: &HashSet<(String, String)>,
    complaints: &mut Vec<String>,
) {
    let mut persons: BTreeMap<&str, (Vec<&Customer>, Vec<&Value>)> = BTreeMap::new();
    for customer in customers {
        let id_number = client.claims[customer.claim].id_number();
        persons.entry(id_number).or_default().0.push(customer);
    }
    for record in records {
        let id_number = record["id_number"].as_str().unwrap_or_default();
        persons.entry(id_number).or_default().1.push(record);
    }
    let exchanges = client.history.exchanges();
    for (ours, theirs) in persons.values() {
        match (ours.as_slice(), theirs.as_slice()) {
            ([customer], [record]) => {
                let expected = Expected::of(client, customer, &exchanges);
                complaints.extend(expected.complaints(customer, record, refused));
            }
            (ours, theirs) if ours.len() == theirs.len() => {}
            (ours, theirs) => {
                let ours: Vec<&Value> = ours.iter().map(|customer| &customer.body).collect();
                complaints.push(format!(
                    "not one record for each customer: {ours:?} and {theirs:?}"
                ));
            }
        }
    }
}

/// For each field the values that it may have: the last one acknowledged, and those whose fate nobody told.
struct Expected(BTreeMap<&'static str, Vec<Value>>);

impl Expected {
    fn of(client: &Client, customer: &Customer, exchanges: &[Exchange]) -> Self {
        let claim = &client.claims[customer.claim];
        let mut fields: BTreeMap<&'static str, Vec<Value>> = CONTACT
            .into_iter()
            .map(|field| (field, vec![claim.body[field].clone()]))
            .collect();
        for exchange in exchanges {
            let Request::Amend {
                claim: amended,
                change,
            } = &exchange.request
            else {
                continue;
            };
            let status = exchange.answer.as_ref().map(|answer| answer.status);
            if !client.claims[*amended].rivals(claim)
                || status.is_some_and(|status| (400..500).contains(&status))
            {
                continue;
            }
            for (field, values) in &mut fields {
                let Some(value) = change.get(field) else {
                    continue;
                };
                if status == Some(200) {
                    values.clear();
                }
                values.push(value.clone());
            }
        }
        Self(fields)
    }

    fn complaints(
        &self,
        customer: &Customer,
        record: &Value,
        refused: &HashSet<(String, String)>,
    ) -> Vec<String> {
        let reference = customer.text("customer_reference");
        let is_refused = |field: &str| refused.contains(&(reference.to_owned(), field.to_owned()));
        let is_wrong = |(field, values): &(&&str, &Vec<Value>)| {
            !values.contains(&record[**field]) && !is_refused(field)
        };
        let tell = |(field, values): (&&str, &Vec<Value>)| {
            format!(
                "{field} of {reference} should be one of {values:?}: {}",
                record[*field]
            )
        };
        self.0.iter().filter(is_wrong).map(tell).collect()
    }
}
