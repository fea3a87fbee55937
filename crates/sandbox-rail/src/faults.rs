//! Faults on demand: which call fails, how, and how often.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The calls that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    CreateCustomer,
    /// The list, with or without filters.
    Lookup,
    Get,
    Update,
    Token,
    /// A presigned URL for an individual's file.
    Presign,
    /// The PUT to a presigned URL.
    Upload,
    AttachFiles,
    KycData,
    Submit,
    /// Every call about the documents of a business.
    Document,
    Wallet,
    CreateAccount,
    /// A virtual bank account, or the list of them.
    Account,
    CloseAccount,
    Payout,
    Fees,
    /// A transaction, or the list of them.
    Transaction,
    /// Registration of webhooks, and replays.
    Webhook,
}

/// How a call fails. Without `AfterCommit`, `Late` or `Slow` in its name, nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    #[serde(rename = "error_500")]
    Error500,
    /// The connection is closed without a byte.
    DropBefore,
    /// No answer until the client leaves.
    Timeout,
    #[serde(rename = "refuse_422")]
    Refuse422,
    #[serde(rename = "rate_limit_429")]
    RateLimit429,
    Unauthorised,
    #[serde(rename = "error_500_after_commit")]
    Error500AfterCommit,
    DropAfterCommit,
    TimeoutAfterCommit,
    /// The answer, but its body breaks off.
    GarbageAfterCommit,
    /// No answer; the call is carried out `delay_ms` after its receipt, whether the client has left or not.
    LateCommit,
    /// The answer, `delay_ms` after the commit.
    SlowAnswer,
}

impl Fault {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error500 => "error_500",
            Self::DropBefore => "drop_before",
            Self::Timeout => "timeout",
            Self::Refuse422 => "refuse_422",
            Self::RateLimit429 => "rate_limit_429",
            Self::Unauthorised => "unauthorised",
            Self::Error500AfterCommit => "error_500_after_commit",
            Self::DropAfterCommit => "drop_after_commit",
            Self::TimeoutAfterCommit => "timeout_after_commit",
            Self::GarbageAfterCommit => "garbage_after_commit",
            Self::LateCommit => "late_commit",
            Self::SlowAnswer => "slow_answer",
        }
    }
}

/// A rule as a test writes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    operation: Operation,
    fault: Fault,
    /// How often it fires; for ever when absent.
    #[serde(default)]
    times: Option<u64>,
    #[serde(default)]
    probability: Probability,
    /// Before the fault shows, after any commit; for `late_commit` before the commit.
    #[serde(default)]
    delay_ms: u64,
    /// Start of the sequence that `probability` is drawn from.
    #[serde(default)]
    seed: u64,
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "f64")]
struct Probability(f64);

impl Default for Probability {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Probability {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err("probability must be from 0 to 1")
        }
    }
}

/// A rule at work.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rule {
    id: Uuid,
    #[serde(flatten)]
    rule: NewRule,
    fired: u64,
    #[serde(skip)]
    draws: fastrand::Rng,
}

/// A fault that a call has to suffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fired {
    pub(crate) fault: Fault,
    pub(crate) delay: Duration,
}

/// The rules, in the order of their insertion. They last as long as the process: a restart is how a test gets a
/// healthy rail.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    /// Adds a rule behind the others.
    pub(crate) fn add(&self, rule: NewRule) -> Rule {
        let draws = fastrand::Rng::with_seed(rule.seed);
        let rule = Rule {
            id: Uuid::new_v4(),
            rule,
            fired: 0,
            draws,
        };
        self.rules().push(rule.clone());
        rule
    }

    /// The rules as they stand.
    pub(crate) fn all(&self) -> Vec<Rule> {
        self.rules().clone()
    }

    /// Removes every rule.
    pub(crate) fn clear(&self) {
        self.rules().clear();
    }

    /// Decides about one call. The first rule for the operation that has not fired its `times` decides alone: when
    /// its draw spares the call, later rules are not asked.
    pub(crate) fn draw(&self, operation: Operation) -> Option<Fired> {
        let mut rules = self.rules();
        let rule = rules.iter_mut().find(|rule| {
            rule.rule.operation == operation
                && rule.rule.times.is_none_or(|times| rule.fired < times)
        })?;
        if rule.draws.f64() >= rule.rule.probability.0 {
            return None;
        }
        rule.fired += 1;
        Some(Fired {
            fault: rule.rule.fault,
            delay: Duration::from_millis(rule.rule.delay_ms),
        })
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
