//! Time that moves only when told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use vouch_domain::ports::Clock;

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows 10:00 UTC on 15 January 2026.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let morning = "2026-01-15T10:00:00Z".parse().expect("a moment");
        Arc::new(Self(Mutex::new(morning)))
    }

    /// Moves the clock.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }

    /// Moves the clock forwards.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}
