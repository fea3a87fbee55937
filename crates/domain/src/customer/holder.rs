//! Whom money belongs to, as swaps and payment routes say it.

use crate::{
    id::{CustomerId, NotAnId},
    values::{DisplayName, Rejected},
};

/// The customer that a swap or a payment route belongs to, as it is shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The customer.
    pub id: CustomerId,
    /// Its present name.
    pub name: DisplayName,
}

/// Whom a caller wants a swap or a payment route to belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderChoice {
    /// Nobody was named: the organisation's primary customer.
    Primary,
    /// This customer.
    Customer(CustomerId),
    /// The text given can name no customer.
    Nobody,
}

impl HolderChoice {
    /// Reads a `customerId` of a request. Whether it names anybody is not this function's to judge.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        CustomerId::parse_hyphenated(text).map_or(Self::Nobody, Self::Customer)
    }
}

/// Whose rows a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderFilter {
    /// Everybody's.
    All,
    /// One customer's: none, if it is another tenant's.
    Customer(CustomerId),
    /// A UUID that is nobody's.
    Nobody,
}

impl HolderFilter {
    /// Reads the `customerId` of a list.
    ///
    /// # Errors
    /// [`Rejected`] for a text that is no hyphenated UUID of any version.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        match CustomerId::parse_hyphenated(text) {
            Ok(id) => Ok(Self::Customer(id)),
            Err(NotAnId) if is_hyphenated_uuid(text) => Ok(Self::Nobody),
            Err(NotAnId) => Err(Rejected("must be a UUID")),
        }
    }
}

fn is_hyphenated_uuid(text: &str) -> bool {
    text.len() == uuid::fmt::Hyphenated::LENGTH && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    const OURS: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    const OTHER_VERSION: &str = "01890a5d-ac96-474b-bcce-b302099a8057";

    #[test]
    fn a_choice_names_a_customer_or_nobody() {
        let id = CustomerId::parse_hyphenated(OURS).unwrap();
        assert_eq!(HolderChoice::parse(OURS), HolderChoice::Customer(id));
        for text in ["", "x", OTHER_VERSION, "01890a5dac96774bbcceb302099a8057"] {
            assert_eq!(HolderChoice::parse(text), HolderChoice::Nobody, "{text}");
        }
    }

    #[test]
    fn a_filter_is_a_uuid() {
        let id = CustomerId::parse_hyphenated(OURS).unwrap();
        assert_eq!(HolderFilter::parse(OURS), Ok(HolderFilter::Customer(id)));
        assert_eq!(HolderFilter::parse(OTHER_VERSION), Ok(HolderFilter::Nobody));
        for text in ["", "x", "01890a5dac96774bbcceb302099a8057"] {
            assert!(HolderFilter::parse(text).is_err(), "{text}");
        }
    }
}
