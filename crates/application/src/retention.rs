//! Forgetting what was kept long enough.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use vouch_domain::ports::{Retention, StoreError};

/// How often it is looked for something to forget.
const PERIOD: Duration = Duration::from_secs(600);
/// How many rows one statement forgets: few enough to keep it short.
const BATCH: u16 = 1_000;

/// How long a callback is remembered that is done with. The rail sends none again after two days.
const CALLBACK_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Forgets expired idempotency keys and old callbacks, for as long as the process lives.
pub struct Purger {
    store: Arc<dyn Retention>,
    key_age: Duration,
}

impl Purger {
    /// A purger that keeps keys for `key_age`.
    #[must_use]
    pub fn new(store: Arc<dyn Retention>, key_age: Duration) -> Self {
        Self { store, key_age }
    }

    /// Works for ever.
    pub async fn run(&self) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.pass().await {
                Ok(0) => {}
                Ok(purged) => tracing::info!(purged, "forgot expired idempotency keys"),
                Err(error) => {
                    tracing::warn!(%error, "expired idempotency keys could not be forgotten");
                }
            }
            if let Err(error) = self.pass_callbacks().await {
                tracing::warn!(%error, "old callbacks could not be forgotten");
            }
        }
    }

    /// Forgets everything that has expired by now. Answers how many keys.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; what was forgotten before stays forgotten.
    pub async fn pass(&self) -> Result<usize, StoreError> {
        let mut purged = 0;
        loop {
            let batch = self
                .store
                .purge_idempotency_keys(self.key_age, BATCH)
                .await?;
            purged += batch;
            if batch < usize::from(BATCH) {
                return Ok(purged);
            }
        }
    }

    /// Forgets every callback that is old enough by now. Answers how many.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; what was forgotten before stays forgotten.
    pub async fn pass_callbacks(&self) -> Result<usize, StoreError> {
        let mut purged = 0;
        loop {
            let batch = self.store.purge_callbacks(CALLBACK_AGE, BATCH).await?;
            purged += batch;
            if batch < usize::from(BATCH) {
                return Ok(purged);
            }
        }
    }
}
