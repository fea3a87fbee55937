//! What works without being asked: woken when there is something to do, and now and then.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

/// Wakes and stops the background tasks of this process that listen to it.
#[derive(Clone, Default)]
pub struct Wake {
    /// Whether they are to stop. A call changes nothing but the version, and each listener has seen one of its own: so
    /// none misses a call that came while it was at work, and none takes another's.
    stopped: watch::Sender<bool>,
}

impl Wake {
    /// Calls them, now or as soon as they listen again.
    pub fn wake(&self) {
        self.stopped.send_modify(|_| {});
    }

    /// Asks them to take nothing more, and to end when what they have taken is finished.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Hears every call from now on.
    pub(crate) fn listen(&self) -> Calls {
        Calls(self.stopped.subscribe())
    }
}

/// The calls to one listener.
pub(crate) struct Calls(watch::Receiver<bool>);

impl Calls {
    /// Waits for a call that this listener has not heard yet, or for the word to stop.
    pub(crate) async fn next(&mut self) {
        // Whoever waits holds the sender, too.
        let _ = self.0.changed().await;
    }

    /// Waits for one so long at most: without a call there may be something to do, too.
    pub(crate) async fn next_within(&mut self, period: Duration) {
        let _ = timeout(period, self.next()).await;
    }

    /// Waits for the word to stop.
    pub(crate) async fn stopped(&mut self) {
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
