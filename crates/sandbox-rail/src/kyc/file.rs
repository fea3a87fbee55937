//! Files: what a presigned URL was given for, and what arrived there.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    customer::Customer,
    refusal::{Problems, Refusal},
    state::State,
    table::Identified,
};

/// How long a presigned URL lives.
const LIFE: TimeDelta = TimeDelta::minutes(5);

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Identity,
    IdentityBack,
    ProofOfAddress,
    LivenessCheck,
    /// A document of a business.
    Document,
}

impl Purpose {
    /// The files of an individual, by the names of their categories and of their slots.
    pub(crate) const OF_INDIVIDUALS: [(Self, &str, &str); 4] = [
        (Self::Identity, "identity", "id_file"),
        (Self::IdentityBack, "identity_back", "id_file_back"),
        (
            Self::ProofOfAddress,
            "proof_of_address",
            "proof_of_address_file",
        ),
        (Self::LivenessCheck, "liveness_check", "liveness_check_file"),
    ];
}

/// The types of file that the rail takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Pdf,
    Jpg,
    Png,
}

impl Format {
    /// Told from the first bytes, not from what the client says.
    pub(crate) fn sniff(start: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Format); 3] = [
            (b"%PDF-", Format::Pdf),
            (b"\xff\xd8\xff", Format::Jpg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
        ];
        SIGNATURES
            .into_iter()
            .find(|(signature, _)| start.starts_with(signature))
            .map(|(_, format)| format)
    }
}

/// Bytes that arrived.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) size: u64,
    /// In lower-case hex. The `ETag` is the same.
    pub(crate) sha256: String,
    /// None where the bytes are of no type that the rail takes.
    pub(crate) format: Option<Format>,
    /// What the client said.
    pub(crate) content_type: Option<String>,
}

/// A place for bytes, and the bytes once they are there.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) purpose: Purpose,
    /// The secret in the presigned URL.
    token: Uuid,
    expires_at: DateTime<Utc>,
    pub(crate) upload: Option<Upload>,
}

impl Identified for File {
    fn id(&self) -> Uuid {
        self.id
    }
}

impl File {
    /// A new place.
    pub(crate) fn new(customer: &Customer, purpose: Purpose, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::new_v4(),
            customer_id: customer.id,
            purpose,
            token: Uuid::new_v4(),
            expires_at: now + LIFE,
            upload: None,
        }
    }

    /// Path and query of the presigned URL.
    pub(crate) fn upload_path(&self) -> String {
        format!("/upload/{}?token={}", self.id, self.token.simple())
    }

    /// The place with what arrived.
    pub(crate) fn filled(&self, upload: Upload) -> Self {
        Self {
            upload: Some(upload),
            ..self.clone()
        }
    }

    /// Admits one PUT, in time, by whoever has the URL.
    pub(crate) fn admit(&self, token: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        if Uuid::try_parse(token).ok() != Some(self.token) {
            return Err(Refusal::Denied("The upload URL is not valid."));
        }
        if now >= self.expires_at {
            return Err(Refusal::Denied("The upload URL has expired."));
        }
        if self.upload.is_some() {
            return Err(Refusal::Denied("The upload URL has been used."));
        }
        Ok(())
    }
}

/// The uploaded file that a field names: one of this customer, for this purpose, of a type that the rail takes.
pub(crate) fn uploaded(
    state: &State,
    customer: &Customer,
    purpose: Purpose,
    field: &str,
    id: Option<Uuid>,
) -> Result<(Uuid, Format), Refusal> {
    let file = id.and_then(|id| state.files.get(id));
    let upload = file
        .filter(|file| file.customer_id == customer.id && file.purpose == purpose)
        .and_then(|file| Some((file.id, file.upload.as_ref()?)));
    let Some((id, upload)) = upload else {
        return Err(Refusal::Invalid(Problems::unknown(field)));
    };
    let format = upload.format.ok_or_else(|| {
        let complaint = "The file must be a PDF, JPEG or PNG.";
        Refusal::Invalid(Problems::one(field, complaint))
    })?;
    Ok((id, format))
}
