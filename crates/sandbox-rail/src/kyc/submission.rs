//! Submissions: every time that a customer was handed to the rail's reviewers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    customer::{Customer, Kind, Status},
    kyc::file::Purpose,
    state::State,
    table::Identified,
};

/// One review, under way or over.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Submission {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) submitted_at: DateTime<Utc>,
    pub(crate) evidence: Vec<Evidence>,
    /// When a review that was asked for begins, and shows. None once it has begun.
    #[serde(default)]
    pub(crate) begins_at: Option<DateTime<Utc>>,
    /// None where nobody will decide, or somebody has.
    pub(crate) decision_at: Option<DateTime<Utc>>,
    pub(crate) outcome: Option<Status>,
    pub(crate) decided_at: Option<DateTime<Utc>>,
}

/// A file or document as it was when the review began.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Evidence {
    purpose: Purpose,
    file_id: Uuid,
    /// The type of a business's document.
    document_type: Option<String>,
    size: Option<u64>,
    sha256: Option<String>,
    content_type: Option<String>,
}

impl Identified for Submission {
    fn id(&self) -> Uuid {
        self.id
    }
}

/// Everything that the reviewers are shown.
pub(crate) fn evidence(state: &State, customer: &Customer) -> Vec<Evidence> {
    let seen = |purpose, file_id, document_type| {
        let upload = state
            .files
            .get(file_id)
            .and_then(|file| file.upload.as_ref());
        Evidence {
            purpose,
            file_id,
            document_type,
            size: upload.map(|upload| upload.size),
            sha256: upload.map(|upload| upload.sha256.clone()),
            content_type: upload.and_then(|upload| upload.content_type.clone()),
        }
    };
    match customer.kind {
        Kind::Individual => {
            let files = customer.files.iter();
            files
                .map(|(purpose, id)| seen(*purpose, *id, None))
                .collect()
        }
        Kind::Business => {
            let documents = customer.documents.iter();
            documents
                .map(|document| {
                    let document_type = Some(document.document_type.clone());
                    seen(Purpose::Document, document.file_id, document_type)
                })
                .collect()
        }
    }
}
