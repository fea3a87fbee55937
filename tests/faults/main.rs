//! What no fault may break: several service processes on one database and one rail, under a random load of creates,
//! submissions, payouts and accounts, while a script kills them, fails the rail's calls, and takes the database away, and
//! the rail's callbacks come twice, late, in any order, untrue and forged.
//!
//! Every run follows from its seed, apart from the operating system's own timing. `VOUCH_FAULTS_SEED`,
//! `VOUCH_FAULTS_RUNS`, `VOUCH_FAULTS_OPERATIONS` and `VOUCH_FAULTS_OUTAGE_SECONDS` make it larger, or repeat one run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed expectation is a failed test, and a long run tells how far it is"
)]

mod answer;
mod answers;
mod books;
mod claims;
mod client;
mod clock;
mod cluster;
mod courier;
mod database_freeze;
mod database_restart;
mod disturbances;
mod fate;
mod groups;
mod history;
mod orders;
mod patience;
mod plan;
mod port;
#[path = "../acceptance/harness/program.rs"]
mod program;
mod rail;
mod rail_outage;
mod report;
mod runs;
mod service;
mod settings;
mod settling;
mod twins;
mod verdict;
mod world;
