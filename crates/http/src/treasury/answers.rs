//! Answers as asked for: the success envelope of the contract, section 1.

use actix_web::{HttpResponse, http::StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use vouch_application::kept_answers::{Answered, Unwritten};
use vouch_domain::idempotency::{KeptAnswer, Repetition};

use super::error::Fault;

#[derive(Serialize)]
struct Envelope<T> {
    status: &'static str,
    message: &'static str,
    data: T,
}

/// A success that is rendered anew each time.
pub(super) fn success(message: &'static str, data: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(envelope(message, data))
}

/// A success that is kept, and repeated to the byte.
pub(super) fn to_keep(
    status: StatusCode,
    message: &'static str,
    data: impl Serialize,
) -> Result<KeptAnswer, Unwritten> {
    Ok(KeptAnswer {
        status: status.as_u16(),
        body: serde_json::to_string(&envelope(message, data)).map_err(|_| Unwritten)?,
    })
}

/// What an operation that is carried out once has answered, now or before.
pub(super) fn answered(answered: Answered) -> Result<HttpResponse, Fault> {
    let Answered { answer, repeats } = answered;
    let status = StatusCode::from_u16(answer.status)
        .map_err(|_| Fault::Internal("a kept answer has no status".to_owned()))?;
    let mut response = HttpResponse::build(status);
    match repeats {
        None => {}
        Some(Repetition::Same) => {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        Some(Repetition::OtherBody) => {
            response.insert_header(("Idempotent-Replayed", "mismatch"));
        }
    }
    Ok(response.content_type("application/json").body(answer.body))
}

fn envelope<T: Serialize>(message: &'static str, data: T) -> Envelope<T> {
    Envelope {
        status: "success",
        message,
        data,
    }
}

/// Writes a time as the contract does: UTC, with milliseconds.
pub(crate) fn milliseconds<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Writes a time that may not have come.
pub(super) fn maybe_milliseconds<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => milliseconds(time, serializer),
        None => serializer.serialize_none(),
    }
}
