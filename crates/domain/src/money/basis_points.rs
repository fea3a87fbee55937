use rust_decimal::Decimal;

use crate::values::Rejected;

/// Hundredths of a percent, from none to all: 0 to 10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasisPoints(i32);

impl BasisPoints {
    /// None.
    pub const ZERO: Self = Self(0);

    /// Takes a count.
    ///
    /// # Errors
    /// [`Rejected`] below 0 and above 10000.
    pub fn new(count: i32) -> Result<Self, Rejected> {
        if !(0..=10_000).contains(&count) {
            return Err(Rejected("must be from 0 to 10000 basis points"));
        }
        Ok(Self(count))
    }

    /// The count.
    #[must_use]
    pub fn count(self) -> i32 {
        self.0
    }

    /// Writes the same in percent, with only the decimals it needs: 30 is `0.3`.
    #[must_use]
    pub fn percent(self) -> String {
        Decimal::new(i64::from(self.0), 2).normalize().to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn a_hundred_of_them_are_a_percent() {
        for (count, percent) in [(0, "0"), (1, "0.01"), (30, "0.3"), (10_000, "100")] {
            assert_eq!(BasisPoints::new(count).unwrap().percent(), percent);
        }
        assert!(BasisPoints::new(-1).is_err());
        assert!(BasisPoints::new(10_001).is_err());
    }
}
