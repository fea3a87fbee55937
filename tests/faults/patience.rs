//! Waiting for what other processes do.

use std::time::Duration;

use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something to see, for a limited time.
pub(crate) async fn within<T>(
    limit: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        let seen = look().await;
        if seen.is_some() || Instant::now() >= deadline {
            return seen;
        }
        sleep(PAUSE).await;
    }
}
