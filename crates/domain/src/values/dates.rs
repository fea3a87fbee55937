//! Dates of birth and of identity documents.

use chrono::{Datelike, NaiveDate};

use super::{Rejected, Rules, pattern::matches};

/// The first year of birth that is believed.
const FIRST_YEAR_OF_BIRTH: i32 = 1900;

/// Declares a value that is a date: its type, a redacted `Debug`, its reading and `restore`.
macro_rules! date_value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(NaiveDate);

        impl $name {
            /// The day.
            #[must_use]
            pub fn date(&self) -> NaiveDate {
                self.0
            }

            /// Takes back what was accepted before and stored, as `YYYY-MM-DD`.
            ///
            /// # Errors
            /// [`Rejected`] for what is not a date.
            pub fn restore(stored: &str) -> Result<Self, Rejected> {
                date(stored).map(Self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

date_value! {
    /// The day on which a person was born.
    DateOfBirth
}

impl DateOfBirth {
    /// Reads a day of birth, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`Rejected`] for what is not a date, days before 1900, days to come, and people younger than the policy's age
    /// today. Who was born on 29 February comes of age on 1 March of a year without that day.
    pub fn parse(text: &str, rules: &Rules<'_>) -> Result<Self, Rejected> {
        let born = date(text)?;
        if born.year() < FIRST_YEAR_OF_BIRTH {
            return Err(Rejected("must not be before 1900"));
        }
        if born > rules.today {
            return Err(Rejected("must not be in the future"));
        }
        let is_of_age = rules
            .today
            .years_since(born)
            .is_some_and(|age| age >= rules.policy.minimum_age);
        if !is_of_age {
            return Err(Rejected("must be that of a person of full age"));
        }
        Ok(Self(born))
    }
}

date_value! {
    /// The day on which an identity document was issued.
    IdIssueDate
}

impl IdIssueDate {
    /// Reads a day of issue, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`Rejected`] for what is not a date, and for days to come.
    pub fn parse(text: &str, rules: &Rules<'_>) -> Result<Self, Rejected> {
        let issued = date(text)?;
        if issued > rules.today {
            return Err(Rejected("must not be in the future"));
        }
        Ok(Self(issued))
    }
}

date_value! {
    /// The last day on which an identity document is valid.
    IdExpiryDate
}

impl IdExpiryDate {
    /// Reads a day of expiry, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`Rejected`] for what is not a date, for today, and for days past.
    pub fn parse(text: &str, rules: &Rules<'_>) -> Result<Self, Rejected> {
        let expires = date(text)?;
        if expires <= rules.today {
            return Err(Rejected("must be in the future"));
        }
        Ok(Self(expires))
    }
}

/// Reads a day of the Gregorian calendar in the one notation accepted: `YYYY-MM-DD`, untrimmed.
fn date(text: &str) -> Result<NaiveDate, Rejected> {
    // The pattern first: chrono alone also takes signs, single digits and years of any length.
    if !matches("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) {
        return Err(Rejected("must be a date, YYYY-MM-DD"));
    }
    text.parse()
        .map_err(|_| Rejected("must be a date that exists"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::{TRAPS, rules_on};

    #[test]
    fn one_notation_is_read() {
        let rules = rules_on("2026-01-15");
        for text in [
            "2020-2-29",
            "2020-02-9",
            "20200229",
            "2020/02/29",
            "29-02-2020",
            "2020-02-29T00:00:00Z",
            " 2020-02-29",
            "2020-02-29 ",
            "2020-02-29\n",
            "+2020-02-29",
            "-2020-02-29",
            "12020-02-29",
            "２０２０-02-29",
            "2020‐02‐29",
        ]
        .into_iter()
        .chain(TRAPS)
        {
            assert_eq!(
                IdIssueDate::parse(text, &rules),
                Err(Rejected("must be a date, YYYY-MM-DD")),
                "{text:?}"
            );
            assert!(IdIssueDate::restore(text).is_err(), "{text:?}");
        }
        assert!(IdIssueDate::parse(&"1".repeat(100_000), &rules).is_err());
    }

    #[test]
    fn the_day_must_exist() {
        let rules = rules_on("2026-01-15");
        for (text, exists) in [
            ("2020-02-29", true),
            ("2000-02-29", true),
            ("2019-02-29", false),
            ("1900-02-29", false),
            ("2020-02-30", false),
            ("2020-04-31", false),
            ("2020-00-01", false),
            ("2020-13-01", false),
            ("2020-01-00", false),
            ("2020-01-32", false),
            ("0000-00-00", false),
        ] {
            assert_eq!(IdIssueDate::parse(text, &rules).is_ok(), exists, "{text}");
        }
    }

    #[test]
    fn people_are_of_age_from_their_birthday_on() {
        for (today, born, expected) in [
            ("2026-01-15", "2008-01-15", true),
            ("2026-01-15", "2008-01-16", false),
            ("2026-01-15", "2008-01-14", true),
            ("2026-01-15", "2026-01-15", false),
            ("2026-01-15", "2026-01-16", false),
            ("2026-01-15", "9999-12-31", false),
            ("2026-01-15", "1900-01-01", true),
            ("2026-01-15", "1899-12-31", false),
            ("2026-01-15", "0000-01-01", false),
            // Born on 29 February.
            ("2026-02-28", "2008-02-29", false),
            ("2026-03-01", "2008-02-29", true),
            ("2028-02-28", "2010-02-28", true),
            ("2028-02-28", "2010-03-01", false),
            ("2028-02-29", "2010-03-01", false),
            ("2028-03-01", "2010-03-01", true),
        ] {
            let dob = DateOfBirth::parse(born, &rules_on(today));
            assert_eq!(dob.is_ok(), expected, "{born} on {today}");
        }
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let tomorrow = DateOfBirth::parse("2026-01-16", &rules_on("2026-01-15"));
        assert_eq!(tomorrow, Err(Rejected("must not be in the future")));
    }

    #[test]
    fn the_age_is_the_policys() {
        let mut rules = rules_on("2028-02-28");
        for (age, born, expected) in [
            (0, "2028-02-28", true),
            (0, "2028-02-29", false),
            (21, "2007-02-28", true),
            (21, "2007-03-01", false),
            (20, "2008-02-29", false),
        ] {
            rules.policy.minimum_age = age;
            assert_eq!(
                DateOfBirth::parse(born, &rules).is_ok(),
                expected,
                "{born} at {age}"
            );
        }
    }

    #[test]
    fn documents_are_issued_by_today_and_expire_after_it() {
        let rules = rules_on("2026-01-15");
        for (text, issued, expires) in [
            ("2026-01-14", true, false),
            ("2026-01-15", true, false),
            ("2026-01-16", false, true),
            ("9999-12-31", false, true),
            ("1950-06-01", true, false),
        ] {
            assert_eq!(IdIssueDate::parse(text, &rules).is_ok(), issued, "{text}");
            assert_eq!(IdExpiryDate::parse(text, &rules).is_ok(), expires, "{text}");
        }
    }

    #[test]
    fn what_was_accepted_once_is_restored_whatever_the_day() {
        assert!(DateOfBirth::restore("2020-01-01").is_ok());
        assert!(IdExpiryDate::restore("2000-01-01").is_ok());
        assert!(IdIssueDate::restore("2999-01-01").is_ok());
        assert!(DateOfBirth::restore("2019-02-29").is_err());
    }

    #[test]
    fn debug_shows_the_type_alone() {
        let dob = DateOfBirth::restore("1990-01-01").unwrap();
        assert_eq!(format!("{dob:?}"), "DateOfBirth(…)");
    }
}
