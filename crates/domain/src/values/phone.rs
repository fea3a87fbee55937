//! Phone numbers.

use super::{
    Rejected, Standards,
    pattern::matches,
    text::{code, text_value, without},
};

/// ITU-T E.164, section 6: a country code that does not start with 0, at most fifteen digits.
const INTERNATIONAL: &str = "[+][1-9][0-9]{6,14}";
/// Numbers with the zero of the national notation left in: `+44 (0)20…`, `+234 080…`.
const WITH_TRUNK_ZERO: [&str; 2] = ["+440", "+2340"];

text_value! {
    /// A phone number of any country in E.164 notation: `+` and 7 to 15 digits.
    Phone, read by expose, stored as |text| matches(INTERNATIONAL, text)
}

impl Phone {
    /// Reads an international number, grouped or not by spaces, dots, hyphens and round brackets.
    ///
    /// # Errors
    /// [`Rejected`] for national notation, and for numbers that their country's numbering plan has no room for. Whether
    /// the line exists, and of what kind it is, is not judged.
    pub fn parse(text: &str, standards: &dyn Standards) -> Result<Self, Rejected> {
        let number = without(&code(text)?, " ().-");
        if !matches(INTERNATIONAL, &number) {
            return Err(Rejected(
                "must be an international phone number: + and 7 to 15 digits",
            ));
        }
        let has_trunk_zero = WITH_TRUNK_ZERO.iter().any(|zero| number.starts_with(zero));
        if has_trunk_zero || !standards.is_possible_phone(&number) {
            return Err(Rejected(
                "must be a possible number of its country, without the national 0",
            ));
        }
        Ok(Self(number))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::{FakeStandards, TRAPS};

    fn parse(text: &str) -> Result<Phone, Rejected> {
        Phone::parse(text, &FakeStandards)
    }

    #[test]
    fn every_grouping_means_the_same_number() {
        for text in [
            "+14165550123",
            " +1 416 555 0123 ",
            "+1 (416) 555-0123",
            "+1.416.555.0123",
            "+1-416-555-0123",
            "(+1)4165550123",
        ] {
            assert_eq!(parse(text).unwrap().expose(), "+14165550123", "{text}");
        }
    }

    #[test]
    fn numbers_of_every_country_are_taken() {
        for text in [
            "+2348031234567",
            "+442079460000",
            "+4930123456",
            "+861065529988",
        ] {
            assert_eq!(parse(text).unwrap().expose(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "4165550123",
            "0014165550123",
            "+04165550123",
            "++14165550123",
            "+1416555O123",
            "+1416/5550123",
            "+14165550123x9",
            "+1\u{a0}4165550123",
            "+١٤١٦٥٥٥٠١٢٣",
            "+14165550123\n",
            "+123456",
            "+1234567890123456",
            "+44 (0) 20 7946 0000",
            "+4402079460000",
            "+23408031234567",
            // Not possible by the numbering plan.
            "+99912345678",
            "+1234567",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        for text in TRAPS {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&format!("+1{}", " ".repeat(100_000))).is_err());
    }

    #[test]
    fn nothing_else_is_restored() {
        for text in ["", "14165550123", "+1 4165550123", "+14165550123\0"] {
            assert!(Phone::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
