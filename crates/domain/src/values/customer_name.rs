//! Names of customers that the Treasury API made.

use super::{
    Rejected,
    text::{is_longer, text_value},
};

/// The least and the most characters of a name.
const SHORTEST: usize = 2;
const LONGEST: usize = 120;

text_value! {
    /// What a customer made by the Treasury API is called: 2 to 120 characters of any script, one word or several.
    CustomerName, read by as_str, stored as is_customer_name
}

impl CustomerName {
    /// Reads a name, white space around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for a shorter or a longer text, and for control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let text = text.trim();
        if !is_longer(text, SHORTEST - 1) || is_longer(text, LONGEST) {
            return Err(Rejected("must be 2 to 120 characters"));
        }
        if text.contains(char::is_control) {
            return Err(Rejected("must not contain control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_customer_name(text: &str) -> bool {
    CustomerName::parse(text).is_ok_and(|name| name.as_str() == text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn names_are_trimmed() {
        for (text, expected) in [
            ("Al", "Al"),
            (" \t\u{a0}Acme Trading\n ", "Acme Trading"),
            ("李四", "李四"),
            ("42", "42"),
        ] {
            let name = CustomerName::parse(text).unwrap();
            assert_eq!(name.as_str(), expected);
            assert_eq!(CustomerName::restore(expected.to_owned()), Ok(name));
        }
    }

    #[test]
    fn lengths_are_counted_in_characters_after_trimming() {
        for (text, expected) in [
            (String::new(), false),
            ("   ".to_owned(), false),
            (" a ".to_owned(), false),
            ("é".repeat(120), true),
            (format!(" {} ", "😀".repeat(120)), true),
            ("é".repeat(121), false),
            ("a\0b".to_owned(), false),
            ("a\u{85}b".to_owned(), false),
        ] {
            assert_eq!(CustomerName::parse(&text).is_ok(), expected, "{text:?}");
        }
        assert!(CustomerName::restore(" Al".to_owned()).is_err());
    }
}
