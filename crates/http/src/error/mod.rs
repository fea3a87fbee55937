//! Answers other than the one asked for: the error envelope of the Remittance contract, section 2.

mod code;
mod kyc;
mod mapping;
mod money;

pub(crate) use code::Code;
pub(crate) use mapping::{LATER, SOON};

use std::{borrow::Cow, time::Duration};

use actix_web::{
    HttpResponse,
    http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;

use crate::{rate_limit::Exceeded, request_id::RequestId};

/// An error as its caller will see it, and its cause, which only the log will.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: Code,
    message: Cow<'static, str>,
    field: Option<String>,
    detail: Option<Box<Detail>>,
    header: Option<Header>,
    cause: Option<String>,
}

/// A header that an error comes with.
#[derive(Debug, PartialEq, Eq)]
enum Header {
    Allow(String),
    /// How to authenticate.
    Challenge,
    /// In seconds.
    RetryAfter(u64),
    /// All that a request too many is told.
    Exceeded(Exceeded),
}

/// What else is said, where there is something.
#[derive(Debug, Default, Serialize)]
struct Detail {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differing_fields: Option<Vec<&'static str>>,
    /// Which limit was exceeded, how much it allows at once, and when to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// What is wrong with one field, parameter or header.
#[derive(Debug, Serialize)]
pub(crate) struct FieldError {
    field: String,
    code: Code,
    message: String,
}

impl FieldError {
    /// An error of `field`; `predicate` completes "`field` …".
    pub(crate) fn new(field: impl Into<String>, code: Code, predicate: &str) -> Self {
        let field = field.into();
        let message = format!("`{field}` {predicate}.");
        Self {
            field,
            code,
            message,
        }
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        let is_authentication = matches!(code, Code::MissingApiKey | Code::InvalidApiKey);
        Self {
            code,
            message: code.message().into(),
            field: None,
            detail: None,
            header: is_authentication.then_some(Header::Challenge),
            cause: None,
        }
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::fields(vec![error])
    }
}

impl ApiError {
    /// All that is wrong with the fields of a request. The first one speaks for all.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let Some(first) = errors.first() else {
            return Self::internal("fields were refused without a reason");
        };
        Self {
            message: first.message.clone().into(),
            field: Some(first.field.clone()),
            ..Self::from(first.code).with_detail(Detail {
                errors,
                ..Detail::default()
            })
        }
    }

    /// A fault of ours. The cause is for the log and holds no personal data.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        Self::from(Code::InternalError).caused_by(cause)
    }

    /// A method that the route does not have; `allowed` are those that it has.
    pub(crate) fn method_not_allowed(allowed: impl Into<String>) -> Self {
        Self {
            header: Some(Header::Allow(allowed.into())),
            ..Code::MethodNotAllowed.into()
        }
    }

    fn with_detail(self, detail: Detail) -> Self {
        Self {
            detail: Some(Box::new(detail)),
            ..self
        }
    }

    fn caused_by(self, cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..self
        }
    }

    /// Asks the caller to come back, in whole seconds and not at once.
    pub(crate) fn retry_after(self, pause: Duration) -> Self {
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        Self {
            header: Some(Header::RetryAfter(seconds.max(1))),
            ..self
        }
    }

    /// The answer. Logs the cause, if there is one.
    pub(crate) fn respond(self, request_id: &RequestId) -> HttpResponse {
        let request_id = request_id.as_str();
        if let Some(cause) = &self.cause {
            tracing::error!(
                request_id,
                code = self.code.as_str(),
                cause,
                "request failed"
            );
        }
        let mut response = HttpResponse::build(self.code.status());
        match self.header {
            Some(Header::Allow(methods)) => response.insert_header((ALLOW, methods)),
            Some(Header::Challenge) => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Some(Header::RetryAfter(seconds)) => response.insert_header((RETRY_AFTER, seconds)),
            Some(Header::Exceeded(exceeded)) => {
                exceeded.headers().fold(&mut response, |response, header| {
                    response.insert_header(header)
                })
            }
            None => &mut response,
        };
        response.json(Envelope {
            error: Body {
                kind: self.code.kind(),
                code: self.code,
                message: &self.message,
                field: self.field.as_deref(),
                detail: self.detail.as_deref(),
                request_id,
            },
        })
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    code: Code,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a Detail>,
    request_id: &'a str,
}
