//! The objects of files and submissions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vouch_domain::{
    customer::{Rejection, RejectionClass},
    id::{CustomerId, FileId, KycSubmissionId},
    kyc::{Gap, KycFile, Slot, Submission},
    tenant::Env,
};

use super::objects::{display, seconds};

/// A file, and how to upload it.
#[derive(Serialize)]
pub(super) struct FileObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: FileId,
    #[serde(serialize_with = "display")]
    file_id: FileId,
    env: &'static str,
    file_category: &'static str,
    status: &'static str,
    upload_url: &'a str,
    upload_headers: UploadHeaders,
    #[serde(serialize_with = "seconds")]
    expires_at: DateTime<Utc>,
}

/// The headers that an upload should have.
#[derive(Serialize)]
struct UploadHeaders {
    #[serde(rename = "Content-Type")]
    content_type: &'static str,
}

impl<'a> FileObject<'a> {
    pub(super) fn new(file: &KycFile, env: Env, upload_url: &'a str) -> Self {
        Self {
            object: "file",
            id: file.id,
            file_id: file.id,
            env: env.as_str(),
            file_category: file.category.as_str(),
            status: file.status(),
            upload_url,
            upload_headers: UploadHeaders {
                content_type: file.content_type.as_str(),
            },
            expires_at: file.expires_at(),
        }
    }
}

/// The slots of a customer: what the next submission takes.
#[derive(Serialize)]
pub(super) struct SlotsObject {
    object: &'static str,
    env: &'static str,
    slots: Vec<SlotObject>,
}

#[derive(Serialize)]
struct SlotObject {
    slot: &'static str,
    #[serde(serialize_with = "display")]
    file_id: FileId,
}

impl SlotsObject {
    pub(super) fn new(slots: &[Slot], env: Env) -> Self {
        let slot = |slot: &Slot| SlotObject {
            slot: slot.category.as_str(),
            file_id: slot.file,
        };
        Self {
            object: "kyc_slots",
            env: env.as_str(),
            slots: slots.iter().map(slot).collect(),
        }
    }
}

/// A submission as it is answered when it is made.
#[derive(Serialize)]
pub(super) struct AcceptedObject {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: KycSubmissionId,
    env: &'static str,
    #[serde(serialize_with = "display")]
    customer_id: CustomerId,
    status: &'static str,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
}

impl AcceptedObject {
    pub(super) fn new(submission: &Submission, env: Env) -> Self {
        Self {
            object: "kyc_submission",
            id: submission.id,
            env: env.as_str(),
            customer_id: submission.customer,
            status: submission.status.as_str(),
            created_at: submission.id.created_at(),
        }
    }
}

/// A submission, and what can be done about it.
#[derive(Serialize)]
pub(super) struct SubmissionObject {
    #[serde(flatten)]
    submission: AcceptedObject,
    missing: Vec<&'static str>,
    rejection: Option<RejectionObject>,
}

/// The part of a rejection that may be told.
#[derive(Serialize)]
struct RejectionObject {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    class: &'static str,
    message: &'static str,
}

impl SubmissionObject {
    pub(super) fn new(submission: &Submission, env: Env) -> Self {
        let rejection = |told: Rejection| RejectionObject {
            code: told.code(),
            field: told.field(submission.customer_type),
            class: class(told.class()),
            message: told.message(),
        };
        Self {
            submission: AcceptedObject::new(submission, env),
            missing: submission
                .missing
                .iter()
                .copied()
                .map(Gap::as_str)
                .collect(),
            rejection: submission.rejection.map(Rejection::told).map(rejection),
        }
    }
}

fn class(class: RejectionClass) -> &'static str {
    match class {
        RejectionClass::Fixable => "fixable",
        RejectionClass::Final => "final",
        RejectionClass::Review => "review",
    }
}
