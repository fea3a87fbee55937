use std::path::PathBuf;
use std::time::Duration;

use crate::binaries::binary_folders;

/// How to start the server. Everything but the data folder and the time-out takes effect only when
/// this call starts the server; one that runs already is joined as it is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the cluster and its locks live; made when absent. Must be valid UTF-8 once resolved.
    pub data_dir: PathBuf,
    /// What a committed transaction survives.
    pub durability: Durability,
    /// More PostgreSQL settings as (name, value), such as `("max_connections", "200")`. Those that
    /// keep the server private and its log free of personal data cannot be changed.
    pub settings: Vec<(String, String)>,
    /// Folders searched for `initdb`, `postgres` and `pg_ctl`, the best first.
    pub binaries: Vec<PathBuf>,
    /// How long [`start`](crate::start) may take in all, a new cluster and crash recovery included.
    pub start_timeout: Duration,
}

impl Options {
    /// Safe durability, the installed binaries and 60 seconds to start.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durability: Durability::Safe,
            settings: Vec::new(),
            binaries: binary_folders(),
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// What a committed transaction survives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// A crash of the server, of the machine, and a power cut.
    Safe,
    /// An orderly stop. A crash of the server loses the last transactions, one of the machine may
    /// ruin the cluster. For tests.
    Fast,
}
