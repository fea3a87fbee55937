//! The Treasury API: its operations, its objects, and its description.
//!
//! A subject has a file with its routes and handlers; `routes` lists the subjects, and is the one way to them all.

mod answers;
mod customer_list;
mod customers;
mod error;
mod idempotency;
mod number;
mod path;
mod rates;
mod routes;
mod sandbox;
mod swaps;

pub(crate) use routes::{Route, SUBJECTS, answer, is_only_here};
