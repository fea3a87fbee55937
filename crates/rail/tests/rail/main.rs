//! The adapter against recorded answers, faulty peers and the sandbox rail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod accounts;
mod allowance;
mod answers;
mod auth;
mod bodies;
mod circuit;
mod harness;
mod kyc;
mod look_up;
mod money;
mod pages;
mod peer;
mod repetition;
mod sandbox;
mod setup;
mod transport;
