//! Bodies of requests and answers.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::{customer::Fields, refusal::Refusal};

/// The fields of a JSON object. No body at all is an empty one.
pub(crate) fn object(body: &[u8]) -> Result<Fields, Refusal> {
    if body.is_empty() {
        return Ok(Fields::new());
    }
    serde_json::from_slice(body)
        .map_err(|_| Refusal::BadRequest("The request body must be a JSON object."))
}

/// The text of a field that is sent and not blank.
pub(crate) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let text = fields.get(name)?.as_str()?;
    (!text.trim().is_empty()).then_some(text)
}

/// The id that a field holds.
pub(crate) fn id(fields: &Fields, name: &str) -> Option<Uuid> {
    Uuid::try_parse(text(fields, name)?).ok()
}

/// The id of a path; what is no id names nothing.
pub(crate) fn path_id(text: &str, kind: &'static str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::Unknown(kind))
}

/// The vendor's usual answer.
pub(crate) fn success(status: StatusCode, message: &str, data: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "message": message, "data": data }))
}
