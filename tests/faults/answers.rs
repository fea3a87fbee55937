//! Judges what was answered during a run.

mod permitted;

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    answer::Answer,
    claims::Claim,
    client::LIMIT,
    disturbances::Refusals,
    history::{Exchange, Request, Standing},
};

/// So often in a run a client may not notice that the service it waits for is dead. In some 50,000 requests it was seen once.
const DEAF: usize = 1;

/// What is wrong with these answers, where the rail may have refused so much.
pub(crate) fn complaints(
    claims: &[Claim],
    exchanges: &[Exchange],
    refusals: Refusals,
) -> Vec<String> {
    let mut complaints: Vec<String> = exchanges
        .iter()
        .filter_map(|exchange| complaint(claims, exchange, refusals))
        .collect();
    complaints.extend(contradictions(claims, exchanges));
    let is_left = |exchange: &&Exchange| is_overdue(exchange) && exchange.was_killed;
    let left: Vec<_> = exchanges.iter().filter(is_left).collect();
    if left.len() > DEAF {
        complaints.push(format!("{} times no answer: {:?}", left.len(), left[0]));
    }
    complaints
}

fn is_overdue(exchange: &Exchange) -> bool {
    exchange.answer.is_err() && exchange.took >= LIMIT
}

fn complaint(claims: &[Claim], exchange: &Exchange, refusals: Refusals) -> Option<String> {
    let wrong = |what: &str| Some(format!("{what}: {exchange:?}"));
    let Ok(answer) = &exchange.answer else {
        return if is_overdue(exchange) && !exchange.was_killed {
            wrong("no answer")
        } else {
            None
        };
    };
    if exchange.before >= Standing::Acknowledged && answer.status == 404 {
        return wrong("an acknowledged customer is gone");
    }
    if matches!(answer.status, 502 | 503) && answer.retry_after.is_none() {
        return wrong("no Retry-After");
    }
    let status = answer.customer_status();
    let is_denied = answer.code() == "customer_not_verified"
        || status.is_some_and(|status| status != "verified");
    if exchange.before == Standing::Verified && is_denied {
        return wrong("a customer was verified, and then was not");
    }
    if let (Some(claim), Some(status)) = (subject(&exchange.request), status)
        && !claims[claim].fate.allows(status)
    {
        return wrong("a status that nobody decided");
    }
    if permitted::is_permitted(&exchange.request, answer, refusals) {
        None
    } else {
        wrong("unexpected answer")
    }
}

/// Acknowledgements of the same reference that differ, and customers that were new more than once.
fn contradictions(claims: &[Claim], exchanges: &[Exchange]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut customers: HashMap<(usize, &str), Value> = HashMap::new();
    let mut new: HashMap<String, usize> = HashMap::new();
    for (claim, answer) in acknowledgements(exchanges) {
        let place = (claims[claim].organisation, claims[claim].reference());
        let lasting = without_status(&answer.body);
        let customer = customers.entry(place).or_insert_with(|| lasting.clone());
        if *customer != lasting {
            complaints.push(format!(
                "two customers under one reference: {customer} and {lasting}"
            ));
        }
        if answer.status == 201 {
            *new.entry(answer.text("id")).or_default() += 1;
        }
    }
    let twice = new.iter().filter(|(_, times)| **times > 1);
    complaints.extend(twice.map(|(id, times)| format!("{id} was new {times} times")));
    complaints
}

/// What of a customer, or of a payout, stays as it is.
pub(crate) fn without_status(object: &Value) -> Value {
    let mut lasting = object.clone();
    for field in ["status", "failure_code"] {
        lasting
            .as_object_mut()
            .and_then(|object| object.remove(field));
    }
    lasting
}

/// Every answer that told of a customer, and the claim that it was about.
pub(crate) fn acknowledgements(exchanges: &[Exchange]) -> impl Iterator<Item = (usize, &Answer)> {
    exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        let claim = subject(&exchange.request)?;
        answer.is_success().then_some((claim, answer))
    })
}

/// The claim of a request that is answered with a customer.
fn subject(request: &Request) -> Option<usize> {
    match request {
        Request::Create { claim, .. }
        | Request::Retrieve { claim }
        | Request::Amend { claim, .. } => Some(*claim),
        _ => None,
    }
}
