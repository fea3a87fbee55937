//! Names of people and businesses.

use super::{
    Rejected, Standards,
    text::{is_free_text, is_longer, text_value, trimmed},
};

/// The longest name in characters.
const LONGEST_NAME: usize = 100;

text_value! {
    /// A person's given or family names, or a business's registered name: 1 to 100 characters of any script, at least one
    /// of them a letter.
    Name, read by as_str, stored as is_name
}

impl Name {
    /// Reads a name: composed (NFC), spaces around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for a longer text, one without a letter, and control or private-use characters.
    pub fn parse(text: &str, standards: &dyn Standards) -> Result<Self, Rejected> {
        let text = standards.nfc(text);
        if is_longer(&text, LONGEST_NAME) {
            return Err(Rejected("must be at most 100 characters"));
        }
        let text = trimmed(&text);
        if !is_name(text) {
            return Err(Rejected(
                "must contain a letter, and no control or private-use characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_name(text: &str) -> bool {
    is_free_text(text, LONGEST_NAME)
        && text.contains(char::is_alphabetic)
        && !text.contains(is_private_use)
}

/// The Unicode Standard, section 23.5: the area in the first plane, and planes 15 and 16.
fn is_private_use(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::FakeStandards;

    fn parse(text: &str) -> Result<Name, Rejected> {
        Name::parse(text, &FakeStandards)
    }

    #[test]
    fn names_of_every_script_are_kept() {
        for text in [
            "Ada",
            "O'Neil",
            "O’Neil",
            "Jean-Luc",
            "J. R.",
            "李",
            "Олена",
            "محمد",
            "க\u{bcd}ஷ",
            "می\u{200c}خواهم",
            "Louis 14",
            "7-Eleven Ltd.",
            "Ünal & Söhne (Holding)",
            "N",
        ] {
            assert_eq!(parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn names_are_composed_and_trimmed() {
        assert_eq!(parse("  Rene\u{301} ").unwrap().as_str(), "René");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            "123",
            "²",
            "-",
            ".",
            "🙂",
            "A\0",
            "A\n",
            "A\tB",
            "A\u{7f}",
            "A\u{85}B",
            "A\u{e000}",
            "A\u{f8ff}",
            "A\u{f0000}",
            "A\u{10fffd}",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
            assert!(Name::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_have_at_most_100_characters() {
        assert!(parse(&"é".repeat(100)).is_ok());
        assert!(parse(&"e\u{301}".repeat(100)).is_ok());
        assert!(parse(&"é".repeat(101)).is_err());
        assert!(parse(&format!("{} ", "é".repeat(99))).is_ok());
        assert!(parse(&format!("{} ", "é".repeat(100))).is_err());
        assert!(parse(&"A".repeat(100_000)).is_err());
        assert!(Name::restore("A".repeat(101)).is_err());
    }
}
