//! The rail's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds.
#[allow(clippy::disallowed_methods, reason = "the rail has a clock of its own")]
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a time after 1970").as_secs()
}
