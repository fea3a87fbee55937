//! The rail's ids are in no answer and in no log.

use serde_json::Value;

use crate::{books::Theirs, history::Exchange};

pub(super) fn complaints(exchanges: &[Exchange], logs: &str, theirs: &Theirs) -> Vec<String> {
    let answers = exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        Some(format!("{} {}\n", answer.headers, answer.body))
    });
    let answers: String = answers.collect();
    let mut complaints = Vec::new();
    for id in ids(theirs) {
        for (place, text) in [("an answer", answers.as_str()), ("a log", logs)] {
            if text.contains(id) {
                complaints.push(format!("the rail's {id} is in {place}"));
            }
        }
    }
    complaints
}

fn ids(theirs: &Theirs) -> impl Iterator<Item = &str> {
    let Theirs {
        customers,
        payouts,
        accounts,
        submissions,
        ..
    } = theirs;
    let records = [customers, payouts, accounts, submissions];
    let references = payouts.iter().map(|payout| &payout["reference"]);
    let ids = records.into_iter().flatten().map(|record| &record["id"]);
    ids.chain(references).filter_map(Value::as_str)
}
