//! Submissions on their way to the rail.

mod leases;
mod stopping;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use vouch_application::{
    background::Wake,
    create::Created,
    jobs::Work,
    kyc_files::FileDesk,
    receive_upload::{ReceiveUpload, UploadError},
    review::OverdueAges,
    send_submission::SubmissionSender,
    submit_kyc::{SubmitError, SubmitKyc},
    transitions::Transitions,
    upload_slots::UploadSlots,
};
use vouch_documents::ObjectDocuments;
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, NewCustomer},
    id::FileId,
    kyc::{
        ContentType, FileCategory, Gap, NewFile, Slot, Submission, SubmissionRefused,
        SubmissionStatus,
    },
    ports::{
        BrokenOff, ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError,
        PutDocumentError, RailFailure, RailStatus, Reviews, Submissions,
    },
    tenant::Env,
};
use vouch_testkit::{KycCall, KycScript, Pieces, business, individual, pdf, unique_claim};

use crate::bench::{Bench, unavailable, unclear};

pub(crate) const OVERDUE: Duration = Duration::from_secs(3_600);
/// Longer than any attempt is put off, and than any lease.
pub(crate) const PATIENT: Duration = Duration::from_secs(600);
/// Longer than the settle time, and than the first attempts are put off.
pub(crate) const A_WHILE: Duration = Duration::from_secs(10);

use FileCategory::{IdDocument, IncorporationDocument, ProofOfAddress};

/// A bench with a customer, which the rail knows as `rail-1`, and a store of documents.
pub(crate) struct Made {
    pub(crate) bench: Bench,
    pub(crate) customer: CustomerSummary,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) slots: UploadSlots,
}

pub(crate) async fn made(new: NewCustomer) -> Made {
    let bench = Bench::new().await;
    let Ok(Created::New(customer)) = bench.create(&new, &unique_claim()).await else {
        panic!("not new");
    };
    Made {
        bench,
        customer,
        documents: Arc::new(ObjectDocuments::in_memory()),
        slots: UploadSlots::new(1),
    }
}

impl Made {
    pub(crate) fn handle(&self) -> CustomerHandle {
        CustomerHandle::Id(self.customer.id)
    }

    fn desk(&self) -> FileDesk {
        let store = Arc::new(self.bench.store.clone());
        FileDesk::new(store, Arc::clone(&self.bench.ids))
    }

    pub(crate) async fn new_file(&self, category: FileCategory) -> FileId {
        let judge = |_| {
            Ok(NewFile {
                category,
                content_type: ContentType::Pdf,
            })
        };
        let desk = self.desk();
        let added = desk
            .add(self.bench.tenant, &self.handle(), None, &judge)
            .await;
        added.unwrap().now.id
    }

    pub(crate) async fn upload(
        &self,
        file: FileId,
        mut bytes: impl ByteSource,
    ) -> Result<u64, UploadError> {
        let receive = ReceiveUpload::new(
            Arc::new(self.bench.store.clone()),
            Arc::clone(&self.documents),
            Arc::clone(&self.bench.ids),
            self.slots.clone(),
        );
        let received = receive.receive(self.bench.tenant, file, &mut bytes).await;
        received.map(|content| content.size)
    }

    /// Puts a file with these bytes into its slot.
    pub(crate) async fn attached(&self, category: FileCategory, bytes: &[u8]) {
        let file = self.new_file(category).await;
        let uploaded = self.upload(file, Pieces::of(bytes, 1_000)).await;
        assert_eq!(uploaded, Ok(bytes.len() as u64));
        let slots = vec![Slot { category, file }];
        let judge = move |_| Ok(slots.clone());
        let desk = self.desk();
        let attached = desk
            .attach(self.bench.tenant, &self.handle(), None, &judge)
            .await;
        attached.unwrap();
    }

    pub(crate) async fn submit(&self) -> Result<Submission, SubmitError> {
        let store = Arc::new(self.bench.store.clone());
        let submit = SubmitKyc::new(
            Arc::clone(&store) as _,
            Arc::clone(&store) as _,
            Transitions::new(store, Arc::clone(&self.bench.ids)),
            Arc::clone(&self.bench.ids),
            Wake::default(),
        );
        let submitted = submit
            .submit(self.bench.tenant, &self.handle(), None, &Ok(()))
            .await;
        submitted.map(|done| done.now)
    }

    fn sender(&self, documents: Arc<dyn Documents>, wake: Wake) -> SubmissionSender {
        let store = Arc::new(self.bench.store.clone());
        let overdue = OverdueAges {
            test: OVERDUE,
            live: OVERDUE,
        };
        let rails = self.bench.rails.clone();
        SubmissionSender::new(
            Arc::clone(&store) as _,
            documents,
            store,
            rails,
            overdue,
            wake,
        )
    }

    /// Sends what is due. Answers how many submissions that were.
    pub(crate) async fn send(&self) -> usize {
        let documents = Arc::clone(&self.documents) as _;
        let sender = self.sender(documents, Wake::default());
        sender.pass(Env::Test).await.unwrap()
    }

    /// The files that were sent to the rail, by their categories.
    fn sent(&self) -> Vec<FileCategory> {
        let calls = self.calls().into_iter();
        let sent = calls.filter_map(|call| match call {
            KycCall::Send(category, _) => Some(category),
            _ => None,
        });
        sent.collect()
    }

    pub(crate) async fn newest(&self) -> Submission {
        let found = self
            .bench
            .store
            .submissions_of(self.bench.tenant, &self.handle(), 1)
            .await;
        found.unwrap().unwrap().remove(0)
    }

    pub(crate) fn calls(&self) -> Vec<KycCall> {
        self.bench.rail.kyc_calls()
    }

    pub(crate) fn scripted(&self, scripts: impl IntoIterator<Item = KycScript>) {
        for script in scripts {
            self.bench.rail.on_kyc(script);
        }
    }

    async fn assert_in_review(&self) {
        assert_eq!(self.newest().await.status, SubmissionStatus::InReview);
        assert_eq!(self.bench.rail.reviews(), 1);
        self.bench.pass(PATIENT).await;
        assert_eq!(self.send().await, 0);
        // Somebody looks for the decision.
        self.bench.pass(OVERDUE).await;
        let due = self
            .bench
            .store
            .take_due_reviews(Env::Test, PATIENT, 10)
            .await;
        assert_eq!(due.unwrap().len(), 1);
    }
}

/// A person whose documents are in their slots, submitted.
pub(crate) async fn submitted() -> Made {
    let made = made(individual()).await;
    made.attached(IdDocument, &pdf(3_000)).await;
    made.attached(ProofOfAddress, &pdf(50)).await;
    made.submit().await.unwrap();
    made
}

fn refused() -> RailFailure {
    RailFailure::Refused { fields: Vec::new() }
}

#[tokio::test(start_paused = true)]
async fn a_persons_files_go_first_and_the_document_last() {
    let made = submitted().await;
    assert_eq!(made.send().await, 1);
    let expected = [
        KycCall::Send(IdDocument, pdf(3_000)),
        KycCall::Send(ProofOfAddress, pdf(50)),
        KycCall::Attach(vec![ProofOfAddress]),
        KycCall::Attach(vec![IdDocument]),
    ];
    assert_eq!(made.calls(), expected);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn a_business_goes_by_its_documents() {
    let made = made(business()).await;
    made.attached(IncorporationDocument, &pdf(70)).await;
    made.submit().await.unwrap();
    assert_eq!(made.send().await, 1);
    let calls = made.calls();
    assert_eq!(calls[0], KycCall::Send(IncorporationDocument, pdf(70)));
    let KycCall::Document(name) = &calls[1] else {
        panic!("no document: {calls:?}");
    };
    assert!(
        name.starts_with("Certificate of incorporation ckfile_"),
        "{name}"
    );
    assert_eq!(calls[2..], [KycCall::Submit]);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_not_done_again() {
    let made = submitted().await;
    made.scripted([KycScript::Behave, KycScript::Fail(unavailable(None))]);
    assert_eq!(made.send().await, 1);
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.send().await, 1);
    let twice = [IdDocument, ProofOfAddress, ProofOfAddress];
    assert_eq!(made.sent(), twice);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn after_an_unclear_start_it_looks_before_it_repeats() {
    let made = submitted().await;
    made.scripted([
        KycScript::Behave,
        KycScript::Behave,
        KycScript::Behave,
        KycScript::BehaveAndFail(unclear()),
    ]);
    assert_eq!(made.send().await, 1);
    assert_eq!(made.newest().await.status, SubmissionStatus::Submitted);
    // Not before it must have settled.
    made.bench.pass(Duration::from_secs(1)).await;
    assert_eq!(made.send().await, 0);
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.send().await, 1);
    assert_eq!(made.calls().len(), 4);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn an_unclear_start_that_was_none_is_made_again() {
    let made = submitted().await;
    made.scripted([
        KycScript::Behave,
        KycScript::Behave,
        KycScript::Behave,
        KycScript::Fail(unclear()),
    ]);
    assert_eq!(made.send().await, 1);
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.send().await, 1);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_is_not_added_twice() {
    let made = made(business()).await;
    made.attached(IncorporationDocument, &pdf(70)).await;
    made.submit().await.unwrap();
    made.scripted([KycScript::Behave, KycScript::BehaveAndFail(unclear())]);
    assert_eq!(made.send().await, 1);
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.send().await, 1);
    let is_document = |call: &&KycCall| matches!(call, KycCall::Document(_));
    assert_eq!(made.calls().iter().filter(is_document).count(), 1);
    made.assert_in_review().await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_the_rail_reviews_already_has_reached_it() {
    let made = submitted().await;
    let rail = &made.bench.rail;
    rail.decide("rail-1", Some(RailStatus::Processing), &[]);
    made.scripted([KycScript::Fail(refused())]);
    assert_eq!(made.send().await, 1);
    assert_eq!(made.newest().await.status, SubmissionStatus::InReview);
    assert_eq!(rail.reviews(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_file_ends_it_incomplete() {
    let made = submitted().await;
    made.scripted([KycScript::Behave, KycScript::Fail(refused())]);
    assert_eq!(made.send().await, 1);
    let ended = made.newest().await;
    assert_eq!(ended.status, SubmissionStatus::Incomplete);
    assert_eq!(ended.missing, [Gap::File(ProofOfAddress)]);
    made.submit().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_gap_that_the_rail_finds_ends_it_incomplete() {
    let made = made(business()).await;
    made.attached(IncorporationDocument, &pdf(70)).await;
    made.submit().await.unwrap();
    made.bench.rail.lack(Some(Gap::Owners));
    assert_eq!(made.send().await, 1);
    let ended = made.newest().await;
    assert_eq!(ended.missing, [Gap::Owners]);
    made.bench.rail.lack(None);
    made.submit().await.unwrap();
    assert_eq!(made.send().await, 1);
    assert_eq!(made.newest().await.status, SubmissionStatus::InReview);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_gone_have_to_be_uploaded_again() {
    let lost = Made {
        documents: Arc::new(ObjectDocuments::in_memory()),
        ..submitted().await
    };
    assert_eq!(lost.send().await, 1);
    let ended = lost.newest().await;
    assert_eq!(ended.status, SubmissionStatus::Incomplete);
    assert_eq!(ended.missing, [Gap::File(IdDocument)]);
}

/// Documents whose bytes break off, because they could not be read this time or because they are damaged.
struct Broken(BrokenOff, ObjectDocuments);

struct BreaksOff(BrokenOff);

#[async_trait]
impl ByteSource for BreaksOff {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        Err(self.0)
    }
}

#[async_trait]
impl Documents for Broken {
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        self.1.put(place, key, source).await
    }

    async fn get(
        &self,
        _: &DocumentPlace,
        _: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError> {
        Ok(Box::new(BreaksOff(self.0)))
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        self.1.remove(place).await
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_bytes_have_to_be_uploaded_again_and_others_are_read_again() {
    for (kind, status, missing) in [
        (
            BrokenOff::Damaged,
            SubmissionStatus::Incomplete,
            &[Gap::File(IdDocument)][..],
        ),
        (BrokenOff::Interrupted, SubmissionStatus::Submitted, &[]),
    ] {
        let made = Made {
            documents: Arc::new(Broken(kind, ObjectDocuments::in_memory())),
            ..made(individual()).await
        };
        made.attached(IdDocument, &pdf(50)).await;
        made.submit().await.unwrap();
        assert_eq!(made.send().await, 1);
        let newest = made.newest().await;
        assert_eq!((newest.status, &*newest.missing), (status, missing));
    }
}

#[tokio::test(start_paused = true)]
async fn who_lacks_a_document_is_not_submitted() {
    let made = made(individual()).await;
    made.attached(ProofOfAddress, &pdf(50)).await;
    let refused = made.submit().await;
    let missing = SubmissionRefused::Missing(vec![IdDocument]);
    assert_eq!(refused, Err(SubmitError::Refused(missing)));
    made.attached(IdDocument, &pdf(50)).await;
    made.submit().await.unwrap();
    let refused = made.submit().await;
    assert_eq!(
        refused,
        Err(SubmitError::Refused(SubmissionRefused::InReview))
    );
}
