//! From the `Idempotency-Key` header and the body to a claim on the key, in the Remittance API.

use actix_web::http::header::{HeaderMap, HeaderName};
use vouch_application::digest::Digests;
use vouch_domain::{
    access::Contract,
    idempotency::{IdempotencyKey, KeyClaim, Operation},
};

use crate::{
    error::{ApiError, Code, FieldError},
    json::JsonObject,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The claim of a request that needs a key.
pub(crate) fn required_claim(
    headers: &HeaderMap,
    operation: Operation,
    body: &JsonObject,
    digests: &Digests,
) -> Result<KeyClaim, ApiError> {
    optional_claim(headers, operation, body, digests)?
        .ok_or_else(|| Code::IdempotencyKeyRequired.into())
}

/// The claim of a request that may have a key.
pub(crate) fn optional_claim(
    headers: &HeaderMap,
    operation: Operation,
    body: &JsonObject,
    digests: &Digests,
) -> Result<Option<KeyClaim>, ApiError> {
    let Some(key) = key(headers)? else {
        return Ok(None);
    };
    Ok(Some(KeyClaim {
        contract: Contract::Remittance,
        operation,
        key,
        fingerprint: digests.fingerprint(body.canonical.as_bytes()),
    }))
}

/// The key, if there is one. Whoever sends an empty one meant to send one, also where none is needed.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let values: Vec<_> = headers.get_all(IDEMPOTENCY_KEY).collect();
    let refused = |predicate| FieldError::new("Idempotency-Key", Code::InvalidField, predicate);
    let value = match values[..] {
        [] => return Ok(None),
        [value] => value,
        [..] => return Err(refused("must be given once").into()),
    };
    if value.is_empty() {
        return Err(Code::IdempotencyKeyRequired.into());
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    IdempotencyKey::parse(&text, Contract::Remittance)
        .map(Some)
        .map_err(|rejected| refused(rejected.0).into())
}
