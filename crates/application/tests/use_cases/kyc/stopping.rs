//! A process that is asked to stop while it sends a submission.

use std::sync::Arc;

use async_trait::async_trait;
use vouch_application::{background::Wake, jobs::Work};
use vouch_domain::{
    kyc::FileCategory::{IdDocument, ProofOfAddress},
    ports::{ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, PutDocumentError},
    tenant::Env,
};

use super::{A_WHILE, submitted};

/// Has the process asked to stop when a document is read.
struct StopsWhenRead(Arc<dyn Documents>, Wake);

#[async_trait]
impl Documents for StopsWhenRead {
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        self.0.put(place, key, source).await
    }

    async fn get(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError> {
        self.1.stop();
        self.0.get(place, key).await
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        self.0.remove(place).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stops_leaves_the_files_that_it_has_not_begun() {
    let made = submitted().await;
    let wake = Wake::default();
    let documents = StopsWhenRead(Arc::clone(&made.documents), wake.clone());
    let stopping = made.sender(Arc::new(documents), wake);
    assert_eq!(stopping.pass(Env::Test).await, Ok(1));
    assert_eq!(made.sent(), [IdDocument]);
    // Long before the lease would have ended.
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.send().await, 1);
    assert_eq!(made.sent(), [IdDocument, ProofOfAddress]);
    made.assert_in_review().await;
}
