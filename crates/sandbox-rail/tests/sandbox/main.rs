//! The sandbox rail over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod auth;
mod controls;
mod create;
mod envelope;
mod faults;
mod harness;
mod list;
mod state;
mod update;
