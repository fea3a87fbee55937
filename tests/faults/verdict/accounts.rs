//! Every virtual account of ours is one of the rail's, and the rail has no other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    answer::Answer,
    books::{Ours, Theirs},
    client::Client,
    disturbances::Refusals,
    groups,
    history::{Exchange, Request},
};

/// What somebody may have once: claims that cannot be told apart at the rail, and a currency.
type Place<'a> = (Option<usize>, &'a str);

pub(super) async fn complaints(
    client: &Client,
    exchanges: &[Exchange],
    ours: &Ours,
    theirs: &Theirs,
    refusals: Refusals,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let promised: Vec<_> = acknowledgements(exchanges).collect();
    for (.., answer) in &promised {
        let id = &answer.body["id"];
        if !ours
            .accounts
            .iter()
            .any(|account| account.body["id"] == *id)
        {
            complaints.push(format!("acknowledged, and not there: {}", answer.body));
        }
    }
    let mut places: BTreeMap<Place<'_>, (usize, usize)> = BTreeMap::new();
    let mut owned = BTreeSet::new();
    for account in &ours.accounts {
        let group = groups::of_reference(&client.claims, account.organisation, &account.reference);
        let currency = account.text("currency");
        match account.text("status") {
            "active" => places.entry((group, currency)).or_default().0 += 1,
            "failed" if refusals.of_accounts => {}
            _ => complaints.push(format!("it should be active: {account:?}")),
        }
        let owner = (account.organisation, account.text("customer_id"), currency);
        if account.body["status"] != "failed" && !owned.insert(owner) {
            complaints.push(format!("a second one of its customer: {account:?}"));
        }
    }
    for account in &theirs.accounts {
        let owner = theirs.customer(&account["customer_id"]);
        let owner = owner.and_then(|record| record["id_number"].as_str());
        let group = groups::of_person(&client.claims, owner.unwrap_or_default());
        let currency = account["currency"].as_str().unwrap_or_default();
        places.entry((group, currency)).or_default().1 += 1;
    }
    for ((group, currency), (ours, theirs)) in places {
        if ours != theirs {
            let claim = group.map(|index| &client.claims[index]);
            complaints.push(format!(
                "{ours} accounts in {currency} here and {theirs} at the rail: {claim:?}"
            ));
        }
    }
    let keys: BTreeSet<_> = promised
        .iter()
        .map(|(claim, key, currency, answer)| (*claim, *key, *currency, answer.text("id")))
        .collect();
    for (claim, key, currency, id) in keys {
        let again = client
            .open(0, claim, currency, key)
            .await
            .expect("an answer");
        if again.status != 200 || again.text("id") != id {
            complaints.push(format!(
                "{key} was answered with {id}, and now with {again:?}"
            ));
        }
    }
    complaints
}

/// Every answer that told of an account: the claim, the key and the currency.
fn acknowledgements(
    exchanges: &[Exchange],
) -> impl Iterator<Item = (usize, &str, &'static str, &Answer)> {
    exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        match &exchange.request {
            Request::Open {
                claim,
                key,
                currency,
            } if answer.is_success() => Some((*claim, &**key, *currency, answer)),
            _ => None,
        }
    })
}
