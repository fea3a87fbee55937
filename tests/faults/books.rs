//! What there is, in the API's books and in the rail's.

use std::collections::HashSet;

use serde_json::Value;

use crate::{client::Client, history::Request, rail::Rail};

/// Everything that the API shows.
pub(crate) struct Ours {
    pub(crate) customers: Vec<Entry>,
    pub(crate) payouts: Vec<Entry>,
    /// Of everyone for whom somebody tried to open one.
    pub(crate) accounts: Vec<Entry>,
    /// Of everyone whom somebody tried to submit.
    pub(crate) submissions: Vec<Entry>,
}

/// An object, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) organisation: usize,
    /// Of the customer that it is, or belongs to.
    pub(crate) reference: String,
    pub(crate) body: Value,
}

impl Entry {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }
}

impl Ours {
    /// Nothing when some request fails.
    pub(crate) async fn read(client: &Client) -> Option<Self> {
        let mut books = Self {
            customers: Vec::new(),
            payouts: Vec::new(),
            accounts: Vec::new(),
            submissions: Vec::new(),
        };
        for organisation in 0..client.keys.len() {
            for (entries, path) in [
                (&mut books.customers, "/v1/customers"),
                (&mut books.payouts, "/v1/payouts"),
            ] {
                let listed = client.whole_list(organisation, path).await?;
                entries.extend(listed.into_iter().map(|body| {
                    Entry {
                        organisation,
                        reference: body["customer_reference"]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned(),
                        body,
                    }
                }));
            }
        }
        for (organisation, reference) in books.subjects(client, is_opening) {
            let path = format!("/v1/customers/{reference}/virtual_accounts");
            let listed = client.whole_list(organisation, &path).await?;
            books
                .accounts
                .extend(entries(organisation, &reference, listed));
        }
        for (organisation, reference) in books.subjects(client, is_submission) {
            let path = format!("/v1/customers/{reference}/kyc");
            let answer = client.get(organisation, &path).await?;
            let listed = answer.body["data"].as_array()?.clone();
            books
                .submissions
                .extend(entries(organisation, &reference, listed));
        }
        Some(books)
    }

    /// The customers for whom such a request was made, whether it was acknowledged or not.
    fn subjects(
        &self,
        client: &Client,
        claim_of: impl Fn(&Request) -> Option<usize>,
    ) -> Vec<(usize, String)> {
        let asked = client.history.exchanges();
        let asked = asked
            .iter()
            .filter_map(|exchange| claim_of(&exchange.request));
        let asked: HashSet<(usize, &str)> = asked
            .map(|claim| &client.claims[claim])
            .map(|claim| (claim.organisation, claim.reference()))
            .collect();
        let customers = self.customers.iter();
        customers
            .filter(|customer| asked.contains(&(customer.organisation, &customer.reference)))
            .map(|customer| (customer.organisation, customer.reference.clone()))
            .collect()
    }
}

fn entries(
    organisation: usize,
    reference: &str,
    bodies: Vec<Value>,
) -> impl Iterator<Item = Entry> {
    bodies.into_iter().map(move |body| Entry {
        organisation,
        reference: reference.to_owned(),
        body,
    })
}

fn is_opening(request: &Request) -> Option<usize> {
    match request {
        Request::Open { claim, .. } => Some(*claim),
        _ => None,
    }
}

fn is_submission(request: &Request) -> Option<usize> {
    match request {
        Request::Submit { claim } => Some(*claim),
        _ => None,
    }
}

/// Everything that the rail has.
pub(crate) struct Theirs {
    pub(crate) customers: Vec<Value>,
    pub(crate) payouts: Vec<Value>,
    pub(crate) accounts: Vec<Value>,
    pub(crate) submissions: Vec<Value>,
    pub(crate) deliveries: Vec<Value>,
}

impl Theirs {
    pub(crate) async fn read(rail: &Rail) -> Self {
        Self {
            customers: rail.customers().await,
            payouts: rail.payouts().await,
            accounts: rail.accounts().await,
            submissions: rail.submissions().await,
            deliveries: rail.deliveries().await.expect("a rail"),
        }
    }

    /// The record with this id.
    pub(crate) fn customer(&self, id: &Value) -> Option<&Value> {
        self.customers.iter().find(|record| record["id"] == *id)
    }
}
