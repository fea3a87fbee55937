//! Removing what uploads left that never became a file's content, and the files of closed customers.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use vouch_domain::ports::{Documents, KycFiles, StoreError};

use crate::receive_upload::discard;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(10 * 60);
/// How many objects it takes at a time.
const BATCH: u8 = 100;

/// Sweeps, until it is cut off.
pub struct UploadSweeper {
    files: Arc<dyn KycFiles>,
    documents: Arc<dyn Documents>,
}

impl UploadSweeper {
    /// A sweeper of these stores.
    #[must_use]
    pub fn new(files: Arc<dyn KycFiles>, documents: Arc<dyn Documents>) -> Self {
        Self { files, documents }
    }

    /// Works for ever.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.pass().await {
                tracing::warn!(%error, "abandoned uploads could not be read");
            }
            sleep(PERIOD).await;
        }
    }

    /// Tries to remove each abandoned object once. Answers how many it removed; the others are for the next pass.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say which there are.
    pub async fn pass(&self) -> Result<usize, StoreError> {
        let (mut removed, mut left) = (0, 0);
        let mut last_error = None;
        let mut after = None;
        loop {
            let abandoned = self.files.abandoned_uploads(after, BATCH).await?;
            let Some(last) = abandoned.last() else {
                break;
            };
            after = Some(last.object);
            for place in &abandoned {
                match discard(&*self.files, &*self.documents, place).await {
                    Ok(()) => removed += 1,
                    Err(error) => {
                        left += 1;
                        last_error = Some(error);
                    }
                }
            }
        }
        if let Some(error) = last_error {
            tracing::warn!(left, %error, "abandoned uploads could not be removed");
        }
        Ok(removed)
    }
}
