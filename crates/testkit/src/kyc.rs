//! Files of customers.

use async_trait::async_trait;
use uuid::Uuid;
use vouch_application::ids::IdMint;
use vouch_domain::{
    id::CustomerId,
    kyc::{ContentType, FileCategory, KycFile, Sha256, Slot, StoredContent},
    ports::{BrokenOff, ByteSource, DocumentPlace, FinishUpload, KycFiles},
    tenant::Tenant,
};

/// A file that looks like a PDF, of so many bytes.
#[must_use]
pub fn pdf(length: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7 ".to_vec();
    bytes.resize(length, b'.');
    bytes
}

/// Bytes that come in pieces, and then end or break off.
pub struct Pieces {
    pieces: Vec<Vec<u8>>,
    breaks_off: bool,
}

impl Pieces {
    /// All of them, in pieces of this length.
    #[must_use]
    pub fn of(bytes: &[u8], length: usize) -> Self {
        let pieces = bytes.chunks(length).rev();
        Self {
            pieces: pieces.map(<[u8]>::to_vec).collect(),
            breaks_off: false,
        }
    }

    /// Likewise, but then they break off.
    #[must_use]
    pub fn broken_off(self) -> Self {
        Self {
            breaks_off: true,
            ..self
        }
    }
}

#[async_trait]
impl ByteSource for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        match self.pieces.pop() {
            None if self.breaks_off => Err(BrokenOff::Interrupted),
            piece => Ok(piece),
        }
    }
}

/// A file, and the object that it says holds its bytes.
pub struct StoredFile {
    /// Where it goes.
    pub slot: Slot,
    /// Where its bytes are.
    pub place: DocumentPlace,
}

/// A file of a customer that a store takes for uploaded; no document store knows of it.
pub async fn stored_file(
    store: &impl KycFiles,
    ids: &IdMint,
    tenant: Tenant,
    customer: CustomerId,
    category: FileCategory,
) -> StoredFile {
    let file = KycFile {
        id: ids.mint(),
        customer,
        category,
        content_type: ContentType::Pdf,
        stored: None,
    };
    assert!(
        store
            .add_file(tenant, &file, None)
            .await
            .expect("an answer")
    );
    let place = DocumentPlace {
        tenant,
        file: file.id,
        object: Uuid::new_v4(),
    };
    store.begin_upload(&place).await.expect("an answer");
    let content = StoredContent {
        object: place.object,
        size: 9,
        sha256: Sha256([7; 32]),
    };
    let finished = store.finish_upload(tenant, file.id, &content).await;
    assert_eq!(finished, Ok(FinishUpload::Finished));
    StoredFile {
        slot: Slot {
            category,
            file: file.id,
        },
        place,
    }
}
