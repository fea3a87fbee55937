use std::fmt;

use rust_decimal::Decimal;

use crate::values::Rejected;

/// How many decimals every currency of the Remittance contract has.
const DECIMALS: u32 = 2;
/// The greatest sum.
const MOST: i64 = 1_000_000_000_000;
const OUT_OF_RANGE: Rejected = Rejected(
    "must be a whole number of minor units from 1 to 1000000000000, as a string of digits without leading zeros",
);

/// A sum in a currency's smallest unit, such as cents: from 1 to 10¹² (Remittance contract, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinorUnits(i64);

impl MinorUnits {
    /// Takes a count.
    ///
    /// # Errors
    /// [`Rejected`] below 1 and above 10¹².
    pub fn new(count: i64) -> Result<Self, Rejected> {
        if !(1..=MOST).contains(&count) {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self(count))
    }

    /// Reads the digits that a caller wrote, in the one notation that each sum has.
    ///
    /// # Errors
    /// [`Rejected`] for other texts, and for what [`MinorUnits::new`] refuses.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let count = is_plain.then(|| text.parse().ok()).flatten();
        Self::new(count.ok_or(OUT_OF_RANGE)?)
    }

    /// The count.
    #[must_use]
    pub fn count(self) -> i64 {
        self.0
    }

    /// The same sum in whole units, exactly, with both decimals: 1250 is `12.50`.
    #[must_use]
    pub fn decimal(self) -> String {
        Decimal::new(self.0, DECIMALS).to_string()
    }
}

/// The digits, as the wire shows them.
impl fmt::Display for MinorUnits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sum_has_one_notation() {
        for (text, expected) in [
            ("1", Some(1)),
            ("1250", Some(1250)),
            ("1000000000000", Some(MOST)),
            ("1000000000001", None),
            ("99999999999999999999", None),
            ("0", None),
            ("007", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            (" 1", None),
            ("١", None),
        ] {
            let parsed = MinorUnits::parse(text).ok();
            assert_eq!(parsed.map(MinorUnits::count), expected, "{text:?}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        for (count, decimal) in [
            (1, "0.01"),
            (10, "0.10"),
            (100, "1.00"),
            (1250, "12.50"),
            (MOST, "10000000000.00"),
            (999_999_999_999, "9999999999.99"),
        ] {
            assert_eq!(MinorUnits::new(count).unwrap().decimal(), decimal);
        }
    }

    proptest! {
        #[test]
        fn a_decimal_is_the_count_with_a_point(count in 1..=MOST) {
            let units = MinorUnits::new(count).unwrap();
            prop_assert_eq!(units.decimal().replace('.', "").parse::<i64>().unwrap(), count);
            prop_assert_eq!(MinorUnits::parse(&units.to_string()), Ok(units));
        }
    }
}
