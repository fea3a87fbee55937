#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use proptest::prelude::*;

use super::*;

fn rate(millionths: i64) -> Rate {
    Rate::from_millionths(millionths).unwrap()
}

#[test]
fn amounts_are_what_their_literals_mean() {
    for (literal, shown, units) in [
        ("100", "100", 100_000_000),
        ("100.50", "100.5", 100_500_000),
        ("0.000001", "0.000001", 1),
        ("1e-6", "0.000001", 1),
        ("1000000000", "1000000000", 1_000_000_000_000_000),
        ("1E9", "1000000000", 1_000_000_000_000_000),
        ("1e+2", "100", 100_000_000),
        ("12.5e1", "125", 125_000_000),
        ("123456700e-8", "1.234567", 1_234_567),
        ("999999999.999999", "999999999.999999", 999_999_999_999_999),
        // No binary float is these two.
        ("0.1", "0.1", 100_000),
        ("900000000.000001", "900000000.000001", 900_000_000_000_001),
        ("1.00000000000000000000000000000000000000", "1", 1_000_000),
        ("1000000000000000000000000000000000e-33", "1", 1_000_000),
        ("0.00000000000000000000000000000000015e34", "1.5", 1_500_000),
    ] {
        let amount = Amount::parse(literal).unwrap();
        assert_eq!(amount.to_string(), shown, "{literal}");
        assert_eq!(
            amount.units(),
            AtomicUnits::new(units).unwrap(),
            "{literal}"
        );
    }
}

#[test]
fn other_amounts_are_refused() {
    for literal in [
        "0",
        "-0",
        "0.0",
        "0e5",
        "-1",
        "-0.000001",
        "0.0000001",
        "1e-7",
        "1.2345678",
        "1000000000.000001",
        "1000000001",
        "1e10",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "1e9223372036854775807",
        "1e-9223372036854775808",
        "1.00000000000000000000000000000000000001",
        "99999999999999999999999999999999999999999",
        "",
        ".",
        "e",
        "1e",
        "e1",
        "1e1.5",
        "1e-",
        "+1",
        "1_0",
        "1.-5",
        "1000000000000000000000000000000000",
        "NaN",
        "Infinity",
        "1,5",
        "0x10",
        " 1",
    ] {
        assert!(Amount::parse(literal).is_err(), "{literal}");
    }
}

#[test]
fn products_are_rounded_down_to_six_decimals() {
    for (amount, millionths, expected) in [
        ("100", 920_000, "92"),
        ("0.000001", 920_000, "0"),
        ("0.000002", 920_000, "0.000001"),
        ("1.234567", 1_086_957, "1.341921"),
        ("1000000000", 1_000_000_000, "1000000000000"),
    ] {
        let output = Amount::parse(amount).unwrap().at(rate(millionths));
        assert_eq!(output.decimal(), expected, "{amount} × {millionths}");
    }
}

#[test]
fn the_inverse_is_rounded_to_six_decimals() {
    for (millionths, shown, inverse) in [
        (920_000, "0.92", "1.086957"),
        (1_000_000, "1", "1"),
        (3_000_000, "3", "0.333333"),
        (1_500_000, "1.5", "0.666667"),
        (1_000, "0.001", "1000"),
        (1_000_000_000, "1000", "0.001"),
    ] {
        assert_eq!(rate(millionths).to_string(), shown);
        assert_eq!(rate(millionths).inverse().to_string(), inverse);
    }
}

#[test]
fn rates_and_units_have_limits() {
    for millionths in [i64::MIN, -1, 0, 999, 1_000_000_001, i64::MAX] {
        assert!(Rate::from_millionths(millionths).is_err(), "{millionths}");
    }
    for count in [i64::MIN, -1, AtomicUnits::MAX.count() + 1, i64::MAX] {
        assert!(AtomicUnits::new(count).is_err(), "{count}");
    }
    assert!(Amount::from_units(AtomicUnits::new(0).unwrap()).is_err());
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(count in 1..=1_000_000_000_000_000_i64) {
        let units = AtomicUnits::new(count).unwrap();
        let amount = Amount::from_units(units).unwrap();
        prop_assert_eq!(amount.units(), units);
        prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(amount));
        prop_assert_eq!(Amount::parse(&format!("{count}e-6")), Ok(amount));
        prop_assert_eq!(units.decimal(), amount.to_string());
    }

    #[test]
    fn a_product_is_exact_but_for_its_rounding(
        count in 1..=1_000_000_000_000_000_i64,
        millionths in 1_000..=1_000_000_000_i64,
    ) {
        let amount = Amount::from_units(AtomicUnits::new(count).unwrap()).unwrap();
        let exact = i128::from(count) * i128::from(millionths) / 1_000_000;
        prop_assert_eq!(i128::from(amount.at(rate(millionths)).count()), exact);
        prop_assert_eq!(rate(millionths).millionths(), millionths);
    }

    #[test]
    fn no_text_is_a_fault(text in "\\PC*") {
        let _ = Amount::parse(&text);
    }
}
