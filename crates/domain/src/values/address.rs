//! Street, city and state.

use super::{
    Country, Rejected, Standards,
    text::{code, is_free_text, is_longer, text_value, trimmed},
};

/// The longest street in characters.
const LONGEST_STREET: usize = 200;
/// The longest city, and the longest state where it is free text, in characters.
const LONGEST_PLACE: usize = 64;

text_value! {
    /// Street and number: 1 to 200 characters.
    Street, read by expose, stored as |text| is_free_text(text, LONGEST_STREET)
}

impl Street {
    /// Reads a street: composed (NFC), spaces around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text, and control characters.
    pub fn parse(text: &str, standards: &dyn Standards) -> Result<Self, Rejected> {
        free_text(
            text,
            LONGEST_STREET,
            "must be 1 to 200 characters, none of them a control character",
            standards,
        )
        .map(Self)
    }
}

text_value! {
    /// City: 1 to 64 characters.
    City, read by expose, stored as |text| is_free_text(text, LONGEST_PLACE)
}

impl City {
    /// Reads a city: composed (NFC), spaces around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text, and control characters.
    pub fn parse(text: &str, standards: &dyn Standards) -> Result<Self, Rejected> {
        place(text, standards).map(Self)
    }
}

text_value! {
    /// State or province: in Canada and the United States its postal abbreviation, elsewhere 1 to 64 characters.
    State, read by expose, stored as |text| is_free_text(text, LONGEST_PLACE)
}

impl State {
    /// Reads a state of the country. For Canada and the United States the ISO 3166-2 notation (`CA-ON`) means its last
    /// part.
    ///
    /// # Errors
    /// [`Rejected`] for an abbreviation that the country's post does not know; elsewhere as for [`City::parse`].
    pub fn parse(
        text: &str,
        country: Country,
        standards: &dyn Standards,
    ) -> Result<Self, Rejected> {
        match country {
            Country::Nigeria | Country::UnitedKingdom => place(text, standards),
            Country::Canada => abbreviation(text, "CA-", CANADA),
            Country::UnitedStates => abbreviation(text, "US-", UNITED_STATES),
        }
        .map(Self)
    }
}

/// Canada Post's abbreviations of the ten provinces and three territories.
const CANADA: &[&str] = &[
    "AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT",
];

/// USPS Publication 28, appendix B: the states and the District of Columbia, the territories, and the three "states" of
/// the armed forces; and UM, the Minor Outlying Islands, of ISO 3166-2.
#[rustfmt::skip]
const UNITED_STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND",
    "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
    "DC",
    "AS", "GU", "MP", "PR", "UM", "VI",
    "AA", "AE", "AP",
];

fn abbreviation(text: &str, prefix: &str, known: &[&str]) -> Result<String, Rejected> {
    let text = code(text)?;
    let state = text.strip_prefix(prefix).unwrap_or(&text);
    if !known.contains(&state) {
        return Err(Rejected(
            "must be the postal abbreviation of a state, province or territory of the country",
        ));
    }
    Ok(state.to_owned())
}

fn place(text: &str, standards: &dyn Standards) -> Result<String, Rejected> {
    free_text(
        text,
        LONGEST_PLACE,
        "must be 1 to 64 characters, none of them a control character",
        standards,
    )
}

fn free_text(
    text: &str,
    most: usize,
    rule: &'static str,
    standards: &dyn Standards,
) -> Result<String, Rejected> {
    let text = standards.nfc(text);
    let trimmed = trimmed(&text);
    if is_longer(&text, most) || !is_free_text(trimmed, most) {
        return Err(Rejected(rule));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::{FakeStandards, TRAPS};
    use Country::{Canada, Nigeria, UnitedKingdom, UnitedStates};

    fn state(text: &str, country: Country) -> Result<State, Rejected> {
        State::parse(text, country, &FakeStandards)
    }

    #[test]
    fn free_text_is_composed_and_trimmed() {
        let street = Street::parse(" 1 Rue de l'E\u{301}glise, cafe\u{301} ", &FakeStandards);
        assert_eq!(street.unwrap().expose(), "1 Rue de l'E\u{301}glise, café");
        let city = City::parse(" Montréal ", &FakeStandards);
        assert_eq!(city.unwrap().expose(), "Montréal");
        assert_eq!(state(" Lagos ", Nigeria).unwrap().expose(), "Lagos");
        assert_eq!(
            state("Greater London", UnitedKingdom).unwrap().expose(),
            "Greater London"
        );
    }

    #[test]
    fn free_text_has_no_control_characters_and_is_not_empty() {
        for text in ["", "  ", "a\nb", "a\0", "a\u{9d}"] {
            assert!(Street::parse(text, &FakeStandards).is_err(), "{text:?}");
            assert!(City::parse(text, &FakeStandards).is_err(), "{text:?}");
            assert!(state(text, Nigeria).is_err(), "{text:?}");
            assert!(Street::restore(text.to_owned()).is_err(), "{text:?}");
            assert!(City::restore(text.to_owned()).is_err(), "{text:?}");
            assert!(State::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_field_has_its_longest() {
        for (length, is_place) in [(64, true), (65, false), (200, false)] {
            let text = "é".repeat(length);
            assert!(Street::parse(&text, &FakeStandards).is_ok(), "{length}");
            assert_eq!(
                City::parse(&text, &FakeStandards).is_ok(),
                is_place,
                "{length}"
            );
            assert_eq!(state(&text, UnitedKingdom).is_ok(), is_place, "{length}");
        }
        assert!(Street::parse(&format!("{} ", "a".repeat(200)), &FakeStandards).is_err());
        for length in [201, 100_000] {
            assert!(Street::parse(&"a".repeat(length), &FakeStandards).is_err());
        }
    }

    #[test]
    fn every_abbreviation_is_known_in_every_notation() {
        for (country, known) in [(Canada, CANADA), (UnitedStates, UNITED_STATES)] {
            for code in known {
                let long = format!("{}-{code}", country.as_str());
                for text in [
                    (*code).to_owned(),
                    code.to_lowercase(),
                    format!(" {code} "),
                    long.to_lowercase(),
                    long,
                ] {
                    assert_eq!(state(&text, country).unwrap().expose(), *code, "{text}");
                }
            }
        }
    }

    #[test]
    fn the_lists_are_complete() {
        let sorted = |codes: &[&str]| {
            let mut codes = codes.to_vec();
            codes.sort_unstable();
            codes.join(" ")
        };
        assert_eq!(sorted(CANADA), "AB BC MB NB NL NS NT NU ON PE QC SK YT");
        assert_eq!(
            sorted(UNITED_STATES),
            "AA AE AK AL AP AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC \
             ND NE NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UM UT VA VI VT WA WI WV WY"
        );
    }

    #[test]
    fn other_abbreviations_are_refused() {
        for (country, text) in [
            (Canada, "NY"),
            (Canada, "US-ON"),
            (Canada, "Ontario"),
            (Canada, "CA-CA-ON"),
            (Canada, "CAON"),
            (Canada, "CA-"),
            (Canada, "PQ"),
            (UnitedStates, "ON"),
            (UnitedStates, "CA-CA"),
            (UnitedStates, "US NY"),
            (UnitedStates, "N Y"),
            (UnitedStates, "ZZ"),
        ] {
            assert!(state(text, country).is_err(), "{country:?} {text}");
        }
        for country in [Canada, UnitedStates] {
            for text in TRAPS
                .into_iter()
                .chain(["ON\n", "NY\n", "\u{a0}ON", "ＮＹ"])
            {
                assert!(state(text, country).is_err(), "{country:?} {text:?}");
            }
        }
        assert_eq!(state("US-CA", UnitedStates).unwrap().expose(), "CA");
    }
}
