//! A server that behaves like the KYC rail (Blaaiz), for the `test` env, development and tests.
//!
//! It speaks the vendor's wire contract well enough for the vendor's own SDKs, keeps its customers across restarts,
//! and can be told to fail in every way a client of the rail must survive. The controls for that live under
//! `/_sandbox` and need no credentials.
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
mod connection;
mod controls;
mod customer;
mod customer_routes;
mod customers;
mod envelope;
mod faults;
mod fields;
mod journal;
mod options;
mod refusal;
mod server;
mod simulation;
mod store;
mod token_route;
mod validation;

pub use journal::OpenError;
pub use options::{Clock, Duplicates, NationalIds, Options};
pub use server::{SandboxRail, StartError, start};
