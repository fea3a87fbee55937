//! What works without being asked: woken when there is something to do, and now and then.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

/// Wakes and stops the background tasks of this process that wait on it.
#[derive(Clone, Default)]
pub struct Wake {
    notify: Arc<Notify>,
    stopped: Arc<watch::Sender<bool>>,
}

impl Wake {
    /// Wakes it, now or as soon as its present pass ends.
    pub fn wake(&self) {
        // For those who wait now; and for one who is about to.
        self.notify.notify_waiters();
        self.notify.notify_one();
    }

    /// Asks it to take nothing more, and to end when what it has taken is finished.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Has `pass` done again and again until it is stopped; each says how long to wait for the next, unless somebody calls
    /// for it.
    pub(crate) async fn repeat<Pass: Future<Output = Duration>>(
        &self,
        mut pass: impl FnMut() -> Pass,
    ) {
        while !self.is_stopped() {
            let pause = pass().await;
            self.wait(pause).await;
        }
    }

    /// Waits to be woken or stopped, at most so long: what other processes left shows only in the store.
    async fn wait(&self, at_most: Duration) {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            () = self.notify.notified() => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
            // There may be something to do by now.
            () = sleep(at_most) => {}
        }
    }
}
