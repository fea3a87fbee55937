//! Files: places for bytes, and the bytes once they are there.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{ContentType, FileCategory};
use crate::id::{CustomerId, FileId};

/// How long a file may be uploaded after it was asked for.
pub const UPLOAD_LIFE: Duration = Duration::from_secs(15 * 60);

/// The most bytes of a file: what the rail takes (its fact sheet, section 7).
pub const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;

/// The SHA-256 of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha256(pub [u8; 32]);

/// A file that somebody is going to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// What it shows.
    pub category: FileCategory,
    /// What its bytes are to be.
    pub content_type: ContentType,
}

/// A file of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KycFile {
    /// Its id, which also tells when it was asked for.
    pub id: FileId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it shows.
    pub category: FileCategory,
    /// What its bytes are.
    pub content_type: ContentType,
    /// Its bytes, once they have arrived whole. They never change.
    pub stored: Option<StoredContent>,
}

/// Bytes that have arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContent {
    /// The object that holds them, sealed: every attempt to upload writes one of its own.
    pub object: Uuid,
    /// How many they are: 1 to [`MAX_FILE_BYTES`].
    pub size: u64,
    /// What they are.
    pub sha256: Sha256,
}

/// A file in the place from which the next submission takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The slot. It holds one file of this category.
    pub category: FileCategory,
    /// The file.
    pub file: FileId,
}

impl KycFile {
    /// When its upload URL ends.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.id.created_at() + UPLOAD_LIFE
    }

    /// The word for where it stands.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.stored {
            None => "awaiting_upload",
            Some(_) => "uploaded",
        }
    }
}
