//! Currencies by their codes.

use super::{
    Rejected,
    text::{is_longer, text_value},
};

text_value! {
    /// The code of a currency, such as `USDC`: 2 to 10 characters, case-sensitive. Which of them are traded is the
    /// liquidity provider's to say.
    CurrencyCode, read by as_str, stored as is_code
}

impl CurrencyCode {
    /// Reads a code, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for another length and for control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_code(text) {
            return Err(Rejected("must be 2 to 10 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_code(text: &str) -> bool {
    text.chars().nth(1).is_some() && !is_longer(text, 10) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_2_to_10_characters() {
        for (text, expected) in [
            ("USDC", true),
            ("U$", true),
            ("éé", true),
            ("1234567890", true),
            ("12345678901", false),
            ("U", false),
            ("", false),
            ("US\0", false),
        ] {
            assert_eq!(CurrencyCode::parse(text).is_ok(), expected, "{text:?}");
        }
    }
}
