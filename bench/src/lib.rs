//! Measures Vouch against PostgreSQL itself: the service under load, `pgbench` running the very statements that the
//! service sends, and a handler that answers with a constant, in turns on the same machine.

pub mod comparison;
pub mod creates;
pub mod data;
pub mod home;
pub mod limit;
pub mod measurement;
pub mod outcome;
pub mod paths;
pub mod pgbench;
pub mod plot;
pub mod program;
pub mod rail;
pub mod report;
pub mod scenario;
pub mod script;
pub mod service;
pub mod stage;
pub mod statements;
pub mod treasury;
pub mod usage;
pub mod wrk;

/// Why a measurement came to nothing: one line for the person at the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
