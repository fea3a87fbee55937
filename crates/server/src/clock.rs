//! The system's clock, as the domain wants it.

use chrono::{DateTime, Utc};
use vouch_domain::ports::Clock;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place where the clock is read"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
