//! An organisation's own name for a payout.

use super::{
    Rejected,
    text::{is_longer, text_value},
};

/// The longest reference in characters.
const LONGEST_REFERENCE: usize = 128;

text_value! {
    /// An organisation's own name for a payout: 1 to 128 characters, case-sensitive, unique per tenant for ever.
    MerchantReference, read by as_str, stored as is_reference
}

impl MerchantReference {
    /// Takes a reference byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text, control characters, and white space at either end.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_reference(text) {
            return Err(Rejected(
                "must be 1 to 128 characters without control characters or outer white space",
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_kept_byte_for_byte() {
        for (text, expected) in [
            ("invoice-1", true),
            ("ckpo_1", true),
            ("Größe/7%", true),
            ("", false),
            (" a", false),
            ("a\u{a0}", false),
            ("a\nb", false),
            ("a\0", false),
        ] {
            let parsed = MerchantReference::parse(text).ok();
            let read = parsed.as_ref().map(MerchantReference::as_str);
            assert_eq!(read, expected.then_some(text), "{text:?}");
        }
        assert!(MerchantReference::parse(&"é".repeat(128)).is_ok());
        assert!(MerchantReference::parse(&"é".repeat(129)).is_err());
    }
}
