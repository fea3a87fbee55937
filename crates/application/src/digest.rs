//! Keyed hashes that the use cases need: of API keys, of request bodies and of upload URLs.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vouch_domain::{access::KeyDigest, id::FileId, idempotency::Fingerprint, tenant::Tenant};

/// Computes keyed hashes (HMAC-SHA-256), each kind under a key of its own, derived from the installation's hash key.
///
/// The hash key is not the master key, so that rotating the latter breaks neither API keys nor fingerprints.
pub struct Digests {
    api_keys: Hmac<Sha256>,
    fingerprints: Hmac<Sha256>,
    uploads: Hmac<Sha256>,
}

impl Digests {
    /// Digests under this hash key.
    #[must_use]
    pub fn new(hash_key: &[u8; 32]) -> Self {
        Self {
            api_keys: keyed(&derive(hash_key, "api-key")),
            fingerprints: keyed(&derive(hash_key, "request-fingerprint")),
            uploads: keyed(&derive(hash_key, "upload-url")),
        }
    }

    /// What is stored of an API key, and looked up when one is presented.
    #[must_use]
    pub fn api_key(&self, presented: &str) -> KeyDigest {
        KeyDigest(finish(&self.api_keys, presented.as_bytes()))
    }

    /// What is stored of a request body, or of what it asks for, given its canonical form.
    #[must_use]
    pub fn fingerprint(&self, canonical_body: &[u8]) -> Fingerprint {
        Fingerprint(finish(&self.fingerprints, canonical_body))
    }

    /// What admits to the upload of a file.
    #[must_use]
    pub fn upload_signature(&self, tenant: Tenant, file: FileId) -> [u8; 32] {
        self.of_upload(tenant, file).finalize().into_bytes().into()
    }

    /// Whether somebody presents that. The comparison takes the same time wherever the two differ.
    #[must_use]
    pub fn is_upload_signature(&self, tenant: Tenant, file: FileId, presented: &[u8]) -> bool {
        self.of_upload(tenant, file).verify_slice(presented).is_ok()
    }

    fn of_upload(&self, tenant: Tenant, file: FileId) -> Hmac<Sha256> {
        let mut mac = self.uploads.clone();
        mac.update(tenant.organisation.uuid().as_bytes());
        mac.update(tenant.env.as_str().as_bytes());
        mac.update(file.uuid().as_bytes());
        mac
    }
}

fn derive(hash_key: &[u8; 32], purpose: &str) -> [u8; 32] {
    finish(&keyed(hash_key), purpose.as_bytes())
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block of its hash; doing so here leaves no length to be wrong.
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

fn finish(keyed: &Hmac<Sha256>, data: &[u8]) -> [u8; 32] {
    let mut mac = keyed.clone();
    mac.update(data);
    mac.finalize().into_bytes().into()
}
