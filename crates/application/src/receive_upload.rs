//! Receiving the bytes of a file.
//!
//! The bytes go into an object of this attempt's own, and the file's row is told of it when the object is whole: of
//! several attempts one becomes the file's content, and one that ends early, with the process even, leaves an object that
//! counts for nothing and is swept.

use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest, Sha256 as Hasher};
use tokio::time::{Instant, timeout_at};
use vouch_domain::{
    id::FileId,
    kyc::{ContentType, MAX_FILE_BYTES, SIGNATURE_LENGTH, Sha256, StoredContent},
    ports::{
        BeginUpload, BrokenOff, ByteSource, DocumentPlace, Documents, DocumentsError, FinishUpload,
        KycFiles, PutDocumentError, StoreError, UPLOAD_DEADLINE,
    },
    tenant::Tenant,
};

use crate::{
    ids::IdMint,
    steps::{self, Step},
    upload_slots::UploadSlots,
};

/// Why nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The tenant has no such file.
    #[error("there is no such file")]
    Unknown,
    /// The file has its content.
    #[error("the file was uploaded before")]
    AlreadyUploaded,
    /// Its customer is closed.
    #[error("the customer is closed")]
    Closed,
    /// As many uploads of the file as may are under way.
    #[error("the file is being uploaded too often at once")]
    TooMany,
    /// As many uploads as this process takes at all, or of this tenant, are under way.
    #[error("too many uploads are under way")]
    Busy,
    /// There are more bytes than a file may have.
    #[error("the file is too large")]
    TooLarge,
    /// The bytes are not what they were said to be.
    #[error("the file is of another type than declared")]
    OtherType,
    /// The bytes did not come to an end, or not in time.
    #[error("the upload broke off")]
    BrokenOff,
    /// They could not be stored.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct ReceiveUpload {
    files: Arc<dyn KycFiles>,
    documents: Arc<dyn Documents>,
    ids: Arc<IdMint>,
    slots: UploadSlots,
}

impl ReceiveUpload {
    /// The use case on these stores.
    #[must_use]
    pub fn new(
        files: Arc<dyn KycFiles>,
        documents: Arc<dyn Documents>,
        ids: Arc<IdMint>,
        slots: UploadSlots,
    ) -> Self {
        Self {
            files,
            documents,
            ids,
            slots,
        }
    }

    /// Keeps the bytes as the content of a file, which has none yet.
    ///
    /// To be carried through: given up in between, it leaves parts of an object that only time removes. Whatever the bytes
    /// do, it ends soon after [`UPLOAD_DEADLINE`].
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn receive(
        &self,
        tenant: Tenant,
        file: FileId,
        bytes: &mut dyn ByteSource,
    ) -> Result<StoredContent, UploadError> {
        let slot = self.slots.take(tenant);
        let _slot = slot.ok_or(UploadError::Busy)?;
        let place = DocumentPlace {
            tenant,
            file,
            object: self.ids.uuid(),
        };
        let until = Instant::now() + UPLOAD_DEADLINE;
        let (content_type, key) = match self.files.begin_upload(&place).await? {
            BeginUpload::Begun { content_type, key } => (content_type, key),
            BeginUpload::Unknown => return Err(UploadError::Unknown),
            BeginUpload::AlreadyUploaded => return Err(UploadError::AlreadyUploaded),
            BeginUpload::Closed => return Err(UploadError::Closed),
            BeginUpload::TooMany => return Err(UploadError::TooMany),
        };
        let mut inspected = Inspected::new(bytes, content_type, until);
        let refused = match self.documents.put(&place, &key, &mut inspected).await {
            Ok(()) => return self.finish(&place, inspected).await,
            Err(PutDocumentError::BrokenOff(_)) => inspected.verdict(),
            Err(PutDocumentError::Store(error)) => error.into(),
        };
        self.discard(&place).await;
        Err(refused)
    }

    async fn finish(
        &self,
        place: &DocumentPlace,
        inspected: Inspected<'_>,
    ) -> Result<StoredContent, UploadError> {
        steps::pass(Step::UploadStored);
        let content = inspected.content(place);
        // Where that is not known to have happened, the sweeper finds out.
        let finished = self
            .files
            .finish_upload(place.tenant, place.file, &content)
            .await?;
        let refused = match finished {
            FinishUpload::Finished => return Ok(content),
            FinishUpload::Unknown => UploadError::Unknown,
            FinishUpload::Closed => UploadError::Closed,
            FinishUpload::AlreadyUploaded => UploadError::AlreadyUploaded,
            FinishUpload::TooLate => UploadError::BrokenOff,
        };
        self.discard(place).await;
        Err(refused)
    }

    async fn discard(&self, place: &DocumentPlace) {
        let file = place.file;
        if let Err(error) = discard(&*self.files, &*self.documents, place).await {
            tracing::warn!(%file, %error, "an upload that counts for nothing is left to be swept");
        }
    }
}

/// An object that counts for nothing could not be removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscardError {
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Removes an object, and then the note of it: in this order, so that it is never left without one.
pub(crate) async fn discard(
    files: &dyn KycFiles,
    documents: &dyn Documents,
    place: &DocumentPlace,
) -> Result<(), DiscardError> {
    documents.remove(place).await?;
    files.forget_upload(place).await?;
    Ok(())
}

/// Looks at bytes as they pass, and breaks them off when they are wrong or late.
struct Inspected<'a> {
    bytes: &'a mut dyn ByteSource,
    declared: ContentType,
    until: Instant,
    /// The first bytes.
    start: Vec<u8>,
    size: u64,
    hasher: Hasher,
    wrong: Option<UploadError>,
}

impl<'a> Inspected<'a> {
    fn new(bytes: &'a mut dyn ByteSource, declared: ContentType, until: Instant) -> Self {
        Self {
            bytes,
            declared,
            until,
            start: Vec::with_capacity(SIGNATURE_LENGTH),
            size: 0,
            hasher: Hasher::new(),
            wrong: None,
        }
    }

    /// Why they broke off.
    fn verdict(self) -> UploadError {
        self.wrong.unwrap_or(UploadError::BrokenOff)
    }

    fn content(self, place: &DocumentPlace) -> StoredContent {
        StoredContent {
            object: place.object,
            size: self.size,
            sha256: Sha256(self.hasher.finalize().into()),
        }
    }

    fn look_at(&mut self, piece: &[u8]) -> Result<(), UploadError> {
        self.size += piece.len() as u64;
        if self.size > MAX_FILE_BYTES {
            return Err(UploadError::TooLarge);
        }
        self.hasher.update(piece);
        let missing = SIGNATURE_LENGTH - self.start.len();
        self.start.extend(piece.iter().take(missing));
        match missing > 0 && self.start.len() == SIGNATURE_LENGTH {
            true => self.judge_type(),
            false => Ok(()),
        }
    }

    fn judge_type(&self) -> Result<(), UploadError> {
        match ContentType::sniff(&self.start) == Some(self.declared) {
            true => Ok(()),
            false => Err(UploadError::OtherType),
        }
    }
}

#[async_trait]
impl ByteSource for Inspected<'_> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        let piece = timeout_at(self.until, self.bytes.next())
            .await
            .map_err(|_| BrokenOff::Interrupted)??;
        let judged = match &piece {
            Some(piece) => self.look_at(piece),
            // Too short to have been judged, or empty.
            None if self.start.len() < SIGNATURE_LENGTH => self.judge_type(),
            None => Ok(()),
        };
        judged.map_err(|wrong| {
            self.wrong = Some(wrong);
            BrokenOff::Interrupted
        })?;
        Ok(piece)
    }
}
