//! What every adapter of the storage ports has to do, run against each of them: the one in memory, by which the
//! application is tested, and PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod access;
mod amendments;
mod answers;
mod callback_inbox;
mod closing;
mod contact_sync;
mod creation_answer;
mod decided_submissions;
mod deposits;
mod drift;
mod ends;
mod events;
mod harness;
mod keys;
mod kyc_files;
mod leases;
mod ledger;
mod pages;
mod payment_routes;
mod payouts;
mod postgres;
mod races;
mod reconciliation;
mod retention;
mod reviews;
mod search;
mod settlement;
mod standings;
mod status_changes;
mod status_history;
mod submissions;
mod swaps;
mod tenancy;
mod treasury_customers;
mod virtual_accounts;
