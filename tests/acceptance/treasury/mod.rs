//! The Treasury API over real HTTP.
//!
//! Every answer that a [`Treasurer`](treasurer::Treasurer) gets is checked against the schemas in `schemas/`, which are
//! written from the contract. A new subject adds its schemas there and its rows to `scopes`.

mod conventions;
mod customer_list;
mod customers;
mod documents;
mod idempotency;
mod operators;
mod primary;
mod schema;
mod scopes;
mod secrecy;
mod tenancy;
mod treasurer;
mod two_contracts;
