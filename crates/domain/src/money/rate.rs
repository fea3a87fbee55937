use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{AtomicUnits, DECIMALS};
use crate::values::Rejected;

/// How much of one currency a unit of another buys: from 0.001 to 1000, six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

impl Rate {
    /// Takes a rate as a count of millionths: 0.92 is 920000.
    ///
    /// # Errors
    /// [`Rejected`] below 0.001 and above 1000.
    pub fn from_millionths(millionths: i64) -> Result<Self, Rejected> {
        if !(1_000..=1_000_000_000).contains(&millionths) {
            return Err(Rejected("must be from 0.001 to 1000"));
        }
        Ok(Self(Decimal::new(millionths, DECIMALS).normalize()))
    }

    /// The same as a count of millionths, exactly.
    #[must_use]
    pub fn millionths(self) -> i64 {
        // A rate has no finer part.
        AtomicUnits::of(self.0).map_or(0, AtomicUnits::count)
    }

    /// The rate of the other direction, rounded to six decimals, halves up.
    #[must_use]
    pub fn inverse(self) -> Self {
        let inverse = Decimal::ONE / self.0;
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        Self(
            inverse
                .round_dp_with_strategy(DECIMALS, strategy)
                .normalize(),
        )
    }

    pub(super) fn value(self) -> Decimal {
        self.0
    }
}

/// The shortest JSON number that means this rate.
impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}
