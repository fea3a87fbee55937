use std::fmt;

use super::{AtomicUnits, DECIMALS, Rate, UNIT};
use crate::values::Rejected;

/// A sum that a caller asks to be moved: above 0, at most 1,000,000,000, at most six decimals (Treasury contract,
/// section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(AtomicUnits);

const OUT_OF_RANGE: Rejected = Rejected(
    "must be a number greater than 0 and at most 1000000000, with at most 6 decimal places",
);
/// The greatest amount, in atomic units.
const MOST: i64 = 1_000_000_000 * UNIT;

impl Amount {
    /// Reads a number from its literal in JSON, an exponent included. Zeros at its end do not count.
    ///
    /// # Errors
    /// [`Rejected`] for what is no number, and for one out of range or finer than a millionth.
    pub fn parse(literal: &str) -> Result<Self, Rejected> {
        let count = exact(literal).ok_or(OUT_OF_RANGE)?;
        let units = AtomicUnits::new(count).map_err(|_| OUT_OF_RANGE)?;
        Self::from_units(units)
    }

    /// Takes the amount that is so many atomic units.
    ///
    /// # Errors
    /// [`Rejected`] for zero and for more than an amount may be.
    pub fn from_units(units: AtomicUnits) -> Result<Self, Rejected> {
        match (1..=MOST).contains(&units.count()) {
            true => Ok(Self(units)),
            false => Err(OUT_OF_RANGE),
        }
    }

    /// The same in atomic units.
    #[must_use]
    pub fn units(self) -> AtomicUnits {
        self.0
    }

    /// What the amount comes to at a rate, rounded down to whole atomic units.
    #[must_use]
    pub fn at(self, rate: Rate) -> AtomicUnits {
        let (count, millionths) = (self.0.count(), rate.millionths());
        // In two parts nothing is too great: the greatest amount at the greatest rate is the most there can be.
        let whole = count / UNIT * millionths;
        let part = count % UNIT * millionths / UNIT;
        AtomicUnits(whole + part)
    }
}

/// The shortest JSON number that means this amount.
impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.value(), out)
    }
}

/// The atomic units that a literal means, or nothing where it is no number or means no whole count of them. A literal may be
/// of any length: what counts is what lies between its first and its last digit that is not zero.
fn exact(literal: &str) -> Option<i64> {
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let decimals = i64::try_from(fraction.len()).ok()? - zeros;
    let shift = exponent.parse::<i64>().ok()?.checked_sub(decimals)?;
    let shift = u32::try_from(shift.checked_add(i64::from(DECIMALS))?).ok()?;
    let significant = significant.trim_start_matches('0').parse::<i64>().ok()?;
    significant.checked_mul(10_i64.checked_pow(shift)?)
}
