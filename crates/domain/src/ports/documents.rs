use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{id::FileId, tenant::Tenant};

/// Bytes that come piece by piece, so that a whole file is never in memory.
#[async_trait]
pub trait ByteSource: Send {
    /// The next piece, which is never empty; nothing at the end. Not to be asked again after the end or a failure.
    ///
    /// # Errors
    /// [`BrokenOff`] when the rest does not come.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff>;
}

/// The rest of the bytes will not come. Who gave them knows why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenOff {
    /// They may come another time.
    #[error("the bytes broke off")]
    Interrupted,
    /// They are not what was kept, and never will be.
    #[error("the bytes are damaged")]
    Damaged,
}

/// Where the bytes of files are kept, sealed: an object for each.
///
/// An object is sealed in chunks under its customer's key, for its place: one that was moved, altered, reordered or cut
/// short does not open.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Keeps all that the source gives, durably: the whole of it, or nothing.
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError>;

    /// Opens an object. Its pieces are checked as they come; one that does not open breaks the source off as
    /// [`Damaged`](BrokenOff::Damaged).
    async fn get(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError>;

    /// Removes an object, and whatever a write to its place has left that broke off. Nothing there is fine.
    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError>;
}

/// The place of an object, for which it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentPlace {
    /// Whose it is.
    pub tenant: Tenant,
    /// Of which file.
    pub file: FileId,
    /// The object among those of the file: each attempt to upload has its own.
    pub object: Uuid,
}

/// The key that seals the documents of one customer. Destroying its stored form erases them.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentKey(Box<[u8; 32]>);

impl DocumentKey {
    /// Takes a key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Box::new(key))
    }

    /// The key, for the store that wraps it and the store that seals with it.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for DocumentKey {
    fn drop(&mut self) {
        self.0.fill(0);
        // Without a reader the compiler would leave the zeros out.
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for DocumentKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DocumentKey(…)")
    }
}

/// The store of documents could not do what was asked. The text holds no data and no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentsError {
    /// It cannot be reached, or has no room.
    #[error("the document store is unavailable: {0}")]
    Unavailable(String),
    /// An object that should be there is not.
    #[error("a document is missing")]
    Missing,
    /// No random bytes could be had, or an object is not what was put there.
    #[error("the document store failed: {0}")]
    Defect(String),
}

/// Why nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutDocumentError {
    /// The source broke off.
    #[error(transparent)]
    BrokenOff(#[from] BrokenOff),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] DocumentsError),
}
