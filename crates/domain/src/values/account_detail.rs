//! What a bank says of an account.

use super::{
    Rejected,
    text::{is_free_text, text_value, trimmed},
};

/// The longest detail in characters.
const LONGEST_DETAIL: usize = 255;

text_value! {
    /// One detail of a bank account as the rail gave it, such as its number or its name: 1 to 255 characters.
    AccountDetail, read by expose, stored as is_detail
}

impl AccountDetail {
    /// Takes a detail, spaces around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text, and for control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let text = trimmed(text);
        if !is_detail(text) {
            return Err(Rejected(
                "must be 1 to 255 characters without control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_detail(text: &str) -> bool {
    is_free_text(text, LONGEST_DETAIL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_trimmed_and_hold_no_control_characters() {
        for (text, expected) in [
            (" 12345678 ", Some("12345678")),
            ("Ada Obi", Some("Ada Obi")),
            ("", None),
            ("  ", None),
            ("1\n2", None),
        ] {
            let parsed = AccountDetail::parse(text).ok();
            assert_eq!(parsed.as_ref().map(AccountDetail::expose), expected);
        }
        assert!(AccountDetail::parse(&"1".repeat(255)).is_ok());
        assert!(AccountDetail::parse(&"1".repeat(256)).is_err());
    }
}
