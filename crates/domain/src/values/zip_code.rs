//! Postal codes.

use super::{
    Country, Rejected,
    pattern::{matches, matches_any},
    text::{code, text_value, without},
};

/// `A1A 1A1`; Canada Post, *Addressing Guidelines*: D, F, I, O, Q, U nowhere, W and Z not first.
const CANADA: &str = "[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]";
/// Royal Mail's *Programmers' Guide* to the Postcode Address File, and the one postcode outside its system.
const UNITED_KINGDOM: &[&str] = &[
    "[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}",
    "GIR ?0AA",
];
/// Numbers of British forces post offices, "care of" included.
const BRITISH_FORCES: &[&str] = &["BFPO [0-9]{1,4}", "BFPO C/O [0-9]{1,4}"];
/// ZIP, or ZIP+4.
const UNITED_STATES: &[&str] = &["[0-9]{5}", "[0-9]{5}[- ]?[0-9]{4}"];
/// The Nigerian Postal Service's code.
const NIGERIA: &str = "[0-9]{6}";

text_value! {
    /// A postal code as its country's post writes it.
    ZipCode, read by expose, stored as |text| matches("[0-9A-Z][0-9A-Z /-]{4,15}", text)
}

impl ZipCode {
    /// Reads a postal code of the country and writes it as its post does: `A1A 1A1`, `SW1A 1AA`, `12345-6789`.
    ///
    /// # Errors
    /// [`Rejected`] for what is not shaped like one. Whether it exists is not judged.
    pub fn parse(text: &str, country: Country) -> Result<Self, Rejected> {
        let text = code(text)?;
        match country {
            Country::Nigeria if matches(NIGERIA, &text) => Ok(Self(text)),
            Country::Canada if matches(CANADA, &text) => Ok(Self(split_before_last(3, ' ', &text))),
            Country::UnitedKingdom if matches_any(BRITISH_FORCES, &text) => Ok(Self(text)),
            Country::UnitedKingdom if matches_any(UNITED_KINGDOM, &text) => {
                Ok(Self(split_before_last(3, ' ', &text)))
            }
            Country::UnitedStates if matches_any(UNITED_STATES, &text) => Ok(Self(zip(text))),
            _ => Err(Rejected("must be a postal code of the country")),
        }
    }
}

fn zip(text: String) -> String {
    if text.len() == 5 {
        return text;
    }
    split_before_last(4, '-', &text)
}

/// Puts the separator before the last `length` characters of a code, and nowhere else.
fn split_before_last(length: usize, separator: char, code: &str) -> String {
    let code = without(code, " -");
    let (head, tail) = code.split_at(code.len() - length);
    format!("{head}{separator}{tail}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::TRAPS;
    use Country::{Canada, Nigeria, UnitedKingdom, UnitedStates};

    #[test]
    fn codes_are_written_as_the_post_does() {
        for (country, text, expected) in [
            (Nigeria, "100001", "100001"),
            (Nigeria, " 900108 ", "900108"),
            (Canada, "K1A 0B1", "K1A 0B1"),
            (Canada, "k1a0b1", "K1A 0B1"),
            (Canada, "K1A-0B1", "K1A 0B1"),
            (Canada, "X0A0W0", "X0A 0W0"),
            (Canada, "A1Z 1Z1", "A1Z 1Z1"),
            (UnitedStates, "12345", "12345"),
            (UnitedStates, "00501", "00501"),
            (UnitedStates, "12345-6789", "12345-6789"),
            (UnitedStates, "12345 6789", "12345-6789"),
            (UnitedStates, "123456789", "12345-6789"),
            (UnitedKingdom, "M1 1AE", "M1 1AE"),
            (UnitedKingdom, "m11ae", "M1 1AE"),
            (UnitedKingdom, "B33 8TH", "B33 8TH"),
            (UnitedKingdom, "CR2 6XH", "CR2 6XH"),
            (UnitedKingdom, "DN551PT", "DN55 1PT"),
            (UnitedKingdom, "W1A 0AX", "W1A 0AX"),
            (UnitedKingdom, "ec1a1bb", "EC1A 1BB"),
            (UnitedKingdom, "GIR 0AA", "GIR 0AA"),
            (UnitedKingdom, "gir0aa", "GIR 0AA"),
            (UnitedKingdom, "BFPO 1", "BFPO 1"),
            (UnitedKingdom, "BFPO 1234", "BFPO 1234"),
            (UnitedKingdom, "BFPO c/o 12", "BFPO C/O 12"),
            (UnitedKingdom, "BF1 3AA", "BF1 3AA"),
        ] {
            let zip_code = ZipCode::parse(text, country);
            assert_eq!(zip_code.unwrap().expose(), expected, "{country:?} {text}");
        }
    }

    #[test]
    fn other_codes_are_refused() {
        for (country, text) in [
            (Nigeria, "10001"),
            (Nigeria, "1000011"),
            (Nigeria, "100 001"),
            (Canada, "K1A  0B1"),
            (Canada, "K1A/0B1"),
            (Canada, "D1A 0B1"),
            (Canada, "W1A 0B1"),
            (Canada, "Z1A 0B1"),
            (Canada, "K1O 0B1"),
            (Canada, "K1A 0U1"),
            (Canada, "K1A 0B"),
            (Canada, "1K1 A0B"),
            (UnitedStates, "1234"),
            (UnitedStates, "123456"),
            (UnitedStates, "12345-"),
            (UnitedStates, "12345-678"),
            (UnitedStates, "12345--6789"),
            (UnitedKingdom, "Q1 1AE"),
            (UnitedKingdom, "MI1 1AE"),
            (UnitedKingdom, "M1 1AC"),
            (UnitedKingdom, "M1 AAE"),
            (UnitedKingdom, "M1  1AE"),
            (UnitedKingdom, "M1-1AE"),
            (UnitedKingdom, "M 11AE"),
            (UnitedKingdom, "M1"),
            (UnitedKingdom, "BFPO 12345"),
            (UnitedKingdom, "BFPO"),
            (UnitedKingdom, "BFPO c/o"),
            (UnitedKingdom, "GIR 0AB"),
        ] {
            assert!(ZipCode::parse(text, country).is_err(), "{country:?} {text}");
        }
    }

    #[test]
    fn each_country_refuses_the_codes_of_the_others() {
        let codes = [
            (Nigeria, "100001"),
            (Canada, "K1A 0B1"),
            (UnitedKingdom, "M1 1AE"),
            (UnitedStates, "12345"),
        ];
        for country in Country::ALL {
            for (home, code) in codes {
                assert_eq!(
                    ZipCode::parse(code, country).is_ok(),
                    home == country,
                    "{country:?} {code}"
                );
            }
            for text in TRAPS {
                assert!(
                    ZipCode::parse(text, country).is_err(),
                    "{country:?} {text:?}"
                );
            }
            assert!(ZipCode::parse(&"1".repeat(100_000), country).is_err());
        }
    }

    #[test]
    fn nothing_else_is_restored() {
        for text in [
            "",
            "1234",
            " 12345",
            "k1a 0b1",
            "12345\0",
            "12345678901234567",
        ] {
            assert!(ZipCode::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
