//! What each error about files and submissions means on the wire.

use vouch_application::{
    kyc_files::{AddFileError, AttachError},
    submit_kyc::SubmitError,
};
use vouch_domain::{
    kyc::{FileCategory, SubmissionRefused},
    ports::DocumentsError,
};

use super::{ApiError, Code, Detail, FieldError, mapping::SOON};

impl From<AddFileError> for ApiError {
    fn from(error: AddFileError) -> Self {
        match error {
            AddFileError::NotFound => Code::CustomerNotFound.into(),
            AddFileError::Invalid(problems) => Self::form(problems),
            AddFileError::KeyConflict => Code::IdempotencyConflict.into(),
            AddFileError::Closed => Self::because(Code::InvalidState, "closed"),
            AddFileError::NoIdentity => Self::because(Code::InvalidState, "no_kyc_identity"),
            AddFileError::Store(error) => error.into(),
        }
    }
}

impl From<AttachError> for ApiError {
    fn from(error: AttachError) -> Self {
        match error {
            AttachError::NotFound => Code::CustomerNotFound.into(),
            AttachError::Invalid(problems) => Self::form(problems),
            AttachError::KeyConflict => Code::IdempotencyConflict.into(),
            AttachError::Closed => Self::because(Code::InvalidState, "closed"),
            AttachError::NoIdentity => Self::because(Code::InvalidState, "no_kyc_identity"),
            AttachError::UnknownFile => Code::FileNotFound.into(),
            AttachError::NotUploaded => Self::because(Code::InvalidState, "not_uploaded"),
            AttachError::WrongSlot(position) => {
                let field = format!("files[{position}].slot");
                let predicate = "must be the category of the file";
                FieldError::new(field, Code::InvalidField, predicate).into()
            }
            AttachError::Store(error) => error.into(),
        }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::NotFound => Code::CustomerNotFound.into(),
            SubmitError::Invalid(problems) => Self::form(problems),
            SubmitError::KeyConflict => Code::IdempotencyConflict.into(),
            SubmitError::NoIdentity => Self::because(Code::InvalidState, "no_kyc_identity"),
            SubmitError::Refused(refused) => refused.into(),
            SubmitError::InteracEmailTaken => Code::InteracEmailTaken.into(),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<SubmissionRefused> for ApiError {
    fn from(refused: SubmissionRefused) -> Self {
        let reason = match refused {
            SubmissionRefused::Verified => "verified",
            SubmissionRefused::Closed => "closed",
            SubmissionRefused::InReview => "in_review",
            SubmissionRefused::FinallyRejected => "rejected_finally",
            SubmissionRefused::Missing(missing) => return Self::missing(&missing),
        };
        Self::because(Code::InvalidState, reason)
    }
}

impl ApiError {
    /// An error whose code alone does not tell why.
    pub(crate) fn because(code: Code, reason: &'static str) -> Self {
        Self::from(code).with_detail(Detail {
            reason: Some(reason),
            ..Detail::default()
        })
    }

    /// The same in other words.
    pub(crate) fn saying(self, message: &'static str) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// Bytes that are not what they should be; `predicate` completes "`body` …".
    pub(crate) fn body(predicate: &str) -> Self {
        FieldError::new("body", Code::InvalidField, predicate).into()
    }

    /// The store of documents failed.
    pub(crate) fn document_store(error: &DocumentsError) -> Self {
        match error {
            DocumentsError::Unavailable(_) => Self::from(Code::Unavailable).retry_after(SOON),
            DocumentsError::Missing | DocumentsError::Defect(_) => Code::InternalError.into(),
        }
        .caused_by(error.to_string())
    }

    fn missing(missing: &[FileCategory]) -> Self {
        let error = |category: &FileCategory| {
            let predicate = "must be attached before the customer can be reviewed";
            FieldError::new(category.as_str(), Code::MissingField, predicate)
        };
        let errors = missing.iter().map(error).collect();
        Self {
            code: Code::ValidationFailed,
            ..Self::fields(errors)
        }
    }
}
