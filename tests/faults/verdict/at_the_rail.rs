//! What the rail has in the end: one record for each customer of ours, with the data that the customer has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Customer;
use crate::{
    client::Client,
    history::{Exchange, Request},
};

/// The fields that changes of this suite touch.
const CONTACT: [&str; 3] = ["email", "street", "zip_code"];

/// Counts the records of each person, and compares the data of those who are one customer only. Where the rail has
/// refused a change of a customer, any data is right that was ever asked for.
pub(super) fn check(
    client: &Client,
    customers: &[Customer],
    records: &[Value],
    is_accepted: impl Fn(&Customer) -> bool,
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
                complaints.extend(expected.complaints(customer, record, is_accepted(customer)));
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

/// What each field may hold.
struct Expected(BTreeMap<&'static str, Values>);

struct Values {
    /// The last one acknowledged, and those since then whose fate nobody told.
    current: Vec<Value>,
    /// All that were there before.
    former: Vec<Value>,
}

impl Values {
    fn add(&mut self, value: &Value, acknowledged: bool) {
        if acknowledged {
            self.former.append(&mut self.current);
        }
        self.current.push(value.clone());
    }

    fn hold(&self, value: &Value, is_accepted: bool) -> bool {
        self.current.contains(value) || is_accepted && self.former.contains(value)
    }
}

impl Expected {
    fn of(client: &Client, customer: &Customer, exchanges: &[Exchange]) -> Self {
        let claim = &client.claims[customer.claim];
        let first = |field| Values {
            current: vec![claim.body[field].clone()],
            former: Vec::new(),
        };
        let mut fields: BTreeMap<_, _> = CONTACT
            .into_iter()
            .map(|field| (field, first(field)))
            .collect();
        for exchange in exchanges {
            let Request::Amend {
                claim: amended,
                change,
            } = &exchange.request
            else {
                continue;
            };
            let status = exchange.answer.as_ref().ok().map(|answer| answer.status);
            if !client.claims[*amended].rivals(claim)
                || status.is_some_and(|status| (400..500).contains(&status))
            {
                continue;
            }
            for (field, values) in &mut fields {
                let Some(value) = change.get(field) else {
                    continue;
                };
                values.add(value, status == Some(200));
            }
        }
        Self(fields)
    }

    fn complaints(&self, customer: &Customer, record: &Value, is_accepted: bool) -> Vec<String> {
        let reference = customer.text("customer_reference");
        let is_wrong =
            |(field, values): &(&&str, &Values)| !values.hold(&record[**field], is_accepted);
        let tell = |(field, values): (&&str, &Values)| {
            format!(
                "{field} of {reference} should be one of {:?}: {}",
                values.current, record[*field]
            )
        };
        self.0.iter().filter(is_wrong).map(tell).collect()
    }
}
