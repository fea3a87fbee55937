//! Money: decimals with six places, from the literal that a caller wrote to the digits that it reads back. Nothing here
//! ever was a binary float.

mod amount;
mod basis_points;
mod rate;
mod units;

pub use amount::Amount;
pub use basis_points::BasisPoints;
pub use rate::Rate;
pub use units::AtomicUnits;

/// How many decimals every currency of the Treasury contract has.
const DECIMALS: u32 = 6;
/// How many atomic units make a whole one.
const UNIT: i64 = 10_i64.pow(DECIMALS);

#[cfg(test)]
mod tests;
