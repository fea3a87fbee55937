use std::fmt;

use rust_decimal::Decimal;

use super::DECIMALS;
use crate::values::Rejected;

/// A count of a currency's smallest unit, a millionth: from 0 to 10¹⁸, so that it fits a signed 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomicUnits(pub(super) i64);

impl AtomicUnits {
    /// The most there can be: the greatest amount at the greatest rate.
    pub const MAX: Self = Self(1_000_000_000_000_000_000);

    /// Takes a count.
    ///
    /// # Errors
    /// [`Rejected`] below 0 and above [`AtomicUnits::MAX`].
    pub fn new(count: i64) -> Result<Self, Rejected> {
        if !(0..=Self::MAX.0).contains(&count) {
            return Err(Rejected("must be from 0 to 10^18 atomic units"));
        }
        Ok(Self(count))
    }

    /// The count.
    #[must_use]
    pub fn count(self) -> i64 {
        self.0
    }

    /// Writes the same sum in whole units, with only the decimals it needs: 1500000 is `1.5`.
    #[must_use]
    pub fn decimal(self) -> String {
        self.value().to_string()
    }

    pub(super) fn value(self) -> Decimal {
        Decimal::new(self.0, DECIMALS).normalize()
    }
}

/// The count, as the wire shows it.
impl fmt::Display for AtomicUnits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}
