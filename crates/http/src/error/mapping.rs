//! What each error of the use cases means on the wire.

use std::time::Duration;

use vouch_application::{amend::AmendError, close::CloseError, create::CreateError};
use vouch_domain::{
    customer::IdentityField,
    form::{FieldProblem, ProblemKind},
    id::CustomerId,
    ports::{PageError, RailField, StoreError},
};

use super::{ApiError, Code, Detail, FieldError, Header};
use crate::{body::BodyError, rate_limit::Exceeded};

/// When to try again what may well succeed then.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// When to try again what somebody has to configure first.
pub(crate) const LATER: Duration = Duration::from_secs(60);

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::from(Code::Unavailable).retry_after(SOON),
            StoreError::Defect(_) => Self::from(Code::InternalError),
        }
        .caused_by(error.to_string())
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::MediaType => Code::UnsupportedMediaType,
            BodyError::TooLarge => Code::BodyTooLarge,
            BodyError::NotStrictJson => Code::InvalidJson,
        }
        .into()
    }
}

impl From<Exceeded> for ApiError {
    fn from(exceeded: Exceeded) -> Self {
        let detail = Detail {
            tier: Some(exceeded.tier.as_str()),
            limit: Some(exceeded.limit()),
            retry_after_seconds: Some(exceeded.retry_after),
            ..Detail::default()
        };
        Self {
            header: Some(Header::Exceeded(exceeded)),
            ..Self::from(Code::RateLimitExceeded).with_detail(detail)
        }
    }
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::UnknownCursor => FieldError::new(
                "starting_after",
                Code::InvalidField,
                "must name an entry of this list",
            )
            .into(),
            PageError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(problems) => Self::form(problems),
            CreateError::KeyConflict => Code::IdempotencyConflict.into(),
            CreateError::InProgress => Self::from(Code::IdempotencyInProgress).retry_after(SOON),
            CreateError::ReferenceTaken {
                customer,
                differing,
            } => reference_taken(customer, &differing),
            CreateError::InteracEmailTaken => Code::InteracEmailTaken.into(),
            CreateError::RefusedByRail { fields } => refused_by_rail(fields),
            CreateError::RailUnresolved { retry_after } => {
                Self::from(Code::ProviderError).retry_after(retry_after)
            }
            CreateError::NoRail => Self::no_rail(),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<AmendError> for ApiError {
    fn from(error: AmendError) -> Self {
        match error {
            AmendError::NotFound => Code::CustomerNotFound.into(),
            AmendError::Invalid(problems) => Self::form(problems),
            AmendError::KeyConflict => Code::IdempotencyConflict.into(),
            AmendError::VersionConflict => Code::VersionConflict.into(),
            AmendError::Closed => Self::because(Code::InvalidState, "closed"),
            AmendError::NoIdentity => Self::because(Code::InvalidState, "no_kyc_identity"),
            AmendError::Store(error) => error.into(),
        }
    }
}

impl From<CloseError> for ApiError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => Code::CustomerNotFound.into(),
            CloseError::KeyConflict => Code::IdempotencyConflict.into(),
            CloseError::PayoutsProcessing => {
                Self::because(Code::InvalidState, "payouts_processing")
            }
            CloseError::Store(error) => error.into(),
        }
    }
}

impl ApiError {
    /// There is no rail for this env: the log has said so at the start, and needs no line for each request.
    pub(crate) fn no_rail() -> Self {
        Self::from(Code::Unavailable).retry_after(LATER)
    }

    /// All that is wrong with a form or with parameters.
    pub(crate) fn form(problems: Vec<FieldProblem>) -> Self {
        let has_immutable = problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Immutable);
        let mut error = Self::fields(problems.into_iter().map(field_error).collect());
        if let Some(detail) = &mut error.detail {
            detail.reason = has_immutable.then_some("immutable");
        }
        error
    }
}

fn field_error(problem: FieldProblem) -> FieldError {
    let code = match problem.kind {
        ProblemKind::Missing => Code::MissingField,
        ProblemKind::CountryNotSupported => Code::CountryNotSupported,
        ProblemKind::CurrencyNotSupported => Code::UnsupportedCurrency,
        ProblemKind::Invalid | ProblemKind::Immutable | ProblemKind::Unknown => Code::InvalidField,
    };
    FieldError::new(problem.field, code, problem.message)
}

fn reference_taken(customer: Option<CustomerId>, differing: &[IdentityField]) -> ApiError {
    ApiError::from(Code::CustomerAlreadyExists).with_detail(Detail {
        customer_id: customer.map(|id| id.to_string()),
        differing_fields: Some(differing.iter().map(|field| field.name()).collect()),
        ..Detail::default()
    })
}

/// Fixed words: what the rail itself said is never passed through.
fn refused_by_rail(fields: Vec<RailField>) -> ApiError {
    let predicate = "was not accepted by the provider that verifies customers";
    let errors: Vec<_> = fields
        .into_iter()
        .map(|RailField(field)| FieldError::new(field, Code::InvalidField, predicate))
        .collect();
    let error = ApiError::from(Code::ValidationFailed);
    let Some(first) = errors.first() else {
        return error;
    };
    ApiError {
        field: Some(first.field.clone()),
        ..error.with_detail(Detail {
            errors,
            ..Detail::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(error: impl Into<ApiError>) -> (Code, Option<Header>, Option<String>) {
        let error = error.into();
        (error.code, error.header, error.cause)
    }

    fn unavailable() -> StoreError {
        StoreError::Unavailable("08006".to_owned())
    }

    fn defect() -> StoreError {
        StoreError::Defect("42601".to_owned())
    }

    #[test]
    fn every_outcome_of_a_create_has_a_code() {
        let pause = Duration::from_millis(2_001);
        let soon = || Some(Header::RetryAfter(2));
        for (error, code, header, is_logged) in [
            (
                CreateError::KeyConflict,
                Code::IdempotencyConflict,
                None,
                false,
            ),
            (
                CreateError::InProgress,
                Code::IdempotencyInProgress,
                soon(),
                false,
            ),
            (
                CreateError::ReferenceTaken {
                    customer: None,
                    differing: Vec::new(),
                },
                Code::CustomerAlreadyExists,
                None,
                false,
            ),
            (
                CreateError::InteracEmailTaken,
                Code::InteracEmailTaken,
                None,
                false,
            ),
            (
                CreateError::RefusedByRail { fields: Vec::new() },
                Code::ValidationFailed,
                None,
                false,
            ),
            (
                CreateError::RailUnresolved { retry_after: pause },
                Code::ProviderError,
                Some(Header::RetryAfter(3)),
                false,
            ),
            (
                CreateError::NoRail,
                Code::Unavailable,
                Some(Header::RetryAfter(60)),
                false,
            ),
            (
                CreateError::Store(unavailable()),
                Code::Unavailable,
                soon(),
                true,
            ),
            (
                CreateError::Store(defect()),
                Code::InternalError,
                None,
                true,
            ),
        ] {
            let name = format!("{error:?}");
            let (found, found_header, cause) = facts(error);
            assert_eq!((found, found_header), (code, header), "{name}");
            assert_eq!(cause.is_some(), is_logged, "{name}");
        }
    }

    #[test]
    fn every_outcome_of_an_amendment_has_a_code() {
        for (error, code) in [
            (AmendError::NotFound, Code::CustomerNotFound),
            (AmendError::KeyConflict, Code::IdempotencyConflict),
            (AmendError::VersionConflict, Code::VersionConflict),
            (AmendError::Closed, Code::InvalidState),
            (AmendError::Store(unavailable()), Code::Unavailable),
            (AmendError::Store(defect()), Code::InternalError),
        ] {
            let name = format!("{error:?}");
            assert_eq!(facts(error).0, code, "{name}");
        }
    }

    #[test]
    fn every_outcome_of_a_closing_has_a_code() {
        for (error, code) in [
            (CloseError::NotFound, Code::CustomerNotFound),
            (CloseError::KeyConflict, Code::IdempotencyConflict),
            (CloseError::Store(unavailable()), Code::Unavailable),
            (CloseError::Store(defect()), Code::InternalError),
        ] {
            let name = format!("{error:?}");
            assert_eq!(facts(error).0, code, "{name}");
        }
    }

    #[test]
    fn every_kind_of_problem_has_a_code() {
        for (kind, code, reason) in [
            (ProblemKind::Missing, Code::MissingField, None),
            (ProblemKind::Invalid, Code::InvalidField, None),
            (
                ProblemKind::CountryNotSupported,
                Code::CountryNotSupported,
                None,
            ),
            (
                ProblemKind::CurrencyNotSupported,
                Code::UnsupportedCurrency,
                None,
            ),
            (
                ProblemKind::Immutable,
                Code::InvalidField,
                Some("immutable"),
            ),
            (ProblemKind::Unknown, Code::InvalidField, None),
        ] {
            let problems = || {
                vec![FieldProblem {
                    field: "tin".to_owned(),
                    kind,
                    message: "is odd",
                }]
            };
            for error in [
                ApiError::from(CreateError::Invalid(problems())),
                ApiError::from(AmendError::Invalid(problems())),
            ] {
                assert_eq!((error.code, &*error.message), (code, "`tin` is odd."));
                assert_eq!(error.field.as_deref(), Some("tin"));
                assert_eq!(error.detail.and_then(|detail| detail.reason), reason);
            }
        }
    }
}
