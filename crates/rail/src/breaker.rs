//! Not asking a rail that is down.
//!
//! A circuit breaker: when most of the recent calls failed, calls fail at once without being sent, until one of them,
//! let through to try, succeeds. So callers wait for nothing, and a rail that struggles is not besieged.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vouch_domain::tenant::Env;

use crate::{
    answer::{Answer, NoAnswer},
    settings::OpensOn,
};

/// How long an outcome counts.
const SPAN: Duration = Duration::from_secs(10);
/// Fewer calls in the span say nothing.
const LEAST_CALLS: usize = 20;
/// How long nothing is sent before one call may try.
const PAUSE: Duration = Duration::from_secs(2);

/// Whether calls to the rail are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// They are.
    Closed,
    /// One is, to see whether the rail is back.
    HalfOpen,
    /// None is.
    Open,
}

/// Judges by the outcomes of past calls whether the next may be sent.
pub(crate) struct Breaker {
    env: Env,
    opens_on: OpensOn,
    state: Mutex<State>,
}

enum State {
    Closed(Recent),
    Open {
        until: Instant,
    },
    /// One call is trying.
    HalfOpen,
}

/// The outcomes of the last span.
#[derive(Default)]
struct Recent {
    /// Whether each failed, oldest first.
    outcomes: VecDeque<(Instant, bool)>,
    failures: usize,
}

/// Leave to make one call. Given up unused, it has no effect.
#[must_use]
pub(crate) struct Leave<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Breaker {
    pub(crate) fn new(env: Env, opens_on: OpensOn) -> Self {
        let breaker = Self {
            env,
            opens_on,
            state: Mutex::new(State::Closed(Recent::default())),
        };
        breaker.show(Circuit::Closed);
        breaker
    }

    /// Lets a call through.
    ///
    /// # Errors
    /// How long to wait when the circuit is open.
    pub(crate) fn leave(&self) -> Result<Leave<'_>, Duration> {
        let mut state = self.state();
        let is_trial = match *state {
            State::Closed(_) => false,
            State::HalfOpen => return Err(PAUSE),
            State::Open { until } => match until.checked_duration_since(Instant::now()) {
                Some(wait) if !wait.is_zero() => return Err(wait),
                _ => true,
            },
        };
        if is_trial {
            *state = State::HalfOpen;
            self.show(Circuit::HalfOpen);
        }
        Ok(Leave {
            breaker: self,
            is_trial,
        })
    }

    /// How the circuit is.
    pub(crate) fn circuit(&self) -> Circuit {
        match *self.state() {
            State::Closed(_) => Circuit::Closed,
            State::HalfOpen => Circuit::HalfOpen,
            State::Open { .. } => Circuit::Open,
        }
    }

    /// Whether the outcome counts as a failure. None: it says nothing about the rail.
    fn failed(&self, outcome: &Result<Answer, NoAnswer>) -> Option<bool> {
        match (outcome, self.opens_on) {
            (Err(NoAnswer::NotMade), _) => None,
            (Err(NoAnswer::NotConnected { .. }), _) => Some(true),
            (_, OpensOn::NoConnection) => Some(false),
            (Err(NoAnswer::TimedOut | NoAnswer::Dropped), _) => Some(true),
            (Err(NoAnswer::TooLong), _) => Some(false),
            (Ok(answer), _) => Some(answer.status.is_server_error() && !answer.is_simulated),
        }
    }

    fn open(&self, state: &mut State, until: Instant) {
        *state = State::Open { until };
        self.show(Circuit::Open);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, circuit: Circuit) {
        let level = match circuit {
            Circuit::Closed => 0.0,
            Circuit::HalfOpen => 1.0,
            Circuit::Open => 2.0,
        };
        metrics::gauge!("vouch_rail_circuit", "env" => self.env.as_str()).set(level);
    }
}

impl Leave<'_> {
    /// Tells the breaker how the call ended.
    pub(crate) fn settle(mut self, outcome: &Result<Answer, NoAnswer>) {
        let Some(failed) = self.breaker.failed(outcome) else {
            return;
        };
        let now = Instant::now();
        let env = self.breaker.env.as_str();
        let mut state = self.breaker.state();
        if std::mem::take(&mut self.is_trial) {
            if failed {
                return self.breaker.open(&mut state, now + PAUSE);
            }
            *state = State::Closed(Recent::default());
            self.breaker.show(Circuit::Closed);
            tracing::info!(env, "the rail answers again: the circuit is closed");
            return;
        }
        // Whatever ends late, after the circuit has opened, is old news.
        if let State::Closed(recent) = &mut *state
            && recent.count(now, failed)
        {
            self.breaker.open(&mut state, now + PAUSE);
            tracing::warn!(env, "the rail is down: the circuit is open");
        }
    }
}

impl Drop for Leave<'_> {
    /// A trial that never ended proves nothing: the next call may try.
    fn drop(&mut self) {
        if self.is_trial {
            let mut state = self.breaker.state();
            self.breaker.open(&mut state, Instant::now());
        }
    }
}

impl Recent {
    /// Counts one outcome. Answers whether there are too many failures by now: at least half of at least twenty.
    fn count(&mut self, now: Instant, failed: bool) -> bool {
        while let Some((_, failed)) = self.outcomes.pop_front_if(|(at, _)| *at + SPAN <= now) {
            self.failures -= usize::from(failed);
        }
        self.outcomes.push_back((now, failed));
        self.failures += usize::from(failed);
        self.outcomes.len() >= LEAST_CALLS && 2 * self.failures >= self.outcomes.len()
    }
}

#[cfg(test)]
mod tests;
