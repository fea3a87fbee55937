//! What a process does without being asked.

use tokio::task::JoinSet;
use vouch_application::{background::Wake, jobs::Work};

/// The background tasks of a process.
#[derive(Default)]
pub(crate) struct Background {
    /// Have something in hand: take no more when they are stopped, and finish that.
    workers: JoinSet<()>,
    wakes: Vec<Wake>,
    /// May be cut off anywhere.
    others: JoinSet<()>,
}

impl Background {
    /// Starts whoever works on jobs.
    pub(crate) fn work(&mut self, worker: impl Work + 'static) {
        let wake = worker.wake().clone();
        self.start(&wake, async move { worker.run().await });
    }

    /// Starts what ends when `wake` has it stop.
    pub(crate) fn start(&mut self, wake: &Wake, work: impl Future<Output = ()> + Send + 'static) {
        self.wakes.push(wake.clone());
        self.workers.spawn(work);
    }

    /// Starts what may be cut off anywhere.
    pub(crate) fn start_other(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.others.spawn(work);
    }

    /// Waits for the end of any task: none ends by itself.
    pub(crate) async fn ends(&mut self) {
        tokio::select! {
            _ = self.workers.join_next() => {}
            _ = self.others.join_next() => {}
        }
    }

    /// Has nothing more taken.
    pub(crate) fn stop(&self) {
        self.wakes.iter().for_each(Wake::stop);
    }

    /// Waits until nothing is in hand: at most as long as a lease, by the deadlines of the rail, of the providers and of
    /// the store.
    pub(crate) async fn finish(mut self) {
        self.others.shutdown().await;
        while self.workers.join_next().await.is_some() {}
    }
}
