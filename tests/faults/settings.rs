//! How large the suite is.

use std::{env, str::FromStr, time::Duration};

/// The environment's word, or small defaults.
pub(crate) struct Settings {
    /// The first run's seed; the others follow it.
    pub(crate) seed: u64,
    /// How many runs.
    pub(crate) runs: u64,
    /// Creates, reads and amendments in one run, at least.
    pub(crate) operations: usize,
    /// How long the rail is away in the test of an outage.
    pub(crate) outage: Duration,
}

impl Settings {
    pub(crate) fn of_environment() -> Self {
        Self {
            seed: setting("VOUCH_FAULTS_SEED", 1),
            runs: setting("VOUCH_FAULTS_RUNS", 6),
            operations: setting("VOUCH_FAULTS_OPERATIONS", 160),
            outage: Duration::from_secs(setting("VOUCH_FAULTS_OUTAGE_SECONDS", 5)),
        }
    }
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}
