//! Uploads: judged as they come, bounded, and swept.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tokio::sync::Notify;
use uuid::Uuid;
use vouch_application::{receive_upload::UploadError, sweep_uploads::UploadSweeper};
use vouch_documents::ObjectDocuments;
use vouch_domain::{
    customer::Status,
    id::FileId,
    kyc::{FileCategory::IdDocument, MAX_FILE_BYTES},
    ports::{
        BrokenOff, ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, KycFiles,
        PutDocumentError, StoreError, UPLOAD_ABANDONED, UPLOAD_DEADLINE,
    },
};
use vouch_testkit::{Pieces, individual, pdf};

use crate::kyc::{Made, made};

/// Bytes that never come. Tells when they are waited for.
struct Silence(Arc<Notify>);

#[async_trait]
impl ByteSource for Silence {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// Documents in memory, some of which cannot be removed; and what became of the puts.
struct Stubborn {
    documents: ObjectDocuments,
    kept: Mutex<HashSet<Uuid>>,
    puts: Mutex<Vec<Result<(), PutDocumentError>>>,
}

impl Stubborn {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            documents: ObjectDocuments::in_memory(),
            kept: Mutex::default(),
            puts: Mutex::default(),
        })
    }
}

#[async_trait]
impl Documents for Stubborn {
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        let put = self.documents.put(place, key, source).await;
        self.puts.lock().unwrap().push(put.clone());
        put
    }

    async fn get(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError> {
        self.documents.get(place, key).await
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        if self.kept.lock().unwrap().contains(&place.object) {
            return Err(DocumentsError::Unavailable("a request failed".to_owned()));
        }
        self.documents.remove(place).await
    }
}

impl Made {
    /// An upload that a process began, and never ended.
    async fn begun(&self, file: FileId) -> DocumentPlace {
        let place = DocumentPlace {
            tenant: self.bench.tenant,
            file,
            object: self.bench.ids.uuid(),
        };
        self.bench.store.begin_upload(&place).await.unwrap();
        place
    }

    async fn sweep(&self) -> Result<usize, StoreError> {
        let store = Arc::new(self.bench.store.clone());
        let sweeper = UploadSweeper::new(store, Arc::clone(&self.documents));
        sweeper.pass().await
    }
}

#[tokio::test(start_paused = true)]
async fn uploads_are_judged_as_they_come() {
    let made = made(individual()).await;
    let most = usize::try_from(MAX_FILE_BYTES).unwrap();
    for (bytes, expected) in [
        (Pieces::of(&pdf(9), 1), Ok(9)),
        (Pieces::of(&pdf(most), 1 << 20), Ok(MAX_FILE_BYTES)),
        (
            Pieces::of(&pdf(most + 1), 1 << 20),
            Err(UploadError::TooLarge),
        ),
        (
            Pieces::of(b"\xff\xd8\xff\xe0....", 3),
            Err(UploadError::OtherType),
        ),
        (Pieces::of(b"%PDF", 3), Err(UploadError::OtherType)),
        (Pieces::of(b"%PDF-", 3), Ok(5)),
        (Pieces::of(b"", 1), Err(UploadError::OtherType)),
        (
            Pieces::of(&pdf(100), 10).broken_off(),
            Err(UploadError::BrokenOff),
        ),
    ] {
        let file = made.new_file(IdDocument).await;
        assert_eq!(made.upload(file, bytes).await, expected);
        // What was refused left nothing, and the file still waits.
        let next = made.upload(file, Pieces::of(&pdf(9), 9)).await;
        match expected {
            Ok(_) => assert_eq!(next, Err(UploadError::AlreadyUploaded)),
            Err(_) => assert_eq!(next, Ok(9)),
        }
    }
    let unknown = made.bench.ids.mint();
    let upload = made.upload(unknown, Pieces::of(&pdf(9), 9)).await;
    assert_eq!(upload, Err(UploadError::Unknown));
    made.bench.pass(UPLOAD_ABANDONED * 2).await;
    let abandoned = made.bench.store.abandoned_uploads(None, 10).await;
    assert_eq!(abandoned, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_takes_too_long_is_brought_to_its_end() {
    let documents = Stubborn::new();
    let made = Made {
        documents: Arc::clone(&documents) as _,
        ..made(individual()).await
    };
    let file = made.new_file(IdDocument).await;
    let late = made.upload(file, Silence(Arc::default())).await;
    assert_eq!(late, Err(UploadError::BrokenOff));
    // The store of documents was told, and could clean up.
    let broken_off = PutDocumentError::BrokenOff(BrokenOff::Interrupted);
    assert_eq!(*documents.puts.lock().unwrap(), [Err(broken_off)]);
    made.bench.pass(UPLOAD_ABANDONED * 2).await;
    assert_eq!(made.sweep().await, Ok(0), "nothing was left");
}

/// Bytes after which something has happened.
struct Meanwhile<Then>(Pieces, Then);

#[async_trait]
impl<Then: Fn() + Send> ByteSource for Meanwhile<Then> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        let piece = self.0.next().await;
        (self.1)();
        piece
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_against_an_upload_at_its_end_is_told() {
    let made = made(individual()).await;
    let (store, tenant) = (&made.bench.store, made.bench.tenant);
    let bytes = || Pieces::of(&pdf(9), 9);
    let file = made.new_file(IdDocument).await;
    let late = Meanwhile(bytes(), || store.advance(UPLOAD_DEADLINE));
    assert_eq!(made.upload(file, late).await, Err(UploadError::BrokenOff));
    let close = || store.set_status(tenant, made.customer.id, Status::Closed);
    let closed = made.upload(file, Meanwhile(bytes(), close)).await;
    assert_eq!(closed, Err(UploadError::Closed));
    // Neither left anything.
    made.bench.pass(UPLOAD_ABANDONED * 2).await;
    assert_eq!(store.abandoned_uploads(None, 10).await, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn only_so_many_uploads_are_taken_in_at_once() {
    let made = Arc::new(made(individual()).await);
    let (first, second) = (
        made.new_file(IdDocument).await,
        made.new_file(IdDocument).await,
    );
    let waits = Arc::new(Notify::new());
    let endless = tokio::spawn({
        let (made, silence) = (Arc::clone(&made), Silence(Arc::clone(&waits)));
        async move { made.upload(first, silence).await }
    });
    waits.notified().await;
    let busy = made.upload(second, Pieces::of(&pdf(9), 9)).await;
    assert_eq!(busy, Err(UploadError::Busy));
    assert_eq!(endless.await.unwrap(), Err(UploadError::BrokenOff));
    let next = made.upload(second, Pieces::of(&pdf(9), 9)).await;
    assert_eq!(next, Ok(9));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_for_a_closed_customer() {
    let made = made(individual()).await;
    let file = made.new_file(IdDocument).await;
    let (store, tenant) = (&made.bench.store, made.bench.tenant);
    store.set_status(tenant, made.customer.id, Status::Closed);
    let closed = made.upload(file, Pieces::of(&pdf(9), 9)).await;
    assert_eq!(closed, Err(UploadError::Closed));
}

#[tokio::test(start_paused = true)]
async fn what_uploads_left_is_swept() {
    let documents = Stubborn::new();
    let made = Made {
        documents: Arc::clone(&documents) as _,
        ..made(individual()).await
    };
    let mut begun = Vec::new();
    for _ in 0..3 {
        let file = made.new_file(IdDocument).await;
        begun.push(made.begun(file).await);
    }
    assert_eq!(made.sweep().await, Ok(0));
    made.bench.pass(UPLOAD_ABANDONED * 2).await;
    // One that cannot be removed keeps none of the others.
    begun.sort_by_key(|place| place.object);
    documents.kept.lock().unwrap().insert(begun[0].object);
    assert_eq!(made.sweep().await, Ok(2));
    assert_eq!(made.sweep().await, Ok(0));
    documents.kept.lock().unwrap().clear();
    assert_eq!(made.sweep().await, Ok(1));
    assert_eq!(made.sweep().await, Ok(0));
    let failure = StoreError::Unavailable("gone".to_owned());
    made.bench.store.fail_with(Some(failure.clone()));
    assert_eq!(made.sweep().await, Err(failure));
}
