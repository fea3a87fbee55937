//! The use cases on the ports in memory, a rail that does as it is told, and time that jumps whenever all are waiting.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod amend;
mod authenticate;
mod bench;
mod close;
mod create;
mod decisions;
mod drift;
mod ids;
mod interrupted;
mod jobs;
mod kept_answers;
mod kyc;
mod money;
mod operators;
mod payment_routes;
mod payouts;
mod reconcile;
mod replay;
mod resubmissions;
mod retention;
mod swaps;
mod sync_contact;
mod twins;
mod unclear;
mod uploads;
mod virtual_accounts;
