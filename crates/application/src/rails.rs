//! Which rail serves which env.

use std::{sync::Arc, time::Duration};

use vouch_domain::ports::{LeaseTerms, Rail, RailKyc};

use crate::lines::Lines;

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

/// The rail of each env.
pub type Rails = Lines<RailLine>;

/// When a caller should try again if nobody said anything better.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(2);
