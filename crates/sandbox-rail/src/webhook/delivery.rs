//! Deliveries: one event each, tried until the platform takes it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{table::Identified, webhook::registration::Channel};

/// The vendor's, in its first description.
const MAX_ATTEMPTS: u32 = 10;
const MAX_PAUSE: TimeDelta = TimeDelta::hours(24);
/// How much a pause differs from the doubled one, either way.
const JITTER: f64 = 0.2;

/// One event on its way, or there.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) id: Uuid,
    pub(crate) channel: Channel,
    pub(crate) event: String,
    pub(crate) customer_id: Uuid,
    /// The very text that is sent and signed, every time.
    pub(crate) body: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) attempts: u32,
    /// None once it is delivered or given up.
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    pub(crate) delivered_at: Option<DateTime<Utc>>,
    /// What the last attempt was answered; none where it was not.
    pub(crate) last_status: Option<u16>,
}

impl Identified for Delivery {
    fn id(&self) -> Uuid {
        self.id
    }
}

impl Delivery {
    /// The delivery with one attempt more under way. Should its end never be told, the next one comes `timeout` and a
    /// pause later.
    pub(crate) fn attempted(&self, now: DateTime<Utc>, timeout: Duration, first: Duration) -> Self {
        let attempts = self.attempts + 1;
        let timeout = TimeDelta::from_std(timeout).unwrap_or(MAX_PAUSE);
        Self {
            attempts,
            next_attempt_at: next_attempt(attempts, first).map(|pause| now + timeout + pause),
            last_status: None,
            ..self.clone()
        }
    }

    /// The delivery after an attempt that was answered with this status, or not at all.
    pub(crate) fn answered(
        &self,
        now: DateTime<Utc>,
        status: Option<u16>,
        first: Duration,
    ) -> Self {
        let is_taken = status.is_some_and(|status| (200..300).contains(&status));
        let pause = next_attempt(self.attempts, first);
        Self {
            next_attempt_at: pause.filter(|_| !is_taken).map(|pause| now + pause),
            delivered_at: is_taken.then_some(now).or(self.delivered_at),
            last_status: status,
            ..self.clone()
        }
    }
}

/// The pause after so many attempts, unless they were the last.
fn next_attempt(attempts: u32, first: Duration) -> Option<TimeDelta> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    let jittered = doubled.mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0));
    Some(
        TimeDelta::from_std(jittered)
            .unwrap_or(MAX_PAUSE)
            .min(MAX_PAUSE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_day_and_end() {
        let first = Duration::from_secs(300);
        for attempts in 1..MAX_ATTEMPTS {
            let exact = 300.0 * f64::from(2_u32.pow(attempts - 1));
            let pause = next_attempt(attempts, first).map(|pause| pause.num_milliseconds());
            let seconds = pause.map(|pause| pause as f64 / 1000.0);
            let bounds = (exact * 0.8 - 1.0).min(86_400.0)..=(exact * 1.2).min(86_400.0);
            assert!(
                seconds.is_some_and(|seconds| bounds.contains(&seconds)),
                "{attempts}: {seconds:?}"
            );
        }
        assert_eq!(next_attempt(MAX_ATTEMPTS, first), None);
        let endless = Duration::from_secs(86_400 * 365);
        assert_eq!(next_attempt(5, endless), Some(MAX_PAUSE));
    }
}
