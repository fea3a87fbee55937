//! What a file shows.

use crate::values::{CustomerType, Rejected};

/// What a file shows, and with that the slot that it can be attached to: both have one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileCategory {
    /// The identity document of a person, or its front.
    IdDocument,
    /// The back of that document.
    IdDocumentBack,
    /// Where a person lives.
    ProofOfAddress,
    /// A picture of the person.
    LivenessCheck,
    /// That a business was founded.
    IncorporationDocument,
}

impl FileCategory {
    /// All, in the order of the Remittance contract, section 8.
    pub const ALL: [Self; 5] = [
        Self::IdDocument,
        Self::IdDocumentBack,
        Self::ProofOfAddress,
        Self::LivenessCheck,
        Self::IncorporationDocument,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdDocument => "id_document",
            Self::IdDocumentBack => "id_document_back",
            Self::ProofOfAddress => "proof_of_address",
            Self::LivenessCheck => "liveness_check",
            Self::IncorporationDocument => "incorporation_document",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or(Rejected(
                "must be one of id_document, id_document_back, proof_of_address, liveness_check, incorporation_document",
            ))
    }

    /// Whose files show this.
    #[must_use]
    pub fn customer_type(self) -> CustomerType {
        match self {
            Self::IdDocument
            | Self::IdDocumentBack
            | Self::ProofOfAddress
            | Self::LivenessCheck => CustomerType::Individual,
            Self::IncorporationDocument => CustomerType::Business,
        }
    }

    /// What nobody of this type is reviewed without. At the rail it is what starts the review of a person.
    #[must_use]
    pub fn required(customer_type: CustomerType) -> Self {
        match customer_type {
            CustomerType::Individual => Self::IdDocument,
            CustomerType::Business => Self::IncorporationDocument,
        }
    }

    /// This category, if files of it are asked of customers of this type.
    ///
    /// # Errors
    /// [`Rejected`] if they are asked of the others.
    pub fn of(self, customer_type: CustomerType) -> Result<Self, Rejected> {
        match (self.customer_type() == customer_type, customer_type) {
            (true, _) => Ok(self),
            (false, CustomerType::Individual) => Err(Rejected("is for businesses only")),
            (false, CustomerType::Business) => Err(Rejected("is for individuals only")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for category in FileCategory::ALL {
            assert_eq!(FileCategory::parse(category.as_str()), Ok(category));
        }
        for word in ["", "ID_DOCUMENT", "identity"] {
            assert!(FileCategory::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn each_category_is_for_one_type_of_customer() {
        for category in FileCategory::ALL {
            for customer_type in [CustomerType::Individual, CustomerType::Business] {
                let is_theirs = category.customer_type() == customer_type;
                assert_eq!(category.of(customer_type).is_ok(), is_theirs);
            }
        }
        for customer_type in [CustomerType::Individual, CustomerType::Business] {
            let required = FileCategory::required(customer_type);
            assert_eq!(required.customer_type(), customer_type);
        }
    }
}
