//! Money: decimals with six places in the Treasury contract, minor units in the Remittance contract, from the literal that
//! a caller wrote to the digits that it reads back. Nothing here ever was a binary float.

mod amount;
mod basis_points;
mod minor_units;
mod rate;
mod units;

pub use amount::Amount;
pub use basis_points::BasisPoints;
pub use minor_units::MinorUnits;
pub use rate::Rate;
pub use units::AtomicUnits;

/// How many decimals every currency of the Treasury contract has.
const DECIMALS: u32 = 6;
/// How many atomic units make a whole one.
const UNIT: i64 = 10_i64.pow(DECIMALS);

#[cfg(test)]
mod tests;
