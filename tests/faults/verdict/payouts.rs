//! Every payout of ours is one transaction of the rail's, ended as ours, and the rail has no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::{
    answer::Answer,
    answers::without_status,
    books::{Entry, Ours, Theirs},
    client::Client,
    disturbances::Refusals,
    groups,
    history::{Exchange, Request},
    orders::Order,
};

pub(super) async fn complaints(
    client: &Client,
    exchanges: &[Exchange],
    ours: &Ours,
    theirs: &Theirs,
    refusals: Refusals,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let promised: Vec<_> = acknowledgements(exchanges).collect();
    let mut new: HashMap<String, usize> = HashMap::new();
    for (order, _, answer) in &promised {
        let kept = ours.payouts.iter().find(|payout| {
            payout.body["id"] == answer.body["id"]
                && without_status(&payout.body) == without_status(&answer.body)
        });
        if kept.is_none() || !is_for(&client.orders[*order], &answer.body) {
            complaints.push(format!(
                "acknowledged, and not there as asked: {}",
                answer.body
            ));
        }
        *new.entry(answer.text("id")).or_default() += usize::from(answer.status == 201);
    }
    let twice = new.iter().filter(|(_, times)| **times > 1);
    complaints.extend(twice.map(|(id, times)| format!("{id} was new {times} times")));
    let mut references = BTreeSet::new();
    for payout in &ours.payouts {
        if !references.insert((payout.organisation, payout.text("merchant_reference"))) {
            complaints.push(format!("a second one with its reference: {payout:?}"));
        }
    }
    complaints.extend(at_the_rail(client, ours, theirs, refusals));
    let keys: BTreeSet<_> = promised
        .iter()
        .map(|(order, key, answer)| (*order, *key, answer.text("id")))
        .collect();
    for (order, key, id) in keys {
        let again = client.pay(0, order, key).await.expect("an answer");
        if again.status != 200 || again.text("id") != id {
            complaints.push(format!(
                "{key} was answered with {id}, and now with {again:?}"
            ));
        }
    }
    complaints
}

/// Every answer that told of a payout, the order and the key.
fn acknowledgements(exchanges: &[Exchange]) -> impl Iterator<Item = (usize, &str, &Answer)> {
    exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        match &exchange.request {
            Request::Pay { order, key } if answer.is_success() => Some((*order, &**key, answer)),
            _ => None,
        }
    })
}

fn is_for(order: &Order, payout: &Value) -> bool {
    ["amount_minor", "merchant_reference", "currency"]
        .iter()
        .all(|field| order.body[field] == payout[field])
}

/// Compares transactions with payouts, by our ids.
fn at_the_rail(client: &Client, ours: &Ours, theirs: &Theirs, refusals: Refusals) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut transactions: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for transaction in &theirs.payouts {
        let id = transaction["merchant_reference"]
            .as_str()
            .unwrap_or_default();
        transactions.entry(id).or_default().push(transaction);
    }
    for payout in &ours.payouts {
        let found = transactions.remove(payout.text("id")).unwrap_or_default();
        let is_right = match (payout.text("status"), found.as_slice()) {
            ("failed", []) => refusals.of_payouts,
            (status, [transaction]) => {
                is_same(client, payout, transaction, theirs)
                    && has_ended(transaction, status, theirs)
            }
            _ => false,
        };
        if !is_right {
            complaints.push(format!("{payout:?} is {found:?} at the rail"));
        }
    }
    let orphans = transactions.values();
    complaints.extend(orphans.map(|orphans| format!("nobody's payouts at the rail: {orphans:?}")));
    complaints
}

/// Whether money, payee and payer are those that were asked for.
fn is_same(client: &Client, payout: &Entry, transaction: &Value, theirs: &Theirs) -> bool {
    let claims = &client.claims;
    let reference = payout.text("merchant_reference");
    let order = client.orders.iter().find(|order| {
        order.merchant_reference() == reference
            && order.body["amount_minor"] == payout.body["amount_minor"]
    });
    let Some(order) = order else {
        return false;
    };
    let payer = theirs.customer(&transaction["business_customer_id"]);
    let payer = payer.and_then(|record| record["id_number"].as_str());
    let payer = payer.and_then(|id_number| groups::of_person(claims, id_number));
    let customer = groups::of_reference(claims, payout.organisation, &payout.reference);
    let cents = transaction["amount_without_fee"]
        .as_f64()
        .map(|amount| format!("{:.0}", amount * 100.0));
    payer.is_some()
        && payer == customer
        && cents.as_deref() == payout.body["amount_minor"].as_str()
        && transaction["recipient"]["email"] == order.body["recipient"]["interac_email"]
}

/// Whether this is the transaction's end, too. One that the rail itself has ended in both ways may have either.
fn has_ended(transaction: &Value, status: &str, theirs: &Theirs) -> bool {
    let end = match status {
        "paid" => "SUCCESSFUL",
        "failed" => "FAILED",
        _ => return false,
    };
    let told = |end: &str| {
        theirs.deliveries.iter().any(|delivery| {
            let body = delivery["body"].as_str().unwrap_or_default();
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            body["transaction_id"] == transaction["id"] && body["transaction_status"] == end
        })
    };
    transaction["status"] == end || told("SUCCESSFUL") && told("FAILED")
}
