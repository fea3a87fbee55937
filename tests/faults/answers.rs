//! Judges what was answered during a run.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    answer::Answer,
    claims::Claim,
    client::LIMIT,
    history::{Exchange, Request},
};

/// What is wrong with these answers. With `refusals` the rail may have refused a create.
pub(crate) fn complaints(claims: &[Claim], exchanges: &[Exchange], refusals: bool) -> Vec<String> {
    let mut complaints: Vec<String> = exchanges
        .iter()
        .filter_map(|exchange| complaint(exchange, refusals))
        .collect();
    complaints.extend(contradictions(claims, exchanges));
    complaints
}

fn complaint(exchange: &Exchange, refusals: bool) -> Option<String> {
    let wrong = |what: &str| Some(format!("{what}: {exchange:?}"));
    let Some(answer) = &exchange.answer else {
        return if exchange.took >= LIMIT {
            wrong("no answer")
        } else {
            None
        };
    };
    if exchange.was_known && answer.status == 404 {
        return wrong("an acknowledged customer is gone");
    }
    if matches!(answer.status, 502 | 503) && answer.retry_after.is_none() {
        return wrong("no Retry-After");
    }
    if answer.text("object") == "customer" && answer.text("status") != "pending" {
        return wrong("a status that nobody decided");
    }
    if is_allowed(&exchange.request, answer, refusals) {
        None
    } else {
        wrong("unexpected answer")
    }
}

fn is_allowed(request: &Request, answer: &Answer, refusals: bool) -> bool {
    match (request, answer.status, answer.code()) {
        (Request::Create { .. }, 200 | 201, _) | (_, 200, _) | (_, 503, "unavailable") => true,
        (Request::Create { .. }, 409, code) => [
            "customer_already_exists",
            "interac_email_taken",
            "idempotency_in_progress",
        ]
        .contains(&code),
        (Request::Create { .. }, 422, "validation_failed") => refusals,
        (Request::Create { .. }, 502, "provider_error") => true,
        (Request::Retrieve { .. } | Request::Amend { .. }, 404, "customer_not_found") => true,
        _ => false,
    }
}

/// Acknowledgements of the same reference that differ, and customers that were new more than once.
fn contradictions(claims: &[Claim], exchanges: &[Exchange]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut customers: HashMap<(usize, &str), &Value> = HashMap::new();
    let mut new: HashMap<String, usize> = HashMap::new();
    for (claim, answer) in acknowledgements(exchanges) {
        let place = (claims[claim].organisation, claims[claim].reference());
        let customer = *customers.entry(place).or_insert(&answer.body);
        if *customer != answer.body {
            complaints.push(format!(
                "two customers under one reference: {customer} and {}",
                answer.body
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

/// Every answer that told of a customer, and the claim that it was about.
pub(crate) fn acknowledgements(exchanges: &[Exchange]) -> impl Iterator<Item = (usize, &Answer)> {
    exchanges.iter().filter_map(|exchange| {
        let answer = exchange
            .answer
            .as_ref()
            .filter(|answer| answer.is_success())?;
        match exchange.request {
            Request::Create { claim, .. }
            | Request::Retrieve { claim }
            | Request::Amend { claim, .. } => Some((claim, answer)),
            Request::List => None,
        }
    })
}
