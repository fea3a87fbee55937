//! The Remittance API: its operations, its objects, and its description.

mod close;
mod customers;
mod events;
mod files;
mod idempotency;
mod kyc;
mod kyc_objects;
mod money_objects;
mod objects;
pub(crate) mod openapi;
mod parameters;
mod payouts;
mod routes;
mod virtual_accounts;

pub(crate) use routes::{ROUTES, Route, answer};
