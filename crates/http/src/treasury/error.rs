//! Answers other than the one asked for: the error envelope of the contract, section 1, word for word.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;
use vouch_application::{kept_answers::KeyError, treasury_customers::CreateTreasuryCustomerError};
use vouch_domain::{access::Scope, form::FieldProblem, ports::StoreError};

use crate::{body::BodyError, request_id::RequestId};

/// When to try again what may well succeed then, in seconds.
const SOON: u64 = 2;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is no `Idempotency-Key`, or an empty one.
    IdempotencyKeyRequired,
    /// The body is not one JSON object.
    MalformedJson,
    /// There is no `Authorization`.
    NoToken,
    /// The key is unknown, malformed, revoked or expired.
    InvalidKey,
    /// The key may not be used from where the request comes from.
    AddressNotAllowed,
    /// The key lacks these scopes.
    MissingScopes(Vec<Scope>),
    /// The organisation may not act.
    Suspended,
    /// The tenant has no such customer.
    CustomerNotFound,
    /// The API has no such path.
    RouteNotFound,
    /// The path has only these methods.
    MethodNotAllowed(String),
    /// A twin was in flight for longer than anybody should wait.
    StillInProgress,
    /// The body has too many bytes.
    BodyTooLarge,
    /// The body says that it is something other than JSON.
    NotJson,
    /// Fields, or parameters, have values that are not acceptable.
    Invalid(Vec<FieldProblem>),
    /// The `Idempotency-Key` has too many characters.
    IdempotencyKeyTooLong,
    /// The store cannot be used at present. The text is for the log.
    Unavailable(String),
    /// A fault of ours. The text is for the log.
    Internal(String),
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::IdempotencyKeyRequired | Self::MalformedJson => StatusCode::BAD_REQUEST,
            Self::NoToken | Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::AddressNotAllowed | Self::MissingScopes(_) | Self::Suspended => {
                StatusCode::FORBIDDEN
            }
            Self::CustomerNotFound | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::StillInProgress => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::IdempotencyKeyTooLong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> Cow<'static, str> {
        match self {
            Self::IdempotencyKeyRequired => {
                "Idempotency-Key header is required for mutating API requests"
            }
            Self::MalformedJson => "Malformed JSON body",
            Self::NoToken => "No token provided",
            Self::InvalidKey => "Invalid API key",
            Self::AddressNotAllowed => "IP address not allowed",
            Self::MissingScopes(scopes) => {
                let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
                return format!("Missing required scopes: {}", scopes.join(", ")).into();
            }
            Self::Suspended => "Organisation suspended",
            Self::CustomerNotFound => "Customer not found",
            Self::RouteNotFound => "Route not found",
            Self::MethodNotAllowed(_) => "Method not allowed",
            Self::StillInProgress => "A request with this Idempotency-Key is still in progress",
            Self::BodyTooLarge => "Request body too large",
            Self::NotJson => "Content-Type must be application/json",
            Self::Invalid(_) => "Validation failed",
            Self::IdempotencyKeyTooLong => "Idempotency-Key must be 255 characters or fewer",
            Self::Unavailable(_) => "Service unavailable. Try again shortly.",
            Self::Internal(_) => "Internal server error",
        }
        .into()
    }

    /// The answer. Logs the cause, if there is one.
    pub(super) fn respond(self, request_id: &RequestId) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        match &self {
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, allowed.as_str()));
            }
            Self::NoToken | Self::InvalidKey => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::StillInProgress => {
                response.insert_header((RETRY_AFTER, SOON));
            }
            Self::Unavailable(cause) => {
                log(request_id, cause);
                response.insert_header((RETRY_AFTER, SOON));
            }
            Self::Internal(cause) => log(request_id, cause),
            _ => {}
        }
        response.json(Envelope {
            status: "error",
            message: self.message(),
            errors: self.errors(),
        })
    }

    /// One message for each field.
    fn errors(&self) -> Option<BTreeMap<&str, &'static str>> {
        let Self::Invalid(problems) = self else {
            return None;
        };
        let errors = problems.iter();
        Some(
            errors
                .map(|problem| (problem.field.as_str(), problem.message))
                .collect(),
        )
    }
}

fn log(request_id: &RequestId, cause: &str) {
    tracing::error!(request_id = request_id.as_str(), cause, "request failed");
}

#[derive(Serialize)]
struct Envelope<'a> {
    status: &'static str,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<BTreeMap<&'a str, &'static str>>,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(cause),
            StoreError::Defect(_) => Self::Internal(cause),
        }
    }
}

impl From<Vec<FieldProblem>> for Fault {
    fn from(problems: Vec<FieldProblem>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::MediaType => Self::NotJson,
            BodyError::TooLarge => Self::BodyTooLarge,
            BodyError::NotStrictJson => Self::MalformedJson,
        }
    }
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::InProgress => Self::StillInProgress,
            KeyError::Conflict => Self::Internal(error.to_string()),
            KeyError::Store(error) => error.into(),
        }
    }
}

impl From<CreateTreasuryCustomerError> for Fault {
    fn from(error: CreateTreasuryCustomerError) -> Self {
        match error {
            CreateTreasuryCustomerError::Invalid(problems) => Self::Invalid(problems),
            CreateTreasuryCustomerError::Key(error) => error.into(),
            CreateTreasuryCustomerError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

    #[test]
    fn the_document_lists_every_message_and_no_other() {
        let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| "));
        let rows = rows.filter(|row| row.starts_with(|first: char| first.is_ascii_digit()));
        let documented: Vec<&str> = rows
            .filter_map(|row| row.rsplitn(2, " | ").last())
            .collect();
        let faults = [
            Fault::IdempotencyKeyRequired,
            Fault::MalformedJson,
            Fault::NoToken,
            Fault::InvalidKey,
            Fault::AddressNotAllowed,
            Fault::MissingScopes(vec![Scope::TransfersWrite]),
            Fault::Suspended,
            Fault::CustomerNotFound,
            Fault::RouteNotFound,
            Fault::MethodNotAllowed(String::new()),
            Fault::StillInProgress,
            Fault::BodyTooLarge,
            Fault::NotJson,
            Fault::Invalid(Vec::new()),
            Fault::IdempotencyKeyTooLong,
            Fault::Internal(String::new()),
            Fault::Unavailable(String::new()),
        ];
        let expected =
            faults.map(|fault| format!("{} | {}", fault.status().as_u16(), fault.message()));
        assert_eq!(documented, expected);
    }

    #[test]
    fn several_missing_scopes_are_named_together() {
        let fault = Fault::MissingScopes(vec![Scope::TransfersRead, Scope::FxRead]);
        let expected = "Missing required scopes: transfers:read, fx:read";
        assert_eq!(fault.message(), expected);
    }
}
