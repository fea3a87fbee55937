//! Who works on a submission, and for how long nobody else does.

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use vouch_application::{background::Wake, jobs::Work, send_submission::SubmissionSender};
use vouch_domain::{
    ports::{
        ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, PutDocumentError,
        StoreError, SubmissionJobs,
    },
    tenant::Env,
};
use vouch_testkit::InMemory;

use super::{Made, PATIENT, submitted};

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
    /// Nothing ever comes, and the store hangs, too.
    HangsWithStore,
    /// The lease runs out by the store's clock, somebody else takes the job, and nothing ever comes.
    HangsWhileTaken,
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

    async fn lose_the_lease(&self) {
        self.store.advance(SOON);
        let others = self.store.take_due_submissions(Env::Test, SOON, 1);
        assert_eq!(others.await.unwrap().len(), 1);
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
            Reading::HangsWithStore => {
                let gone = StoreError::Unavailable("gone".to_owned());
                self.store.fail_slowly_with(PATIENT, gone);
                pending::<()>().await;
            }
            Reading::HangsWhileTaken => {
                self.lose_the_lease().await;
                pending::<()>().await;
            }
        }
        self.documents.get(place, key).await
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        self.documents.remove(place).await
    }
}

fn sender(made: &Made, reading: Reading) -> SubmissionSender {
    let documents = Scripted {
        documents: Arc::clone(&made.documents),
        store: made.bench.store.clone(),
        reading,
    };
    made.sender(Arc::new(documents), Wake::default())
}

/// Sends what is due, with such documents.
async fn send(made: &Made, reading: Reading) -> Result<usize, StoreError> {
    sender(made, reading).pass(Env::Test).await
}

/// After how many seconds the one job that is due is given up, with such documents.
async fn given_up_after(made: &Made, reading: Reading) -> u64 {
    let sender = sender(made, reading);
    let line = sender.lines().of(Env::Test).unwrap();
    let leased_since = Instant::now();
    let job = sender.take(Env::Test, line, 1).await.unwrap().remove(0);
    let work = sender.work_on(line, job, leased_since);
    timeout(PATIENT, work).await.expect("an end");
    leased_since.elapsed().as_secs()
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

#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs_holds_no_work_beyond_the_lease() {
    let made = submitted().await;
    assert_eq!(given_up_after(&made, Reading::HangsWithStore).await, 15);
    assert!(made.calls().is_empty());
    made.bench.store.fail_with(None);
    made.bench.pass(SOON).await;
    assert_eq!(made.send().await, 1);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn who_has_lost_the_lease_learns_it_at_the_next_renewal() {
    let made = submitted().await;
    assert_eq!(given_up_after(&made, Reading::HangsWhileTaken).await, 5);
    assert!(made.calls().is_empty());
    // It is left to whoever has the lease.
    assert_eq!(made.send().await, 0);
    made.bench.pass(SOON).await;
    assert_eq!(made.send().await, 1);
    made.assert_in_review().await;
}
