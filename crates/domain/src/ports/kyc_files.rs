use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{DocumentKey, DocumentPlace, StoreError};
use crate::{
    customer::CustomerHandle,
    id::{CustomerId, FileId},
    idempotency::{Fingerprint, KeyClaim},
    kyc::{ContentType, KycFile, Slot, StoredContent, SubmissionBasis},
    tenant::Tenant,
};

/// The files of customers: what is asked for, what has arrived, and what the next submission takes.
#[async_trait]
pub trait KycFiles: Send + Sync {
    /// All that a request about a customer's files or its submission is judged by, and what the key is bound to. Nothing
    /// for a customer that the tenant does not have.
    async fn kyc_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<KycBasis>, StoreError>;

    /// Stores a file that is to be uploaded, makes the customer's document key if it has none, and binds the key of the
    /// request: all of it, or nothing. Answers false when the key was bound meanwhile.
    async fn add_file(
        &self,
        tenant: Tenant,
        file: &KycFile,
        claim: Option<&KeyClaim>,
    ) -> Result<bool, StoreError>;

    /// Those of the files that are this customer's.
    async fn files_of(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        files: &[FileId],
    ) -> Result<Vec<KycFile>, StoreError>;

    /// Takes note that somebody begins to write an object for a file: at most [`UPLOADS_AT_ONCE`] last at once, each until
    /// it is finished or forgotten, or [`UPLOAD_DEADLINE`] is over.
    async fn begin_upload(&self, place: &DocumentPlace) -> Result<BeginUpload, StoreError>;

    /// Makes an object, which is whole, the file's content, or changes nothing and says why.
    async fn finish_upload(
        &self,
        tenant: Tenant,
        file: FileId,
        content: &StoredContent,
    ) -> Result<FinishUpload, StoreError>;

    /// Forgets an object that was begun and is gone.
    async fn forget_upload(&self, place: &DocumentPlace) -> Result<(), StoreError>;

    /// Objects of all tenants, at most `limit`, that nobody needs: those that were begun more than [`UPLOAD_ABANDONED`] ago
    /// and are no file's content, as nothing can make them one any more, and the files of closed customers. In the order of
    /// their ids, those after the one given.
    async fn abandoned_uploads(
        &self,
        after: Option<Uuid>,
        limit: u8,
    ) -> Result<Vec<DocumentPlace>, StoreError>;

    /// Puts uploaded files of a customer into their slots, in the place of what was there, and binds the key: all of it,
    /// or nothing. Answers with all slots; with nothing when the key was bound meanwhile.
    async fn attach(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        slots: &[Slot],
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Vec<Slot>>, StoreError>;
}

/// How long an upload may take from its beginning to its end.
pub const UPLOAD_DEADLINE: Duration = Duration::from_secs(10 * 60);

/// How many uploads of one file may last at once: more than a client that tries again has.
pub const UPLOADS_AT_ONCE: u8 = 4;

/// After how long an object that was begun and not finished is nobody's: far beyond [`UPLOAD_DEADLINE`].
pub const UPLOAD_ABANDONED: Duration = Duration::from_secs(60 * 60);

/// What a request about a customer's files or its submission is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KycBasis {
    /// The customer.
    pub customer: CustomerId,
    /// Whether there is an identity that the rail could verify. Customers that the Treasury API made have none.
    pub has_identity: bool,
    /// How the customer stands.
    pub standing: SubmissionBasis,
    /// What the key is bound to, if it was used.
    pub bound: Option<BoundKey>,
}

/// What an idempotency key is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundKey {
    /// The body that the key was used with.
    pub used_with: Fingerprint,
    /// What the request made: a file, or a submission.
    pub subject: Option<Uuid>,
}

/// Whether somebody may write an object for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginUpload {
    /// It is noted.
    Begun {
        /// What the bytes have to be.
        content_type: ContentType,
        /// What seals them.
        key: DocumentKey,
    },
    /// The tenant has no such file.
    Unknown,
    /// The file has content already.
    AlreadyUploaded,
    /// Its customer is closed.
    Closed,
    /// As many as may are at it.
    TooMany,
}

/// Whether an object has become the content of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishUpload {
    /// It has.
    Finished,
    /// The tenant has no such file.
    Unknown,
    /// Its customer is closed.
    Closed,
    /// The file has content already.
    AlreadyUploaded,
    /// The object was begun more than [`UPLOAD_DEADLINE`] ago, or nobody has begun it.
    TooLate,
}
