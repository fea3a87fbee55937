//! Keyed hashes by which personal data, idempotency keys and callbacks are compared without being read.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use vouch_domain::{
    customer::{ContactData, Identity},
    idempotency::KeyClaim,
    tenant::Tenant,
};

/// Bytes kept of each identity hash: 128 bits are beyond any accidental or forged collision under a secret key.
const IDENTITY_HASH: usize = 16;
/// Bytes kept of what stands for an idempotency key, for the same reason.
const KEY_DIGEST: usize = 16;

/// The hash of each identity field, in the order of `IdentityField::ALL`.
pub(crate) type IdentityHashes = [[u8; IDENTITY_HASH]; 9];

/// Keyed hashes (HMAC-SHA-256) under keys derived from the installation's hash key.
pub(crate) struct Hashing {
    identity: Hmac<Sha256>,
    person: Hmac<Sha256>,
    key: Hmac<Sha256>,
    callback: Hmac<Sha256>,
}

impl Hashing {
    pub(crate) fn new(hash_key: &[u8; 32]) -> Self {
        Self {
            identity: derived(hash_key, "customer-identity"),
            person: derived(hash_key, "reserved-person"),
            key: derived(hash_key, "idempotency-key"),
            callback: derived(hash_key, "rail-callback"),
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
            kept(&mac.finalize().into_bytes().into())
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

    /// What stands for an idempotency key and what it is a key for: callers put e-mail addresses into keys, and paths may
    /// be of any length. Salted with the tenant: equal keys of two organisations look different.
    pub(crate) fn key(&self, tenant: Tenant, claim: &KeyClaim) -> [u8; KEY_DIGEST] {
        let scope = claim.operation.scope();
        let mut mac = self.key.clone();
        mac.update(tenant.organisation.uuid().as_bytes());
        // Nothing but the key, which comes last, can hold a zero.
        for part in [tenant.env.as_str(), claim.contract.as_str(), &scope] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac.update(claim.key.expose().as_bytes());
        kept(&mac.finalize().into_bytes().into())
    }

    /// What stands for the body of a callback: whoever knew most of a body could find the rest by its plain digest.
    pub(crate) fn callback(&self, body: &[u8]) -> [u8; 32] {
        let mut mac = self.callback.clone();
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

/// The part of a hash that is kept.
fn kept<const LENGTH: usize>(whole: &[u8; 32]) -> [u8; LENGTH] {
    let mut kept = [0_u8; LENGTH];
    kept.copy_from_slice(&whole[..LENGTH]);
    kept
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
