//! Everything that was asked and answered.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use serde_json::Value;

use crate::answer::Answer;

/// A request and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    /// Nothing when the connection failed.
    pub(crate) answer: Option<Answer>,
    pub(crate) took: Duration,
    /// Whether the customer had been acknowledged before the request was sent.
    pub(crate) was_known: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Request {
    Create { claim: usize, key: String },
    Retrieve { claim: usize },
    List,
    Amend { claim: usize, change: Value },
}

/// The requests of a run, in the order of their ends.
#[derive(Default)]
pub(crate) struct History(Mutex<Record>);

#[derive(Default)]
struct Record {
    exchanges: Vec<Exchange>,
    /// Organisations and references that were answered with a success.
    known: HashSet<(usize, String)>,
}

impl History {
    pub(crate) fn knows(&self, organisation: usize, reference: &str) -> bool {
        self.record()
            .known
            .contains(&(organisation, reference.to_owned()))
    }

    /// Takes down an exchange about a reference, or about none.
    pub(crate) fn add(&self, about: Option<(usize, &str)>, exchange: Exchange) {
        let mut record = self.record();
        let is_success = exchange.answer.as_ref().is_some_and(Answer::is_success);
        if let (Some((organisation, reference)), true) = (about, is_success) {
            record.known.insert((organisation, reference.to_owned()));
        }
        record.exchanges.push(exchange);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.record().exchanges.clone()
    }

    /// How many requests had which status; 0 stands for no answer.
    pub(crate) fn census(&self) -> String {
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for exchange in &self.record().exchanges {
            let status = exchange.answer.as_ref().map_or(0, |answer| answer.status);
            *statuses.entry(status).or_default() += 1;
        }
        format!("{} requests {statuses:?}", self.record().exchanges.len())
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().expect("a record")
    }
}
