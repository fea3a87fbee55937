//! The `Idempotency-Key` header of the Treasury API.

use actix_web::{HttpRequest, http::header::HeaderName};
use vouch_application::digest::Digests;
use vouch_domain::{
    access::Contract,
    idempotency::{IdempotencyKey, KeyClaim, Operation},
};

use super::error::Fault;
use crate::{json::JsonObject, routes::below_base};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key and what it is for, before the body is known.
pub(crate) struct PresentedKey {
    operation: Operation,
    key: IdempotencyKey,
}

impl PresentedKey {
    /// The claim of a request with this body.
    pub(crate) fn claim(self, body: &JsonObject, digests: &Digests) -> KeyClaim {
        KeyClaim {
            contract: Contract::Treasury,
            operation: self.operation,
            key: self.key,
            fingerprint: digests.fingerprint(body.canonical.as_bytes()),
        }
    }
}

/// The key of a request that needs one. Each byte of the header is a character, as in ISO 8859-1, and several headers
/// are one with commas between ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), sections 5.3 and 5.5): so no two
/// different headers are the same key.
pub(crate) fn required_key(request: &HttpRequest) -> Result<PresentedKey, Fault> {
    let values = request.headers().get_all(IDEMPOTENCY_KEY);
    let texts: Vec<String> = values
        .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
        .collect();
    let text = texts.join(", ");
    if text.is_empty() {
        return Err(Fault::IdempotencyKeyRequired);
    }
    let key = IdempotencyKey::parse(&text, Contract::Treasury);
    Ok(PresentedKey {
        operation: Operation::Treasury {
            method: request.method().to_string(),
            path: below_base(request).to_owned(),
        },
        key: key.map_err(|_| Fault::IdempotencyKeyTooLong)?,
    })
}
