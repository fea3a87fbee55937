//! From a source to an object.

use object_store::MultipartUpload;
use vouch_domain::ports::{
    ByteSource, DocumentKey, DocumentPlace, DocumentsError, PutDocumentError,
};

use crate::{
    adapter::{defect, unavailable},
    sealing::{CHUNK, Chunks, SEALED_CHUNK},
};

/// Bytes that are sent to the store at a time. S3 takes no less, but at the end, and some stores want all alike.
const PART: usize = 5 * 1024 * 1024;

/// An object that is being written.
pub(crate) struct Writing<'a> {
    upload: &'a mut dyn MultipartUpload,
    chunks: Chunks,
    /// What is to be sealed next: at most a chunk.
    open: Vec<u8>,
    /// What is to be sent next: little more than a part.
    sealed: Vec<u8>,
}

impl<'a> Writing<'a> {
    pub(crate) fn new(
        upload: &'a mut dyn MultipartUpload,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Self, DocumentsError> {
        let chunks = Chunks::new(place, key).map_err(defect)?;
        let mut sealed = Vec::with_capacity(PART + SEALED_CHUNK);
        sealed.extend_from_slice(&chunks.header());
        Ok(Self {
            upload,
            sealed,
            chunks,
            open: Vec::with_capacity(CHUNK),
        })
    }

    /// Writes all that the source gives, and completes the object.
    pub(crate) async fn write(
        mut self,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        while let Some(piece) = source.next().await? {
            self.push(&piece).await?;
        }
        self.seal(true)?;
        // No part is longer than those before it.
        if self.sealed.len() > PART {
            self.send(PART).await?;
        }
        self.send(self.sealed.len()).await?;
        let completed = self.upload.complete().await;
        completed.map_err(|error| unavailable(&error))?;
        Ok(())
    }

    async fn push(&mut self, mut piece: &[u8]) -> Result<(), DocumentsError> {
        while !piece.is_empty() {
            // Whether a chunk is the last shows only when more comes.
            if self.open.len() == CHUNK {
                self.seal(false)?;
            }
            let (now, later) = piece.split_at(piece.len().min(CHUNK - self.open.len()));
            self.open.extend_from_slice(now);
            piece = later;
            if self.sealed.len() >= PART {
                self.send(PART).await?;
            }
        }
        Ok(())
    }

    fn seal(&mut self, is_last: bool) -> Result<(), DocumentsError> {
        self.chunks.seal(&mut self.open, is_last).map_err(defect)?;
        self.sealed.append(&mut self.open);
        Ok(())
    }

    async fn send(&mut self, length: usize) -> Result<(), DocumentsError> {
        // Room for the next part at once: growing would copy it, and hold both.
        let mut rest = Vec::with_capacity(PART + SEALED_CHUNK);
        rest.extend_from_slice(&self.sealed[length..]);
        let mut part = std::mem::replace(&mut self.sealed, rest);
        part.truncate(length);
        let sent = self.upload.put_part(part.into()).await;
        sent.map_err(|error| unavailable(&error))
    }
}
