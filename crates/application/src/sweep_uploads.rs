//! Removing what uploads left that never became a file's content.

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

    /// Removes abandoned objects, until there are none or one cannot be removed. Answers how many it removed.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say which there are.
    pub async fn pass(&self) -> Result<usize, StoreError> {
        let mut removed = 0;
        loop {
            let abandoned = self.files.abandoned_uploads(BATCH).await?;
            if abandoned.is_empty() {
                return Ok(removed);
            }
            for place in &abandoned {
                let file = place.file;
                if let Err(error) = discard(&*self.files, &*self.documents, place).await {
                    tracing::warn!(%file, %error, "an abandoned upload could not be removed");
                    return Ok(removed);
                }
                removed += 1;
            }
        }
    }
}
