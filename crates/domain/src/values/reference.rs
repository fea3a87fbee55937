//! An organisation's own name for a customer.

use super::{
    Rejected,
    text::{is_longer, text_value},
};

/// The longest reference in characters.
const LONGEST_REFERENCE: usize = 128;
/// What every customer id starts with; a reference that did would be taken for one.
const ID_PREFIX: &str = "ckcust_";

text_value! {
    /// An organisation's own name for a customer: 1 to 128 characters, case-sensitive, unique per tenant for ever.
    CustomerReference, read by as_str, stored as is_reference
}

impl CustomerReference {
    /// Takes a reference byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text, control characters, white space at either end, `.` and `..` (which
    /// cannot stand in a path), and whatever starts like a customer id.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_reference(text) {
            return Err(Rejected(
                "must be 1 to 128 characters without control characters or outer white space, not . or .., and not start with ckcust_",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_reference(text: &str) -> bool {
    !text.is_empty()
        && !is_longer(text, LONGEST_REFERENCE)
        && text.trim() == text
        && !text.contains(char::is_control)
        && !matches!(text, "." | "..")
        && !text.starts_with(ID_PREFIX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn references_are_kept_byte_for_byte() {
        for text in [
            "pouch-user-12345",
            "a",
            "A",
            "...",
            "a/b%2F+c",
            "two words",
            "e\u{301}",
            "é",
            "用户",
            "CKCUST_1",
            "ckcust",
            "x-ckcust_1",
            "a\u{a0}b",
        ] {
            assert_eq!(CustomerReference::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            ".",
            "..",
            " a",
            "a ",
            "\u{a0}a",
            "a\u{2003}",
            "a\u{3000}",
            "a\n",
            "a\0b",
            "a\tb",
            "a\u{7f}b",
            "a\u{9f}b",
            "ckcust_",
            "ckcust_01h455vb4pex5vsknk084sn02q",
        ] {
            assert!(CustomerReference::parse(text).is_err(), "{text:?}");
            assert!(
                CustomerReference::restore(text.to_owned()).is_err(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn references_have_at_most_128_characters() {
        assert!(CustomerReference::parse(&"é".repeat(128)).is_ok());
        assert!(CustomerReference::parse(&"é".repeat(129)).is_err());
        assert!(CustomerReference::parse(&"a".repeat(100_000)).is_err());
    }
}
