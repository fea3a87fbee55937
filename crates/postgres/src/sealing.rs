//! Encryption at rest: a master key seals data keys, a data key seals one customer's personal data.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit,
    aead::{Aead, Payload},
};
use vouch_domain::ports::StoreError;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of a nonce in bytes.
const NONCE: usize = 12;
/// The first byte of everything sealed: how to read the rest.
const FORMAT: u8 = 1;

/// A key that seals other keys: 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey(pub [u8; 32]);

/// The ring of master keys: the first seals, all open.
#[derive(Clone)]
pub struct MasterKeys(Vec<MasterKey>);

/// A ring needs a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at least one master key is needed")]
pub struct MasterKeysError;

/// Something sealed could not be made or opened. Says nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// No key of the ring opens it, or it was moved or altered.
    #[error("a sealed value cannot be opened")]
    Unopened,
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    NoRandomness,
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        Self::Defect(error.to_string())
    }
}

/// A value sealed under a data key of its own.
pub(crate) struct Sealed {
    /// The data key, sealed by the master key.
    pub(crate) data_key: Vec<u8>,
    /// The value, sealed by the data key.
    pub(crate) value: Vec<u8>,
}

impl MasterKeys {
    /// A ring of these keys.
    ///
    /// # Errors
    /// [`MasterKeysError`] without any key.
    pub fn new(keys: Vec<MasterKey>) -> Result<Self, MasterKeysError> {
        if keys.is_empty() {
            return Err(MasterKeysError);
        }
        Ok(Self(keys))
    }

    /// Seals a value under a new data key. `place` names table, column and row: what is sealed for one place does not
    /// open in another.
    pub(crate) fn seal_with_data_key(
        &self,
        place: &str,
        value: &[u8],
    ) -> Result<Sealed, SealError> {
        let mut data_key = Zeroizing::new([0_u8; 32]);
        fill_random(&mut *data_key)?;
        Ok(Sealed {
            data_key: self.seal(&data_key_of(place), &*data_key)?,
            value: seal(&data_key, place, value)?,
        })
    }

    /// Opens what [`Self::seal_with_data_key`] sealed for the same place.
    pub(crate) fn open_with_data_key(
        &self,
        place: &str,
        data_key: &[u8],
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let data_key = self.open(&data_key_of(place), data_key)?;
        let data_key: &[u8; 32] = data_key
            .as_slice()
            .try_into()
            .map_err(|_| SealError::Unopened)?;
        open(data_key, place, value)
    }

    /// Seals a value directly under the first master key.
    pub(crate) fn seal(&self, place: &str, value: &[u8]) -> Result<Vec<u8>, SealError> {
        let first = self.0.first().ok_or(SealError::Unopened)?;
        seal(&first.0, place, value)
    }

    /// Opens what any key of the ring sealed for the same place.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.0
            .iter()
            .find_map(|key| open(&key.0, place, sealed).ok())
            .ok_or(SealError::Unopened)
    }
}

/// The place of the key that seals what is at another place.
fn data_key_of(place: &str) -> String {
    format!("data key of {place}")
}

fn seal(key: &[u8; 32], place: &str, value: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0_u8; NONCE];
    fill_random(&mut nonce)?;
    let payload = Payload {
        msg: value,
        aad: place.as_bytes(),
    };
    let ciphertext = Aes256GcmSiv::new(key.into())
        .encrypt(&nonce.into(), payload)
        .map_err(|_| SealError::Unopened)?;
    let mut sealed = Vec::with_capacity(1 + NONCE + ciphertext.len());
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

fn open(key: &[u8; 32], place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (&format, rest) = sealed.split_first().ok_or(SealError::Unopened)?;
    let (nonce, ciphertext) = rest
        .split_first_chunk::<NONCE>()
        .ok_or(SealError::Unopened)?;
    if format != FORMAT {
        return Err(SealError::Unopened);
    }
    let payload = Payload {
        msg: ciphertext,
        aad: place.as_bytes(),
    };
    Aes256GcmSiv::new(key.into())
        .decrypt(nonce.into(), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Unopened)
}

/// Fills the bytes from the operating system's generator.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(bytes).map_err(|_| SealError::NoRandomness)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    fn ring(keys: &[u8]) -> MasterKeys {
        MasterKeys::new(keys.iter().map(|byte| MasterKey([*byte; 32])).collect()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_with_its_key_in_its_place() {
        let sealed = ring(&[1]).seal_with_data_key("here", b"secret").unwrap();
        let open = |ring: MasterKeys, place: &str| {
            ring.open_with_data_key(place, &sealed.data_key, &sealed.value)
        };
        assert_eq!(*open(ring(&[1]), "here").unwrap(), b"secret");
        assert!(open(ring(&[2]), "here").is_err());
        assert!(open(ring(&[1]), "there").is_err());
    }

    #[test]
    fn a_rotated_ring_still_opens_what_the_old_key_sealed() {
        let sealed = ring(&[1]).seal("here", b"secret").unwrap();
        assert_eq!(*ring(&[2, 1]).open("here", &sealed).unwrap(), b"secret");
        let resealed = ring(&[2, 1]).seal("here", b"secret").unwrap();
        assert!(ring(&[1]).open("here", &resealed).is_err());
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let ring = ring(&[1]);
        let sealed = ring.seal("here", b"secret").unwrap();
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(ring.open("here", &altered), Err(SealError::Unopened));
        }
        assert_eq!(ring.open("here", &sealed[..5]), Err(SealError::Unopened));
    }

    #[test]
    fn a_ring_needs_a_key() {
        assert!(MasterKeys::new(Vec::new()).is_err());
    }
}
