//! What works without being asked: woken when there is something to do, and now and then.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::timeout};

/// Wakes the background tasks of this process that wait on it.
#[derive(Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Wakes it, now or as soon as its present pass ends.
    pub fn wake(&self) {
        // For those who wait now; and for one who is about to.
        self.0.notify_waiters();
        self.0.notify_one();
    }

    /// Waits to be woken, at most so long: what other processes left shows only in the store.
    pub(crate) async fn wait(&self, at_most: Duration) {
        // Woken or not, there may be something to do by then.
        let _ = timeout(at_most, self.0.notified()).await;
    }
}
