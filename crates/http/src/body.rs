//! Reading a request's body: media type, size, JSON, in this order.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING},
    rt::time::timeout,
    web::{BytesMut, Payload},
};
use futures_util::StreamExt;

use crate::json::JsonObject;

/// Most bytes of a JSON body.
const MAX_BYTES: usize = 64 * 1024;
/// Longest wait for a whole body.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why there is no body to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It says that it is something other than JSON.
    MediaType,
    /// It has more bytes than may be kept.
    TooLarge,
    /// It is not one JSON object as strict as it has to be, or did not come in time.
    NotStrictJson,
}

/// Reads the body of a request as JSON.
pub(crate) async fn read_json(
    request: &HttpRequest,
    payload: Payload,
) -> Result<JsonObject, BodyError> {
    check_media_type(request.headers())?;
    let body = read_bytes(request, payload).await?;
    JsonObject::parse(&body).map_err(|_| BodyError::NotStrictJson)
}

/// Reads the body of a request as it is, whatever it is.
pub(crate) async fn read_bytes(
    request: &HttpRequest,
    payload: Payload,
) -> Result<BytesMut, BodyError> {
    if content_length(request.headers()).is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(BodyError::TooLarge);
    }
    timeout(DEADLINE, read(payload))
        .await
        .unwrap_or(Err(BodyError::NotStrictJson))
}

/// Reads the body of a request that need not have one: none is an empty object.
pub(crate) async fn read_optional_json(
    request: &HttpRequest,
    payload: Payload,
) -> Result<JsonObject, BodyError> {
    if has_body(request.headers()) {
        return read_json(request, payload).await;
    }
    JsonObject::parse(b"{}").map_err(|_| BodyError::NotStrictJson)
}

/// An absent body needs no type; it fails later, as JSON.
fn check_media_type(headers: &HeaderMap) -> Result<(), BodyError> {
    let mut types = headers.get_all(CONTENT_TYPE);
    let is_supported = match (types.next(), types.next()) {
        (None, _) => !has_body(headers),
        (Some(only), None) => only.to_str().is_ok_and(is_json),
        (Some(_), Some(_)) => false,
    };
    let is_encoded = headers
        .get_all(CONTENT_ENCODING)
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_supported && !is_encoded {
        return Ok(());
    }
    Err(BodyError::MediaType)
}

/// JSON is UTF-8 whatever a parameter says ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), section 11).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
        || content_length(headers).is_some_and(|length| length > 0)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads no more than may be kept, also when no length was announced.
async fn read(mut payload: Payload) -> Result<BytesMut, BodyError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::NotStrictJson)?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
