//! The domain of Vouch: customers, the organisations that keep them, and the regulated rail that verifies them.
//!
//! Pure by construction: no clock, no I/O, no serialisation, no HTTP, no SQL. Whatever the rules need from outside
//! arrives as an argument or through a port (see [`ports`]). Text becomes a value of this crate once, at the edge, and
//! from then on cannot be wrong.

pub mod access;
pub mod customer;
pub mod event;
pub mod form;
pub mod id;
pub mod idempotency;
pub mod kyc;
pub mod ledger;
pub mod money;
pub mod payment_route;
pub mod payout;
pub mod ports;
pub mod simulation;
pub mod swap;
pub mod tenant;
pub mod values;
pub mod virtual_account;
