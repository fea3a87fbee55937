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
    /// None once it is delivered or given up. While an attempt is under way, when the next one comes should the
    /// sandbox die before it ends.
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    /// Whether an attempt is being made. None is, after a restart.
    #[serde(skip)]
    pub(crate) is_under_way: bool,
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
    /// When it has to be tried again.
    pub(crate) fn due(&self) -> Option<DateTime<Utc>> {
        self.next_attempt_at.filter(|_| !self.is_under_way)
    }

    /// The delivery with one attempt more, under way.
    pub(crate) fn attempted(&self, now: DateTime<Utc>, first: Duration) -> Self {
        let attempts = self.attempts + 1;
        Self {
            attempts,
            next_attempt_at: pause_after(attempts, first).map(|pause| now + pause),
            is_under_way: true,
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
        let pause = pause_after(self.attempts, first);
        Self {
            next_attempt_at: pause.filter(|_| !is_taken).map(|pause| now + pause),
            is_under_way: false,
            delivered_at: is_taken.then_some(now).or(self.delivered_at),
            last_status: status,
            ..self.clone()
        }
    }
}

/// The pause after so many attempts, unless they were the last.
fn pause_after(attempts: u32, first: Duration) -> Option<TimeDelta> {
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
            let pause = pause_after(attempts, first).map(|pause| pause.num_milliseconds());
            let seconds = pause.map(|pause| pause as f64 / 1000.0);
            let bounds = (exact * 0.8 - 1.0).min(86_400.0)..=(exact * 1.2).min(86_400.0);
            assert!(
                seconds.is_some_and(|seconds| bounds.contains(&seconds)),
                "{attempts}: {seconds:?}"
            );
        }
        assert_eq!(pause_after(MAX_ATTEMPTS, first), None);
        let endless = Duration::from_secs(86_400 * 365);
        assert_eq!(pause_after(5, endless), Some(MAX_PAUSE));
    }

    #[test]
    fn an_attempt_that_never_ended_is_made_again_after_a_restart() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let delivery = Delivery {
            id: Uuid::nil(),
            channel: Channel::Payout,
            event: "payout".to_owned(),
            customer_id: Uuid::nil(),
            body: "{}".to_owned(),
            created_at: now,
            attempts: 0,
            next_attempt_at: Some(now),
            is_under_way: false,
            delivered_at: None,
            last_status: None,
        };
        let under_way = delivery.attempted(now, Duration::from_secs(5));
        assert_eq!(under_way.due(), None);
        let kept = serde_json::to_string(&under_way).unwrap_or_default();
        let read = serde_json::from_str::<Delivery>(&kept).ok();
        let due = read.and_then(|read| read.due());
        assert!(due.is_some() && due == under_way.next_attempt_at);
    }
}
