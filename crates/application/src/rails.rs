//! Which rail serves which env.

use std::{sync::Arc, time::Duration};

use vouch_domain::{
    ports::{LeaseTerms, Rail, RailKyc},
    tenant::Env,
};

/// A rail and how long its calls may take.
#[derive(Clone)]
pub struct RailLine {
    /// The rail.
    pub rail: Arc<dyn Rail>,
    /// Where it takes files and submissions.
    pub kyc: Arc<dyn RailKyc>,
    /// Deadlines and settle time.
    pub terms: LeaseTerms,
}

/// The rail of each env; none where none is configured.
#[derive(Clone, Default)]
pub struct Rails {
    /// For test data.
    pub test: Option<RailLine>,
    /// For live data.
    pub live: Option<RailLine>,
}

impl Rails {
    /// The rail of this env.
    #[must_use]
    pub fn of(&self, env: Env) -> Option<&RailLine> {
        match env {
            Env::Test => self.test.as_ref(),
            Env::Live => self.live.as_ref(),
        }
    }
}

/// When a caller should try again if nobody said anything better.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(2);
