#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use super::*;
use crate::{
    tenant::Env,
    values::{
        TinChecks,
        fake::{TRAPS, rules},
    },
};
use Country::{Canada, Nigeria, UnitedKingdom, UnitedStates};
use CustomerType::{Business, Individual};

fn parse(text: &str, country: Country, holder: CustomerType, env: Env) -> Result<Tin, Rejected> {
    Tin::parse(text, country, holder, &rules(env))
}

/// Asserts for each text, in the test env: what is kept of it, and whether persons may have it.
fn accepts(country: Country, table: &[(&str, &str, bool)]) {
    for (text, kept, for_persons) in table {
        let of_business = parse(text, country, Business, Env::Test);
        assert_eq!(of_business.unwrap().expose(), *kept, "{country:?} {text}");
        let of_person = parse(text, country, Individual, Env::Test).ok();
        let expected = for_persons.then_some(*kept);
        assert_eq!(
            of_person.as_ref().map(Tin::expose),
            expected,
            "{country:?} {text}"
        );
    }
}

fn refuses(country: Country, texts: &[&str]) {
    for text in texts {
        for holder in CustomerType::ALL {
            assert!(
                parse(text, country, holder, Env::Test).is_err(),
                "{country:?} {text}"
            );
        }
    }
}

#[test]
fn the_shapes_of_nigeria() {
    accepts(
        Nigeria,
        &[
            ("1234567890", "1234567890", true),
            (" 0000000000 ", "0000000000", true),
            ("FIRS-1234567890", "FIRS1234567890", true),
            ("ab/1234567890", "AB1234567890", true),
            ("ABCDEF 1234567890", "ABCDEF1234567890", true),
            ("ABC1234567890", "ABC1234567890", true),
            ("12345678-0001", "123456780001", true),
            ("123456780001", "123456780001", true),
            ("22123456789", "22123456789", true),
            ("1234567890123", "1234567890123", true),
            ("RC1", "RC1", false),
            ("rc-1234567", "RC1234567", false),
            ("RC:12345678", "RC12345678", false),
            ("BN 1234567", "BN1234567", false),
            ("IT/12345", "IT12345", false),
            ("LP12345", "LP12345", false),
            ("LLP-12345", "LLP12345", false),
        ],
    );
    refuses(
        Nigeria,
        &[
            "123456789",
            "12345678901234",
            "A1234567890",
            "ABCDEFG1234567890",
            "AB--1234567890",
            "AB:1234567890",
            "AB12345678901",
            "1234-56780001",
            "12345678 0001",
            "12345 67890",
            "RC",
            "RC123456789",
            "RC--1",
            "XX12345",
        ],
    );
}

#[test]
fn the_shapes_of_canada() {
    accepts(
        Canada,
        &[
            ("123456789", "123456789", true),
            ("123 456 789", "123456789", true),
            ("123-456-789", "123456789", true),
            ("000000000", "000000000", true),
            ("T12345678", "T12345678", true),
            ("t12345678", "T12345678", true),
            ("12345 6789", "123456789", false),
            ("123456789RC0001", "123456789RC0001", false),
            ("123456789 rt0001", "123456789RT0001", false),
            ("123456789-RP0001", "123456789RP0001", false),
            ("12345 6789 RC0001", "123456789RC0001", false),
        ],
    );
    refuses(
        Canada,
        &[
            "12345678",
            "1234567890",
            "123 456-789",
            "123  456 789",
            "1234 56789",
            "12-3456789",
            "T1234567",
            "T123456789",
            "123456789R0001",
            "123456789RC001",
            "123456789/RC0001",
            "123456789 RC 0001",
        ],
    );
}

#[test]
fn the_shapes_of_the_united_kingdom() {
    accepts(
        UnitedKingdom,
        &[
            ("1234567890", "1234567890", true),
            ("12345 67890", "1234567890", true),
            ("1234567890K", "1234567890", true),
            ("12345 67890 k", "1234567890", true),
            ("K1234567890", "1234567890", true),
            ("k 1234567890", "1234567890", true),
            ("AB123456C", "AB123456C", true),
            ("ab 12 34 56 c", "AB123456C", true),
            ("JK 123456 D", "JK123456D", true),
        ],
    );
    refuses(
        UnitedKingdom,
        &[
            "123456789",
            "12345678901",
            "1234567890123",
            "123456 7890",
            "12345-67890",
            "K1234567890K",
            "KK1234567890",
            "1234567890 KK",
            "AB123456",
            "AB123456E",
            "AB12345C",
            "AB1234567C",
            "AB-12-34-56-C",
            "AB 1 23456 C",
            "A B123456C",
        ],
    );
}

#[test]
fn the_prefixes_of_national_insurance_numbers() {
    const NOT_FIRST: &str = "DFIQUV";
    const NOT_SECOND: &str = "DFIOQUV";
    const NEVER: [&str; 7] = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"];
    for first in 'A'..='Z' {
        for second in 'A'..='Z' {
            let prefix = format!("{first}{second}");
            let expected = !NOT_FIRST.contains(first)
                && !NOT_SECOND.contains(second)
                && !NEVER.contains(&prefix.as_str());
            let number = parse(
                &format!("{prefix}123456A"),
                UnitedKingdom,
                Individual,
                Env::Test,
            );
            assert_eq!(number.is_ok(), expected, "{prefix}");
        }
    }
}

#[test]
fn the_shapes_of_the_united_states() {
    accepts(
        UnitedStates,
        &[
            ("123456789", "123456789", true),
            ("123-45-6789", "123456789", true),
            ("123 45 6789", "123456789", true),
            ("000-00-0000", "000000000", true),
            ("912-70-1234", "912701234", true),
            ("912 70 1234", "912701234", true),
            ("12-3456789", "123456789", false),
        ],
    );
    refuses(
        UnitedStates,
        &[
            "12345678",
            "1234567890",
            "123-45 6789",
            "123-456-789",
            "123--45-6789",
            "12 3456789",
            "1-23456789",
            "A12345678",
        ],
    );
}

#[test]
fn traps_are_refused_everywhere() {
    for country in Country::ALL {
        for holder in CustomerType::ALL {
            for text in TRAPS
                .into_iter()
                .chain(["12345678²", "AB123456C\n", "٩٩٩٩٩٩٩٩٩"])
            {
                assert!(
                    parse(text, country, holder, Env::Test).is_err(),
                    "{country:?} {text:?}"
                );
            }
            for length in [65, 100_000] {
                assert!(parse(&"1".repeat(length), country, holder, Env::Test).is_err());
            }
        }
    }
}

#[test]
fn the_example_of_the_requirement_is_for_test_data_only() {
    assert!(parse("123456789", Canada, Individual, Env::Test).is_ok());
    assert!(parse("123456789", Canada, Individual, Env::Live).is_err());
    assert!(parse("123456789", Canada, Business, Env::Live).is_err());
}

#[test]
fn live_numbers_must_be_possible_as_one_kind_of_their_shape() {
    for (country, holder, text, expected) in [
        (Canada, Individual, "046 454 286", true),
        (Canada, Individual, "000000000", false),
        (Canada, Business, "000000000", false),
        (Canada, Business, "130692544RC0001", true),
        (Canada, Business, "130692545RC0001", false),
        (Canada, Individual, "T12345678", true),
        (UnitedKingdom, Individual, "2234567890K", true),
        (UnitedKingdom, Business, "1234567890", false),
        (UnitedKingdom, Individual, "AB123456C", true),
        (UnitedStates, Individual, "123-45-6789", true),
        (UnitedStates, Individual, "666-45-6789", false),
        (UnitedStates, Individual, "912-70-1234", true),
        (UnitedStates, Individual, "912-93-1234", false),
        (UnitedStates, Individual, "912701234", true),
        // Nine bare digits of a business may be an EIN, which nothing rules out; grouped as an SSN they are not.
        (UnitedStates, Business, "666456789", true),
        (UnitedStates, Business, "66-6456789", true),
        (UnitedStates, Business, "666-45-6789", false),
        (Nigeria, Individual, "0000000000", true),
    ] {
        let number = parse(text, country, holder, Env::Live);
        assert_eq!(number.is_ok(), expected, "{country:?} {holder:?} {text}");
    }
}

#[test]
fn operators_choose_when_certainty_counts() {
    for (checks, in_test, in_live) in [
        (TinChecks::Live, true, false),
        (TinChecks::Always, false, false),
        (TinChecks::Never, true, true),
    ] {
        for (env, expected) in [(Env::Test, in_test), (Env::Live, in_live)] {
            let mut rules = rules(env);
            rules.policy.tin_checks = checks;
            let number = Tin::parse("123456789", Canada, Individual, &rules);
            assert_eq!(number.is_ok(), expected, "{checks:?} {env:?}");
        }
    }
}

#[test]
fn operators_may_take_the_kinds_of_the_page_alone() {
    for (country, text, on_page) in [
        (Nigeria, "1234567890", true),
        (Nigeria, "FIRS-1234567890", true),
        (Nigeria, "12345678-0001", false),
        (Nigeria, "22123456789", false),
        (Nigeria, "1234567890123", false),
        (Nigeria, "RC1234567", false),
        (Canada, "046454286", true),
        (Canada, "13069 2544", false),
        (Canada, "T12345678", false),
        (UnitedKingdom, "2234567890", true),
        (UnitedKingdom, "AB123456C", false),
        (UnitedStates, "123-45-6789", true),
        (UnitedStates, "12-3456789", true),
        (UnitedStates, "912-70-1234", false),
    ] {
        let mut rules = rules(Env::Live);
        assert!(
            Tin::parse(text, country, Business, &rules).is_ok(),
            "{country:?} {text}"
        );
        rules.policy.tin_kinds = TinKinds::Page;
        let number = Tin::parse(text, country, Business, &rules);
        assert_eq!(number.is_ok(), on_page, "{country:?} {text}");
    }
}

#[test]
fn nothing_else_is_restored() {
    for text in ["", "12", "rc1", "123-45-6789", "12345678901234567", "123\0"] {
        assert!(Tin::restore(text.to_owned()).is_err(), "{text:?}");
    }
}
