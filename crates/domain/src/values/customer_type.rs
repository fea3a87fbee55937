//! Person or business.

use super::Rejected;

/// Whether a customer is a person or a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustomerType {
    /// A natural person.
    Individual,
    /// An incorporated business.
    Business,
}

impl CustomerType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Individual, Self::Business];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Business => "business",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|customer_type| customer_type.as_str() == text)
            .ok_or(Rejected("must be individual or business"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_nothing_else_does() {
        for customer_type in CustomerType::ALL {
            assert_eq!(
                CustomerType::parse(customer_type.as_str()),
                Ok(customer_type)
            );
        }
        for text in ["", "Individual", "individual ", "company"] {
            assert!(CustomerType::parse(text).is_err(), "{text:?}");
        }
    }
}
