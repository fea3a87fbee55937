//! The Treasury API: its operations, its objects, and its description.
//!
//! A subject has a file with its routes and handlers, and one that describes them in `openapi`; `routes` lists the
//! subjects, and is the one way to them all.

mod answers;
mod customer_list;
mod customers;
mod deposits;
mod error;
mod idempotency;
mod network;
mod number;
pub(crate) mod openapi;
mod path;
mod payment_routes;
mod rates;
mod routes;
mod sandbox;
mod swaps;
mod transactions;

pub(crate) use answers::milliseconds;
pub(crate) use routes::{Route, SUBJECTS, answer, is_only_here};
