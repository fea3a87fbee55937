//! The whole service over real HTTP: the program itself as a child process, a real PostgreSQL, and the sandbox rail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod account_kills;
mod amendments;
mod callbacks;
mod closing;
mod concurrency;
mod decisions;
mod documents;
mod doubt;
mod drift;
mod errors;
mod events;
mod example;
mod faults;
mod first_start;
mod harness;
mod hostile;
mod keys;
mod kills;
mod kyc;
mod kyc_kills;
mod lists;
mod money_secrecy;
mod outcomes;
mod payout_kills;
mod payouts;
mod rail_contact;
mod resubmissions;
mod retrieval;
mod secrecy;
mod sharing;
mod starting;
mod stopping;
mod tenancy;
mod tour;
mod treasury;
mod upload_memory;
mod uploads;
mod virtual_accounts;
