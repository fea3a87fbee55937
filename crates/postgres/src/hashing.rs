//! Keyed hashes by which personal data is compared without being read.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use vouch_domain::customer::{ContactData, Identity};

/// Bytes kept of each identity hash: 128 bits are beyond any accidental or forged collision under a secret key.
const IDENTITY_HASH: usize = 16;

/// The hash of each identity field, in the order of `IdentityField::ALL`.
pub(crate) type IdentityHashes = [[u8; IDENTITY_HASH]; 9];

/// Keyed hashes (HMAC-SHA-256) under keys derived from the installation's hash key.
pub(crate) struct Hashing {
    identity: Hmac<Sha256>,
    person: Hmac<Sha256>,
}

impl Hashing {
    pub(crate) fn new(hash_key: &[u8; 32]) -> Self {
        Self {
            identity: derived(hash_key, "customer-identity"),
            person: derived(hash_key, "reserved-person"),
        }
    }

    /// Hashes of the identity fields, salted with the customer's id: equal data of two customers looks different.
    pub(crate) fn identity(
        &self,
        customer: Uuid,
        identity: &Identity,
        contact: &ContactData,
    ) -> IdentityHashes {
        let texts = identity.compared_with_email(&contact.email);
        let mut position = 0_u8;
        texts.map(|text| {
            let mut mac = self.identity.clone();
            mac.update(customer.as_bytes());
            mac.update(&[position]);
            mac.update(text.as_bytes());
            position += 1;
            let whole: [u8; 32] = mac.finalize().into_bytes().into();
            let mut kept = [0_u8; IDENTITY_HASH];
            kept.copy_from_slice(&whole[..IDENTITY_HASH]);
            kept
        })
    }

    /// The hash that stands for a person at the rail: lower-cased e-mail and document number.
    pub(crate) fn person(&self, identity: &Identity, contact: &ContactData) -> [u8; 32] {
        let mut mac = self.person.clone();
        mac.update(contact.email.folded().as_bytes());
        mac.update(&[0]);
        mac.update(identity.id_number.expose().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Reads stored hashes back.
pub(crate) fn stored_hashes(bytes: &[u8]) -> Option<IdentityHashes> {
    let (chunks, rest) = bytes.as_chunks::<IDENTITY_HASH>();
    if !rest.is_empty() {
        return None;
    }
    chunks.try_into().ok()
}

fn derived(hash_key: &[u8; 32], purpose: &str) -> Hmac<Sha256> {
    let mut mac = keyed(hash_key);
    mac.update(purpose.as_bytes());
    keyed(&mac.finalize().into_bytes().into())
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block of its hash; doing so here leaves no length to be wrong.
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}
