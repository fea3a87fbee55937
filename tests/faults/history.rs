//! Everything that was asked and answered.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use serde_json::Value;

use crate::answer::Answer;

/// A request and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    /// Or why there is none, and when it was sent.
    pub(crate) answer: Result<Answer, String>,
    pub(crate) took: Duration,
    /// Whether the service was killed, and started again, meanwhile.
    pub(crate) was_killed: bool,
    /// How the customer stood before the request was sent, by all answers until then.
    pub(crate) before: Standing,
}

/// How a customer stands by what was answered. It never gets less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    #[default]
    Unknown,
    /// Some request about it succeeded.
    Acknowledged,
    /// It was seen to be verified.
    Verified,
}

#[derive(Debug, Clone)]
pub(crate) enum Request {
    Create {
        claim: usize,
        key: String,
    },
    Retrieve {
        claim: usize,
    },
    List,
    Amend {
        claim: usize,
        change: Value,
    },
    /// A place for a document.
    AddFile,
    /// The bytes of a document.
    Upload,
    Attach,
    Submit {
        claim: usize,
    },
    Pay {
        order: usize,
        key: String,
    },
    Open {
        claim: usize,
        key: String,
        currency: &'static str,
    },
    /// A callback in the rail's name.
    Callback {
        is_signed: bool,
    },
}

impl Request {
    fn kind(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Retrieve { .. } => "retrieve",
            Self::List => "list",
            Self::Amend { .. } => "amend",
            Self::AddFile => "file",
            Self::Upload => "upload",
            Self::Attach => "attach",
            Self::Submit { .. } => "submit",
            Self::Pay { .. } => "pay",
            Self::Open { .. } => "open",
            Self::Callback { is_signed: true } => "callback",
            Self::Callback { is_signed: false } => "forgery",
        }
    }
}

/// The requests of a run, in the order of their ends.
#[derive(Default)]
pub(crate) struct History(Mutex<Record>);

#[derive(Default)]
struct Record {
    exchanges: Vec<Exchange>,
    /// Of organisations and references.
    standings: HashMap<(usize, String), Standing>,
}

impl History {
    pub(crate) fn standing(&self, organisation: usize, reference: &str) -> Standing {
        let place = (organisation, reference.to_owned());
        let standing = self.record().standings.get(&place).copied();
        standing.unwrap_or_default()
    }

    /// Takes down an exchange about a reference, or about none.
    pub(crate) fn add(&self, about: Option<(usize, &str)>, exchange: Exchange) {
        let mut record = self.record();
        let answer = exchange
            .answer
            .as_ref()
            .ok()
            .filter(|answer| answer.is_success());
        if let (Some((organisation, reference)), Some(answer)) = (about, answer) {
            let is_verified = answer.customer_status() == Some("verified")
                || matches!(exchange.request, Request::Pay { .. });
            let standing = if is_verified {
                Standing::Verified
            } else {
                Standing::Acknowledged
            };
            let place = (organisation, reference.to_owned());
            let known = record.standings.entry(place).or_default();
            *known = standing.max(*known);
        }
        record.exchanges.push(exchange);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.record().exchanges.clone()
    }

    /// How many requests of each kind had which status; 0 stands for no answer.
    pub(crate) fn census(&self) -> String {
        let mut kinds: BTreeMap<&str, BTreeMap<u16, usize>> = BTreeMap::new();
        for exchange in &self.record().exchanges {
            let status = exchange.answer.as_ref().map_or(0, |answer| answer.status);
            let statuses = kinds.entry(exchange.request.kind()).or_default();
            *statuses.entry(status).or_default() += 1;
        }
        format!("{} requests {kinds:?}", self.record().exchanges.len())
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().expect("a record")
    }
}
