use std::fmt;

use rust_decimal::Decimal;

use super::{DECIMALS, UNIT};
use crate::values::Rejected;

/// How much of one currency a unit of another buys: from 0.001 to 1000, six decimals. Kept as a count of millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i64);

impl Rate {
    /// Takes a rate as a count of millionths: 0.92 is 920000.
    ///
    /// # Errors
    /// [`Rejected`] below 0.001 and above 1000.
    pub fn from_millionths(millionths: i64) -> Result<Self, Rejected> {
        if !(1_000..=1_000_000_000).contains(&millionths) {
            return Err(Rejected("must be from 0.001 to 1000"));
        }
        Ok(Self(millionths))
    }

    /// The same as a count of millionths.
    #[must_use]
    pub fn millionths(self) -> i64 {
        self.0
    }

    /// The rate of the other direction, rounded to six decimals, halves up.
    #[must_use]
    pub fn inverse(self) -> Self {
        // Between the same limits, which are each other's inverse.
        Self((2 * UNIT * UNIT + self.0) / (2 * self.0))
    }
}

/// The shortest JSON number that means this rate.
impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Decimal::new(self.0, DECIMALS).normalize(), out)
    }
}
