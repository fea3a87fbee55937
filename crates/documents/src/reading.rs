//! From an object to its bytes.

use async_trait::async_trait;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::GetResult;
use vouch_domain::ports::{BrokenOff, ByteSource, DocumentKey, DocumentPlace, DocumentsError};

use crate::{
    adapter::{defect, unavailable},
    sealing::{Chunks, HEADER, SEALED_CHUNK, SealError},
};

/// An object that is being read. Gives chunk after chunk, each when it has opened.
pub(crate) struct Reading {
    pieces: Pieces,
    chunks: Chunks,
    place: DocumentPlace,
    is_over: bool,
}

/// The object as it lies there, in pieces as the store gives them.
struct Pieces {
    stream: BoxStream<'static, object_store::Result<Vec<u8>>>,
    /// What has come and was not used.
    buffer: Vec<u8>,
}

impl Reading {
    /// Opens an object.
    pub(crate) async fn open(
        object: GetResult,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Self, DocumentsError> {
        let pieces = object.into_stream().map(|piece| piece.map(Into::into));
        let mut pieces = Pieces {
            stream: pieces.boxed(),
            buffer: Vec::new(),
        };
        let header = pieces
            .take(HEADER)
            .await
            .map_err(|error| unavailable(&error))?;
        let header: &[u8; HEADER] = header
            .as_slice()
            .try_into()
            .map_err(|_| defect(SealError::Unopened))?;
        Ok(Self {
            chunks: Chunks::of(place, key, header).map_err(defect)?,
            pieces,
            place: *place,
            is_over: false,
        })
    }

    fn broken_off(&self, error: &DocumentsError) -> BrokenOff {
        let file = self.place.file;
        tracing::error!(%file, %error, "a document cannot be read");
        match error {
            DocumentsError::Unavailable(_) => BrokenOff::Interrupted,
            DocumentsError::Missing | DocumentsError::Defect(_) => BrokenOff::Damaged,
        }
    }
}

impl Pieces {
    /// The next so many bytes; fewer where the object ends.
    async fn take(&mut self, length: usize) -> object_store::Result<Vec<u8>> {
        self.fill(length).await?;
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    /// Whether there is nothing more.
    async fn is_over(&mut self) -> object_store::Result<bool> {
        self.fill(1).await?;
        Ok(self.buffer.is_empty())
    }

    async fn fill(&mut self, length: usize) -> object_store::Result<()> {
        while self.buffer.len() < length {
            let Some(piece) = self.stream.next().await else {
                return Ok(());
            };
            self.buffer.extend_from_slice(&piece?);
        }
        Ok(())
    }
}

#[async_trait]
impl ByteSource for Reading {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        if self.is_over {
            return Ok(None);
        }
        let read = async {
            let chunk = self.pieces.take(SEALED_CHUNK).await?;
            Ok((chunk, self.pieces.is_over().await?))
        };
        let (mut chunk, is_last) = read
            .await
            .map_err(|error| self.broken_off(&unavailable(&error)))?;
        self.chunks
            .open(&mut chunk, is_last)
            .map_err(|error| self.broken_off(&defect(error)))?;
        self.is_over = is_last;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}
