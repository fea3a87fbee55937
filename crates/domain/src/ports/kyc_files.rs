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

    /// Takes note that somebody begins to write an object for a file. Nothing when there is no such file.
    async fn begin_upload(&self, place: &DocumentPlace) -> Result<Option<BegunUpload>, StoreError>;

    /// Makes an object, which is whole, the file's content. Answers false, changing nothing, when the file has content,
    /// or the object was begun more than [`UPLOAD_DEADLINE`] ago.
    async fn finish_upload(
        &self,
        tenant: Tenant,
        file: FileId,
        content: &StoredContent,
    ) -> Result<bool, StoreError>;

    /// Forgets an object that was begun and is gone.
    async fn forget_upload(&self, place: &DocumentPlace) -> Result<(), StoreError>;

    /// Objects of all tenants, at most `limit`, that were begun more than [`UPLOAD_ABANDONED`] ago and are no file's
    /// content: nothing can make them one any more.
    async fn abandoned_uploads(&self, limit: u8) -> Result<Vec<DocumentPlace>, StoreError>;

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

/// An object that somebody has begun to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunUpload {
    /// What the bytes have to be.
    pub content_type: ContentType,
    /// What seals them.
    pub key: DocumentKey,
    /// Whether the file has content already: then nothing was noted.
    pub is_filled: bool,
}
