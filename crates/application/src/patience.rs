//! Waiting for somebody else's work, holding nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use vouch_domain::ports::StoreError;

/// Longest wait for a twin, by both contracts.
const LIMIT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(15);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The patience of one request: pauses that grow, within a limit.
pub(crate) struct Patience {
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self {
            deadline: Instant::now() + LIMIT,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits a little. Answers false, at once, when the patience is used up.
    pub(crate) async fn wait(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.deadline {
            return false;
        }
        sleep_until((now + self.pause).min(self.deadline)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }

    /// Waits a little before a request is judged anew, because somebody else was faster.
    ///
    /// # Errors
    /// When others were faster until the patience was used up.
    pub(crate) async fn again(&mut self) -> Result<(), StoreError> {
        if self.wait().await {
            return Ok(());
        }
        Err(StoreError::Unavailable(
            "others kept changing the customer".to_owned(),
        ))
    }
}
