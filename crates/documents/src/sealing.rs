//! How a stream of bytes is sealed: in chunks, so that each can be checked before anybody sees it.
//!
//! The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: *Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance*, CRYPTO 2015) over AES-256-GCM-SIV ([RFC 8452](https://www.rfc-editor.org/rfc/rfc8452)): the nonce of
//! each chunk holds a prefix that is random for every object, the chunk's position, and whether it is the last. So chunks
//! that were reordered, repeated, taken from another object or left out at the end do not open.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit, Nonce,
    aead::{AeadInOut, Buffer},
};
use vouch_domain::ports::{DocumentKey, DocumentPlace};

/// The first byte of every object: how to read the rest.
const FORMAT: u8 = 1;
/// Bytes of the random part of the nonces.
const PREFIX: usize = 7;
/// Format and prefix.
pub(crate) const HEADER: usize = 1 + PREFIX;
/// Bytes of a chunk before it is sealed; the last may have fewer.
pub(crate) const CHUNK: usize = 64 * 1024;
/// Bytes of a chunk that is sealed; the last may have fewer.
pub(crate) const SEALED_CHUNK: usize = CHUNK + TAG;
const TAG: usize = 16;

/// A chunk could not be sealed or opened. Says nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// The object is not what was put there.
    #[error("a chunk does not open")]
    Unopened,
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    NoRandomness,
}

/// The chunks of one object, one after the other.
pub(crate) struct Chunks {
    cipher: Aes256GcmSiv,
    place: String,
    prefix: [u8; PREFIX],
    position: u32,
}

impl Chunks {
    /// The chunks of a new object.
    pub(crate) fn new(place: &DocumentPlace, key: &DocumentKey) -> Result<Self, SealError> {
        let mut prefix = [0_u8; PREFIX];
        getrandom::fill(&mut prefix).map_err(|_| SealError::NoRandomness)?;
        Ok(Self::with(place, key, prefix))
    }

    /// The chunks of the object that begins like this.
    pub(crate) fn of(
        place: &DocumentPlace,
        key: &DocumentKey,
        header: &[u8; HEADER],
    ) -> Result<Self, SealError> {
        let [FORMAT, prefix @ ..] = *header else {
            return Err(SealError::Unopened);
        };
        Ok(Self::with(place, key, prefix))
    }

    fn with(place: &DocumentPlace, key: &DocumentKey, prefix: [u8; PREFIX]) -> Self {
        Self {
            cipher: Aes256GcmSiv::new(key.expose().into()),
            // The object is left out: a store may move what it holds, but not to another file or tenant.
            place: format!(
                "files {} {} {}",
                place.tenant.organisation.uuid(),
                place.tenant.env.as_str(),
                place.file.uuid()
            ),
            prefix,
            position: 0,
        }
    }

    /// How the object begins.
    pub(crate) fn header(&self) -> [u8; HEADER] {
        let mut header = [FORMAT; HEADER];
        header[1..].copy_from_slice(&self.prefix);
        header
    }

    /// Seals the next chunk in its place.
    pub(crate) fn seal(&mut self, chunk: &mut Vec<u8>, is_last: bool) -> Result<(), SealError> {
        let nonce = self.next_nonce(is_last)?;
        let sealed =
            self.cipher
                .encrypt_in_place(&nonce, self.place.as_bytes(), chunk as &mut dyn Buffer);
        sealed.map_err(|_| SealError::Unopened)
    }

    /// Opens the next chunk in its place.
    pub(crate) fn open(&mut self, chunk: &mut Vec<u8>, is_last: bool) -> Result<(), SealError> {
        let nonce = self.next_nonce(is_last)?;
        let opened =
            self.cipher
                .decrypt_in_place(&nonce, self.place.as_bytes(), chunk as &mut dyn Buffer);
        opened.map_err(|_| SealError::Unopened)
    }

    fn next_nonce(&mut self, is_last: bool) -> Result<Nonce, SealError> {
        let mut nonce = [0_u8; PREFIX + 4 + 1];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&self.position.to_be_bytes());
        nonce[PREFIX + 4] = u8::from(is_last);
        self.position = self.position.checked_add(1).ok_or(SealError::Unopened)?;
        Ok(nonce.into())
    }
}
