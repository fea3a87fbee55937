//! The sandbox rail over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod accounts;
mod auth;
mod controls;
mod create;
mod documents;
mod envelope;
mod faults;
mod harness;
mod list;
mod mishaps;
mod payouts;
mod receiver;
mod reviews;
mod state;
mod update;
mod uploads;
mod webhooks;
