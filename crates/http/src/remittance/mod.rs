//! The Remittance API: its operations, its objects, and its description.

pub(crate) mod customers;
pub(crate) mod events;
mod objects;
pub(crate) mod openapi;
mod parameters;
