//! Every answer that is not a success, in the vendor's shapes.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::json;

use crate::fields::label;

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request makes no sense, or the record is locked.
    #[error("{0}")]
    BadRequest(&'static str),
    /// No credential, or one that is not (or no longer) valid.
    #[error("Unauthenticated. The {0} is missing or invalid.")]
    Unauthenticated(&'static str),
    /// The token lacks the scope of the operation.
    #[error("This access token does not have the {0} scope.")]
    Forbidden(&'static str),
    /// No such record of this kind.
    #[error("{0} not found.")]
    Unknown(&'static str),
    /// An upload URL that is wrong, used or too old.
    #[error("{0}")]
    Denied(&'static str),
    /// More bytes than a file may have.
    #[error("The file exceeds the 25 MB maximum.")]
    TooLarge,
    /// The record lacks what the call needs.
    #[error("{0}")]
    NotReady(String),
    /// One or more fields are wrong.
    #[error("{0}")]
    Invalid(Problems),
    /// A control was called wrongly.
    #[error("{0}")]
    BadControl(String),
    /// The token endpoint refused, in the words of RFC 6749 §5.2.
    #[error("{description}")]
    Token {
        status: StatusCode,
        error: &'static str,
        description: &'static str,
    },
    /// The state could not be written.
    #[error("Server Error")]
    Unwritable,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) | Self::NotReady(_) | Self::BadControl(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Token { status, .. } => *status,
            Self::Unwritable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = json!({ "message": self.to_string() });
        match self {
            Self::Invalid(problems) => body["errors"] = json!(problems.0),
            Self::Token {
                error, description, ..
            } => {
                body["error"] = json!(error);
                body["error_description"] = json!(description);
            }
            _ => {}
        }
        HttpResponse::build(self.status_code()).json(body)
    }
}

/// Complaints by field. The message is the first of them and a count of the others, as Laravel words it.
#[derive(Debug, Default)]
pub(crate) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    /// A single complaint.
    pub(crate) fn one(field: &str, complaint: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.add(field, complaint);
        problems
    }

    /// A complaint about a field that names a record which there is not.
    pub(crate) fn unknown(field: &str) -> Self {
        Self::one(field, format!("The selected {} is invalid.", label(field)))
    }

    /// Adds a complaint about `field`.
    pub(crate) fn add(&mut self, field: &str, complaint: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_default()
            .push(complaint.into());
    }

    /// Adds the complaint that a required field is missing.
    pub(crate) fn missing(&mut self, field: &str) {
        self.add(field, format!("The {} field is required.", label(field)));
    }

    /// Refuses when there is any complaint.
    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(self))
        }
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut complaints = self.0.values().flatten();
        f.write_str(
            complaints
                .next()
                .map_or("The given data was invalid.", String::as_str),
        )?;
        match complaints.count() {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more error)"),
            more => write!(f, " (and {more} more errors)"),
        }
    }
}
