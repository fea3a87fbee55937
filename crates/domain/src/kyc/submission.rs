//! Submissions: every time that a customer is handed to the rail's reviewers.

use super::{FileCategory, Slot};
use crate::{
    customer::{Rejection, Status},
    id::{CustomerId, KycSubmissionId},
    values::{CustomerType, Rejected},
};

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubmissionStatus {
    /// It is on its way to the rail.
    Submitted,
    /// The rail has it.
    InReview,
    /// The rail verified the customer.
    Approved,
    /// The rail rejected the customer.
    Rejected,
    /// It ended without a decision that stands: the rail did not take it, or took its decision back, or the customer was
    /// closed.
    Incomplete,
}

impl SubmissionStatus {
    /// All, in the order of a submission's life.
    pub const ALL: [Self; 5] = [
        Self::Submitted,
        Self::InReview,
        Self::Approved,
        Self::Rejected,
        Self::Incomplete,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Incomplete => "incomplete",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`](crate::values::Rejected) for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(Rejected("must be the status of a submission"))
    }
}

/// What a submission lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gap {
    /// A file of this category, or a better one.
    File(FileCategory),
    /// Who owns the business.
    Owners,
    /// Something in the customer's data, which the rail names in no way that is known here.
    Details,
}

impl Gap {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::File(FileCategory::IdDocument),
        Self::File(FileCategory::IdDocumentBack),
        Self::File(FileCategory::ProofOfAddress),
        Self::File(FileCategory::LivenessCheck),
        Self::File(FileCategory::IncorporationDocument),
        Self::Owners,
        Self::Details,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File(category) => category.as_str(),
            Self::Owners => "owners",
            Self::Details => "details",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`](crate::values::Rejected) for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|gap| gap.as_str() == text)
            .ok_or(Rejected("must be what a submission lacks"))
    }

    /// The gap that the rail names in the message with which it does not take a submission. It has no codes, so this goes
    /// by words of it (fact sheet, section 7); the message itself goes no further.
    #[must_use]
    pub fn of_message(message: &str) -> Self {
        const WORDS: [(&str, Gap); 5] = [
            ("id_file_back", Gap::File(FileCategory::IdDocumentBack)),
            ("id_file", Gap::File(FileCategory::IdDocument)),
            (
                "formation document",
                Gap::File(FileCategory::IncorporationDocument),
            ),
            ("owner", Gap::Owners),
            ("share", Gap::Owners),
        ];
        let message = message.to_ascii_lowercase();
        WORDS
            .into_iter()
            .find(|(word, _)| message.contains(word))
            .map_or(Self::Details, |(_, gap)| gap)
    }
}

/// A submission, as its customer's organisation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its id, which also tells when it was made.
    pub id: KycSubmissionId,
    /// Who was handed over.
    pub customer: CustomerId,
    /// Where it stands. The newest of a customer follows the customer's status.
    pub status: SubmissionStatus,
    /// What it lacks, when it ended incomplete.
    pub missing: Vec<Gap>,
    /// Why the rail rejected the customer, when it did and the reason is known.
    pub rejection: Option<Rejection>,
    /// Person or business.
    pub customer_type: CustomerType,
}

/// By what it is judged whether a customer may be submitted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionBasis {
    /// The customer's status.
    pub status: Status,
    /// Person or business.
    pub customer_type: CustomerType,
    /// The files in its slots.
    pub slots: Vec<Slot>,
    /// Whether a submission of it is on its way or in review.
    pub is_open: bool,
    /// Why the customer is rejected, when it is and the reason is known.
    pub rejection: Option<Rejection>,
}

/// Why a customer may not be submitted now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionRefused {
    /// It is verified.
    #[error("the customer is verified")]
    Verified,
    /// It is closed.
    #[error("the customer is closed")]
    Closed,
    /// An earlier submission has not ended.
    #[error("an earlier submission has not ended")]
    InReview,
    /// The rail's rejection is final.
    #[error("the rejection is final")]
    FinallyRejected,
    /// Files are missing.
    #[error("files are missing")]
    Missing(Vec<FileCategory>),
}

impl SubmissionBasis {
    /// Whether the customer may be submitted now: the Remittance contract, section 8.
    ///
    /// # Errors
    /// See [`SubmissionRefused`].
    pub fn judge(&self) -> Result<(), SubmissionRefused> {
        match self.status {
            Status::Verified => return Err(SubmissionRefused::Verified),
            Status::Closed => return Err(SubmissionRefused::Closed),
            Status::Pending | Status::Rejected if self.is_open => {
                return Err(SubmissionRefused::InReview);
            }
            Status::Pending | Status::Rejected => {}
        }
        if self.status == Status::Rejected
            && self.rejection.is_some_and(|why| !why.allows_resubmission())
        {
            return Err(SubmissionRefused::FinallyRejected);
        }
        match missing(self.customer_type, &self.slots) {
            missing if missing.is_empty() => Ok(()),
            missing => Err(SubmissionRefused::Missing(missing)),
        }
    }
}

/// What Vouch itself knows to be missing before a customer of this type can be reviewed.
#[must_use]
pub fn missing(customer_type: CustomerType, slots: &[Slot]) -> Vec<FileCategory> {
    let required = FileCategory::required(customer_type);
    match slots.iter().any(|slot| slot.category == required) {
        true => Vec::new(),
        false => vec![required],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::id::FileId;

    fn slot(category: FileCategory) -> Slot {
        let uuid = uuid::Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        Slot {
            category,
            file: FileId::from_uuid(uuid).unwrap(),
        }
    }

    fn basis(status: Status) -> SubmissionBasis {
        SubmissionBasis {
            status,
            customer_type: CustomerType::Individual,
            slots: vec![slot(FileCategory::IdDocument)],
            is_open: false,
            rejection: None,
        }
    }

    #[test]
    fn words_read_back() {
        for status in SubmissionStatus::ALL {
            assert_eq!(SubmissionStatus::parse(status.as_str()), Ok(status));
        }
        for gap in Gap::ALL {
            assert_eq!(Gap::parse(gap.as_str()), Ok(gap));
        }
        assert!(SubmissionStatus::parse("open").is_err());
        assert!(Gap::parse("everything").is_err());
    }

    #[test]
    fn only_who_waits_or_was_rejected_is_submitted() {
        for (status, expected) in [
            (Status::Pending, Ok(())),
            (Status::Rejected, Ok(())),
            (Status::Verified, Err(SubmissionRefused::Verified)),
            (Status::Closed, Err(SubmissionRefused::Closed)),
        ] {
            assert_eq!(basis(status).judge(), expected, "{status:?}");
        }
    }

    #[test]
    fn one_submission_at_a_time_and_none_after_a_final_rejection() {
        for status in [Status::Pending, Status::Rejected] {
            let open = SubmissionBasis {
                is_open: true,
                ..basis(status)
            };
            assert_eq!(open.judge(), Err(SubmissionRefused::InReview));
        }
        for rejection in Rejection::ALL {
            let of = |status| SubmissionBasis {
                rejection: Some(rejection),
                ..basis(status)
            };
            let expected = match rejection.allows_resubmission() {
                true => Ok(()),
                false => Err(SubmissionRefused::FinallyRejected),
            };
            assert_eq!(of(Status::Rejected).judge(), expected, "{rejection:?}");
            // The rail itself may have taken it back.
            assert_eq!(of(Status::Pending).judge(), Ok(()));
        }
    }

    #[test]
    fn each_type_of_customer_needs_its_document() {
        use FileCategory::{IdDocument, IncorporationDocument, ProofOfAddress};
        for (customer_type, slots, expected) in [
            (CustomerType::Individual, vec![], vec![IdDocument]),
            (
                CustomerType::Individual,
                vec![slot(ProofOfAddress)],
                vec![IdDocument],
            ),
            (
                CustomerType::Individual,
                vec![slot(ProofOfAddress), slot(IdDocument)],
                vec![],
            ),
            (CustomerType::Business, vec![], vec![IncorporationDocument]),
            (
                CustomerType::Business,
                vec![slot(IncorporationDocument)],
                vec![],
            ),
        ] {
            assert_eq!(missing(customer_type, &slots), expected);
        }
    }

    #[test]
    fn the_gap_is_told_by_words_of_the_rail() {
        for (message, expected) in [
            (
                "Cannot verify individual customer: id_file is required.",
                Gap::File(FileCategory::IdDocument),
            ),
            (
                "Cannot verify business customer: at least one formation document is required.",
                Gap::File(FileCategory::IncorporationDocument),
            ),
            (
                "Cannot verify business customer: at least one OWNER is required.",
                Gap::Owners,
            ),
            (
                "ownership_percentage of all owners must sum to 100%",
                Gap::Owners,
            ),
            (
                "Cannot verify business customer: something new",
                Gap::Details,
            ),
            ("", Gap::Details),
        ] {
            assert_eq!(Gap::of_message(message), expected, "{message}");
        }
    }
}
