//! A liquidity provider that plays, for `test` data: no money moves.
//!
//! It remembers nothing. What it answers follows from its seed and from what it is told: a restart changes nothing, and
//! whoever asks twice hears the same. What has happened so far is the caller's to keep.

mod chain_text;
mod market;
mod network;
mod routes;
mod swaps;

use std::time::Duration;

/// The simulator.
#[derive(Debug, Clone)]
pub struct SandboxLiquidity {
    seed: String,
    settles_after: Option<Duration>,
}

impl SandboxLiquidity {
    /// A simulator whose addresses and transactions follow from this seed. Its swaps settle by themselves so long after
    /// they were created; zero means that they do only when they are told to.
    #[must_use]
    pub fn new(seed: impl Into<String>, settles_after: Duration) -> Self {
        Self {
            seed: seed.into(),
            settles_after: (!settles_after.is_zero()).then_some(settles_after),
        }
    }
}
