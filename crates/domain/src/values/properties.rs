//! What holds for every text and every type: parsing never panics, and what is accepted stays itself.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::fmt::Debug;

use proptest::prelude::*;

use super::{
    fake::{FakeStandards, rules},
    *,
};
use crate::tenant::Env;

/// Any text, or one that looks right; half of each, so that both answers occur.
fn text(shape: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), shape]
}

fn country() -> impl Strategy<Value = Country> {
    proptest::sample::select(&Country::ALL[..])
}

fn customer_type() -> impl Strategy<Value = CustomerType> {
    proptest::sample::select(&CustomerType::ALL[..])
}

fn id_type() -> impl Strategy<Value = IdType> {
    proptest::sample::select(&IdType::ALL[..])
}

/// What a parser accepts, it accepts again as printed, and storage gives it back; and `Debug` keeps it to itself.
fn stays_itself<T: PartialEq + Debug>(
    given: &str,
    parse: impl Fn(&str) -> Result<T, Rejected>,
    print: impl Fn(&T) -> String,
    restore: impl Fn(String) -> Result<T, Rejected>,
) -> Result<(), TestCaseError> {
    // Whatever was stored, taking it back must not panic.
    let _ = restore(given.to_owned());
    let Ok(value) = parse(given) else {
        return Ok(());
    };
    let printed = print(&value);
    let again = parse(&printed);
    prop_assert_eq!(again.as_ref(), Ok(&value), "parsed again");
    let restored = restore(printed);
    prop_assert_eq!(restored.as_ref(), Ok(&value), "restored");
    let debug = format!("{value:?}");
    prop_assert!(debug.ends_with("(…)"), "{}", debug);
    Ok(())
}

macro_rules! properties {
    ($($test:ident: $restore:expr, $shape:literal, $read:ident, |$given:ident $(, $more:ident)*| $parse:expr;)*) => {
        proptest! {$(
            #[test]
            fn $test(given in text($shape) $(, $more in $more())*) {
                stays_itself(
                    &given,
                    |$given| $parse,
                    |value| value.$read().to_string(),
                    $restore,
                )?;
            }
        )*}
    };
}

properties! {
    emails: Email::restore, " ?[a-zA-Z0-9.+_-]{1,12}@([a-z0-9-]{1,8}[.]){1,3}[a-zA-Z]{1,4} ?", expose,
        |given| Email::parse(given);
    interac_emails: InteracEmail::restore, "[a-zA-Z0-9.+_-]{1,12}@([a-zA-Z0-9-]{1,8}[.]){1,3}[a-zA-Z]{1,4}", as_str,
        |given| InteracEmail::parse(given);
    names: Name::restore, " {0,2}[a-zé\u{301}'. -]{0,120}", as_str,
        |given| Name::parse(given, &FakeStandards);
    references: CustomerReference::restore, "\\PC{0,130}", as_str,
        |given| CustomerReference::parse(given);
    id_numbers: IdNumber::restore, " ?[a-zA-Z0-9]{1,10}[-/ ]?[0-9]{0,12}", expose,
        |given, country, id_type| IdNumber::parse(given, country, id_type);
    tins: Tin::restore, "[A-Za-z]{0,3}[-/: ]?[0-9]{2,10}[- ]?[0-9]{0,4}[- ]?[A-Za-z0-9]{0,4}", expose,
        |given, country, customer_type| Tin::parse(given, country, customer_type, &rules(Env::Test));
    live_tins: Tin::restore, "[0-9]{9,10}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[A-Z]{2} ?[0-9]{6} ?[A-D]", expose,
        |given, country, customer_type| Tin::parse(given, country, customer_type, &rules(Env::Live));
    numeric_zip_codes: ZipCode::restore, "[0-9]{5,6}|[0-9]{5}[- ]?[0-9]{4}", expose,
        |given, country| ZipCode::parse(given, country);
    other_zip_codes: ZipCode::restore, " ?[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z][A-Za-z0-9]|BFPO (c/o )?[0-9]{1,4}", expose,
        |given, country| ZipCode::parse(given, country);
    phones: Phone::restore, "[+][0-9]{1,3}[ .(-]?[0-9]{2,4}[ .)-]{0,2}[0-9]{3,9}", expose,
        |given| Phone::parse(given, &FakeStandards);
    streets: Street::restore, " {0,2}\\PC{0,210} {0,2}", expose,
        |given| Street::parse(given, &FakeStandards);
    cities: City::restore, " {0,2}[A-Za-ze\u{301} ]{0,70}", expose,
        |given| City::parse(given, &FakeStandards);
    states: State::restore, " ?(CA-|us-)?[A-Za-z]{2} ?", expose,
        |given, country| State::parse(given, country, &FakeStandards);
    days_of_birth: |stored| DateOfBirth::restore(&stored), "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", date,
        |given| DateOfBirth::parse(given, &rules(Env::Test));
    days_of_issue: |stored| IdIssueDate::restore(&stored), "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", date,
        |given| IdIssueDate::parse(given, &rules(Env::Test));
    days_of_expiry: |stored| IdExpiryDate::restore(&stored), "20[0-9]{2}-[01][0-9]-[0-3][0-9]", date,
        |given| IdExpiryDate::parse(given, &rules(Env::Test));
}

proptest! {
    #[test]
    fn words_of_enums(given in any::<String>()) {
        prop_assert!(Country::parse(&given).is_err());
        prop_assert!(CustomerType::parse(&given).is_err());
        prop_assert!(IdType::parse(&given).is_err());
    }

    /// The create form relies on it where the type is unknown.
    #[test]
    fn a_business_may_hold_every_tax_number_of_a_person(
        given in text("[A-Z]{0,3}[-/ ]?[0-9]{8,11}[- ]?[A-D0-9]{0,4}"),
        country in country(),
    ) {
        for env in Env::ALL {
            let of_person = Tin::parse(&given, country, CustomerType::Individual, &rules(env));
            if let Ok(number) = of_person {
                let of_business = Tin::parse(&given, country, CustomerType::Business, &rules(env));
                prop_assert_eq!(of_business, Ok(number));
            }
        }
    }
}
