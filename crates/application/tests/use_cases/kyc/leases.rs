//! Who works on a submission, and for how long nobody else does.

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{sync::Notify, time::sleep};
use vouch_application::{background::Wake, jobs::Work};
use vouch_domain::{
    ports::{
        ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, PutDocumentError,
        StoreError, SubmissionJobs,
    },
    tenant::Env,
};
use vouch_testkit::InMemory;

use super::{Made, submitted};

/// Longer than a file may take.
const LONG: u64 = 150;
/// Longer than the lease of who works no more.
const SOON: Duration = Duration::from_secs(20);

/// What happens when a document is read.
enum Reading {
    /// It takes [`LONG`], on all clocks.
    Takes,
    /// Nothing ever comes.
    Hangs(Arc<Notify>),
    /// The store fails, and nothing ever comes.
    HangsWithoutStore,
}

struct Scripted {
    documents: Arc<dyn Documents>,
    store: InMemory,
    reading: Reading,
}

impl Scripted {
    /// Each second nobody else is given the job.
    async fn take_long(&self) {
        for _ in 0..LONG {
            sleep(Duration::from_secs(1)).await;
            self.store.advance(Duration::from_secs(1));
            let others = self.store.take_due_submissions(Env::Test, SOON, 1);
            assert_eq!(others.await, Ok(Vec::new()));
        }
    }
}

#[async_trait]
impl Documents for Scripted {
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        self.documents.put(place, key, source).await
    }

    async fn get(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError> {
        match &self.reading {
            Reading::Takes => self.take_long().await,
            Reading::Hangs(begun) => {
                begun.notify_one();
                pending::<()>().await;
            }
            Reading::HangsWithoutStore => {
                let gone = StoreError::Unavailable("gone".to_owned());
                self.store.fail_with(Some(gone));
                pending::<()>().await;
            }
        }
        self.documents.get(place, key).await
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        self.documents.remove(place).await
    }
}

/// Sends what is due, with such documents.
async fn send(made: &Made, reading: Reading) -> Result<usize, StoreError> {
    let documents = Scripted {
        documents: Arc::clone(&made.documents),
        store: made.bench.store.clone(),
        reading,
    };
    let sender = made.sender(Arc::new(documents), Wake::default());
    sender.pass(Env::Test).await
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_long_keeps_the_lease() {
    let made = submitted().await;
    assert_eq!(send(&made, Reading::Takes).await, Ok(1));
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn who_dies_is_followed_soon() {
    let made = Arc::new(submitted().await);
    let begun = Arc::new(Notify::new());
    let dying = tokio::spawn({
        let (made, begun) = (Arc::clone(&made), Arc::clone(&begun));
        async move { send(&made, Reading::Hangs(begun)).await }
    });
    begun.notified().await;
    dying.abort();
    assert_eq!(made.send().await, 0);
    made.bench.pass(SOON).await;
    assert_eq!(made.send().await, 1);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_the_lease_works_no_more() {
    let made = submitted().await;
    let gone = StoreError::Unavailable("gone".to_owned());
    assert_eq!(send(&made, Reading::HangsWithoutStore).await, Err(gone));
    assert!(made.calls().is_empty());
    made.bench.store.fail_with(None);
    made.bench.pass(SOON).await;
    assert_eq!(made.send().await, 1);
    made.assert_in_review().await;
}
