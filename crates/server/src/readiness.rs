//! Whether this process can do its work.

use async_trait::async_trait;
use vouch_application::rails::Rails;
use vouch_domain::tenant::Env;
use vouch_http::{Readiness, ReadinessReport};
use vouch_postgres::Database;

use crate::sandbox::Sandbox;

/// Ready as long as the database answers; what else is missing is named as degraded.
pub(crate) struct ServiceReadiness {
    database: Database,
    degraded: Vec<String>,
}

impl ServiceReadiness {
    pub(crate) fn new(database: Database, sandbox: Option<&Sandbox>, rails: &Rails) -> Self {
        let mut degraded = Vec::new();
        if sandbox.is_some_and(|sandbox| !sandbox.is_ours) {
            degraded.push(
                "test customers cannot be created: the database knows another sandbox rail; set VOUCH_RAIL_TEST_URL"
                    .to_owned(),
            );
        }
        if rails.of(Env::Live).is_none() {
            degraded.push(
                "live customers cannot be created: no rail is configured; set VOUCH_RAIL_LIVE_URL"
                    .to_owned(),
            );
        }
        Self { database, degraded }
    }
}

#[async_trait]
impl Readiness for ServiceReadiness {
    async fn check(&self) -> ReadinessReport {
        let answers = self.database.ping().await.is_ok();
        let mut degraded = self.degraded.clone();
        if !answers {
            degraded.push("the database does not answer".to_owned());
        }
        ReadinessReport {
            ready: answers,
            degraded,
        }
    }
}
