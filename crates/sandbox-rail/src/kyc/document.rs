//! The documents of a business.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    body::{id, text},
    customer::{Customer, Fields, Kind, Status, timestamp},
    kyc::file::{Format, Purpose, uploaded},
    refusal::{Problems, Refusal},
    state::State,
};

/// Types of which a business needs at least one.
const FORMATION: [&str; 5] = [
    "CERTIFICATE_OF_INCORPORATION",
    "ARTICLES_OF_INCORPORATION",
    "BENEFICIAL_OWNERSHIP_CERTIFICATE",
    "INCORPORATION_DOCUMENTS",
    "CAC_STATUS_REPORT",
];
const OTHER: [&str; 8] = [
    "ACCOUNT_AGREEMENT",
    "PROOF_OF_ADDRESS",
    "BANK_STATEMENT",
    "LICENSE",
    "SHARE_REGISTRATION",
    "COMPANY_OWNERSHIP_STRUCTURE",
    "DIRECTORS_REGISTER",
    "OTHER",
];
const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 2000;

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum DocumentStatus {
    Pending,
    Processing,
    Approved,
    Rejected,
}

/// One document.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) id: Uuid,
    pub(crate) document_type: String,
    name: String,
    description: Option<String>,
    pub(crate) file_id: Uuid,
    format: Format,
    pub(crate) status: DocumentStatus,
    pub(crate) admin_comments: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Document {
    /// Whether it shows that the business was founded.
    pub(crate) fn is_formation(&self) -> bool {
        FORMATION.contains(&self.document_type.as_str())
    }

    /// As the vendor shows it. There is no URL to read it from.
    pub(crate) fn view(&self, customer_id: Uuid) -> Value {
        json!({
            "id": self.id,
            "business_customer_id": customer_id,
            "type": self.document_type,
            "name": self.name,
            "extension": self.format,
            "description": self.description,
            "status": self.status,
            "admin_comments": self.admin_comments,
            "url": null,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
        })
    }

    /// A locked document keeps what it says.
    pub(crate) fn check_lock(&self) -> Result<(), Refusal> {
        match self.status {
            DocumentStatus::Pending | DocumentStatus::Rejected => Ok(()),
            DocumentStatus::Processing | DocumentStatus::Approved => Err(Refusal::BadRequest(
                "Cannot modify a document that has been approved or is currently under review.",
            )),
        }
    }
}

/// Only a business has documents, and only outside a review do they change.
pub(crate) fn accepts_documents(customer: &Customer) -> Result<(), Refusal> {
    if customer.kind == Kind::Individual {
        return Err(Refusal::BadRequest("Documents are for business customers."));
    }
    match customer.status {
        Status::Pending | Status::Rejected => Ok(()),
        Status::Processing | Status::Verified => Err(Refusal::BadRequest(
            "Cannot modify documents while customer verification is in progress.",
        )),
    }
}

/// The document that the fields describe.
pub(crate) fn register(
    state: &State,
    customer: &Customer,
    sent: &Fields,
    now: DateTime<Utc>,
) -> Result<Document, Refusal> {
    let mut problems = Problems::default();
    for field in ["type", "name", "file_id"] {
        if text(sent, field).is_none() {
            problems.missing(field);
        }
    }
    problems.into_result()?;
    let file_id = id(sent, "file_id");
    let (file_id, format) = uploaded(state, customer, Purpose::Document, "file_id", file_id)?;
    let blank = Document {
        id: Uuid::new_v4(),
        document_type: String::new(),
        name: String::new(),
        description: None,
        file_id,
        format,
        status: DocumentStatus::Pending,
        admin_comments: None,
        created_at: now,
        updated_at: now,
    };
    amend(state, customer, &blank, sent, now)
}

/// `current` with what was sent. It is open to review again.
pub(crate) fn amend(
    state: &State,
    customer: &Customer,
    current: &Document,
    sent: &Fields,
    now: DateTime<Utc>,
) -> Result<Document, Refusal> {
    current.check_lock()?;
    let mut document = current.clone();
    let mut problems = Problems::default();
    if let Some(document_type) = text(sent, "type") {
        if !FORMATION.contains(&document_type) && !OTHER.contains(&document_type) {
            problems.add("type", "The selected type is invalid.");
        }
        document.document_type = document_type.to_owned();
    }
    if let Some(name) = text(sent, "name") {
        check_length("name", name, MAX_NAME, &mut problems);
        document.name = name.to_owned();
    }
    if sent.contains_key("description") {
        document.description = text(sent, "description").map(str::to_owned);
        let description = document.description.as_deref().unwrap_or_default();
        check_length("description", description, MAX_DESCRIPTION, &mut problems);
    }
    problems.into_result()?;
    if sent.contains_key("file_id") {
        let file_id = id(sent, "file_id");
        (document.file_id, document.format) =
            uploaded(state, customer, Purpose::Document, "file_id", file_id)?;
    }
    document.status = DocumentStatus::Pending;
    document.admin_comments = None;
    document.updated_at = now;
    Ok(document)
}

fn check_length(field: &str, value: &str, max: usize, problems: &mut Problems) {
    if value.chars().count() > max {
        problems.add(
            field,
            format!("The {field} field must not be greater than {max} characters."),
        );
    }
}
