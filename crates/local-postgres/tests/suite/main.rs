//! The private PostgreSQL, tried with real servers: each test has its own data folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod crash;
mod lifecycle;
mod log;
mod privileges;
mod refusal;
mod sharing;
mod support;
