//! What a caller sees, with the use cases on ports that are scripted per test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod amend;
mod bodies;
mod close;
mod create;
mod credentials;
mod docs;
mod events;
mod health;
mod idempotency;
mod list;
mod log;
mod openapi;
mod rail_webhooks;
mod retrieve;
mod routing;
mod support;
mod wire;
