use std::fmt;

use rust_decimal::Decimal;

use super::{AtomicUnits, DECIMALS, Rate};
use crate::values::Rejected;

/// A sum that a caller asks to be moved: above 0, at most 1,000,000,000, at most six decimals (Treasury contract,
/// section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

const OUT_OF_RANGE: Rejected = Rejected(
    "must be a number greater than 0 and at most 1000000000, with at most 6 decimal places",
);
/// The greatest amount.
const MOST: i64 = 1_000_000_000;
/// More digits than these no exact decimal has here, and a longer literal is not worth reading.
const MOST_DIGITS: usize = 28;

impl Amount {
    /// Reads a number from its literal in JSON, an exponent included. Zeros at the end of the fraction do not count.
    ///
    /// # Errors
    /// [`Rejected`] for what is no number, and for one out of range or finer than a millionth.
    pub fn parse(literal: &str) -> Result<Self, Rejected> {
        Self::of(exact(literal).ok_or(OUT_OF_RANGE)?)
    }

    /// Takes the amount that is so many atomic units.
    ///
    /// # Errors
    /// [`Rejected`] for zero and for more than an amount may be.
    pub fn from_units(units: AtomicUnits) -> Result<Self, Rejected> {
        Self::of(units.value())
    }

    /// The same in atomic units, exactly.
    #[must_use]
    pub fn units(self) -> AtomicUnits {
        // An amount has no finer part, and a billion of them lies far below the limit.
        AtomicUnits::of(self.0).unwrap_or(AtomicUnits::MAX)
    }

    /// What the amount comes to at a rate, rounded down to whole atomic units.
    #[must_use]
    pub fn at(self, rate: Rate) -> AtomicUnits {
        // The limit of atomic units is the greatest amount at the greatest rate.
        self.0
            .checked_mul(rate.value())
            .and_then(|output| AtomicUnits::of(output).ok())
            .unwrap_or(AtomicUnits::MAX)
    }

    fn of(value: Decimal) -> Result<Self, Rejected> {
        let value = value.normalize();
        let is_positive = value > Decimal::ZERO;
        if !is_positive || value > Decimal::from(MOST) || value.scale() > DECIMALS {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self(value))
    }
}

/// The shortest JSON number that means this amount.
impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// The decimal that a literal means, or nothing where none means it exactly.
fn exact(literal: &str) -> Option<Decimal> {
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    if mantissa.len() > MOST_DIGITS {
        return None;
    }
    let mantissa = Decimal::from_str_exact(mantissa).ok()?;
    let places = i64::from(mantissa.scale()).checked_sub(exponent.parse().ok()?)?;
    let digits = mantissa.mantissa();
    match u32::try_from(places) {
        Ok(scale) => Decimal::try_from_i128_with_scale(digits, scale).ok(),
        Err(_) => {
            let zeros = u32::try_from(places.checked_neg()?).ok()?;
            let digits = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
            Decimal::try_from_i128_with_scale(digits, 0).ok()
        }
    }
}
