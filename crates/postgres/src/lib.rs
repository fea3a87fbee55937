//! Storage on PostgreSQL: the ports of the domain, one file each, and the sealing of personal data.
//!
//! The only crate that speaks SQL. Each port method is one statement where speed matters, and atomic in any case.

mod answers;
mod api_keys;
mod callback_inbox;
mod connect;
mod contact_sync;
mod customers;
mod database;
mod deposits;
mod document_keys;
mod drift;
mod error;
mod event_rows;
mod execution;
mod grams;
mod hashing;
mod idempotency_keys;
mod installation;
mod kyc_basis;
mod kyc_files;
mod ledger;
mod migrations;
mod organisations;
mod payment_routes;
mod personal_data;
mod provisioning;
mod queries;
mod reconciliation;
mod retention;
mod reviews;
mod route_rows;
mod rows;
mod sealing;
mod settlement;
mod standing;
mod statement;
mod status_changes;
mod status_history;
mod submission_jobs;
mod submissions;
mod swap_rows;
mod swaps;
mod treasury_customers;

pub use database::{ConnectError, Database, PoolSettings, Pooler, Store};
pub use grams::sought;
pub use installation::{Installation, InstallationError};
pub use migrations::{MigrationError, SchemaState, migrate, schema_state};
pub use sealing::{MasterKey, MasterKeys, MasterKeysError};
