//! A server that behaves like the KYC rail (Blaaiz), for the `test` env, development and tests.
//!
//! It speaks the vendor's wire contract well enough for the vendor's own SDKs: customers, files and documents,
//! submissions and decisions, wallets, virtual bank accounts, payouts, and signed webhooks. It keeps everything across
//! restarts, also what it has still to do, and can be told to fail in every way a client of the rail must survive. The
//! controls for that live under `/_sandbox` and need no credentials.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use vouch_sandbox_rail::{Options, start};
//!
//! let rail = start(Options::new("sandbox-rail")).await?;
//! tracing::info!(url = rail.url(), "sandbox rail is up");
//! rail.stop().await;
//! # Ok(())
//! # }
//! ```

mod auth;
mod body;
mod connection;
mod controls;
mod customer;
mod customer_routes;
mod customers;
mod envelope;
mod faults;
mod fields;
mod journal;
mod kyc;
mod mishap;
mod money;
mod options;
mod pages;
mod record;
mod records_controls;
mod refusal;
mod routes;
mod schedule;
mod server;
mod simulation;
mod state;
mod store;
mod table;
mod token_route;
mod validation;
mod webhook;
mod worker;

pub use journal::OpenError;
pub use options::{
    AccountDetails, Clock, Duplicates, NationalIds, Options, Owners, RepeatedPayouts,
};
pub use server::{CallBackError, SandboxRail, StartError, start};
