//! Whether this process can do its work.

use std::sync::Arc;

use async_trait::async_trait;
use vouch_domain::tenant::Env;
use vouch_http::{Readiness, ReadinessReport};
use vouch_postgres::Database;

use crate::{rails::ConfiguredRails, sandbox::Sandbox};

/// Ready as long as the database answers; what else is missing is named as degraded.
pub(crate) struct ServiceReadiness {
    database: Database,
    rails: Arc<ConfiguredRails>,
    /// What has been missing since the start.
    missing: Vec<String>,
}

impl ServiceReadiness {
    pub(crate) fn new(
        database: Database,
        sandbox: Option<&Sandbox>,
        rails: Arc<ConfiguredRails>,
    ) -> Self {
        let mut missing = Vec::new();
        if sandbox.is_some_and(|sandbox| !sandbox.is_ours) {
            missing.push(
                "test customers cannot be created: the database knows another sandbox rail; set VOUCH_RAIL_TEST_URL"
                    .to_owned(),
            );
        }
        if rails.rails.of(Env::Live).is_none() {
            missing.push(
                "live customers cannot be created: no rail is configured; set VOUCH_RAIL_LIVE_URL"
                    .to_owned(),
            );
        }
        Self {
            database,
            rails,
            missing,
        }
    }
}

#[async_trait]
impl Readiness for ServiceReadiness {
    async fn check(&self) -> ReadinessReport {
        let answers = self.database.ping().await.is_ok();
        let mut degraded = self.missing.clone();
        degraded.extend(self.rails.down().map(|env| {
            format!(
                "the {} rail does not answer: customers are created when it is back",
                env.as_str()
            )
        }));
        if !answers {
            degraded.push("the database does not answer".to_owned());
        }
        ReadinessReport {
            ready: answers,
            degraded,
        }
    }
}
