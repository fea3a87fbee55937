//! Telling the rail of amended contact data, in order, until it takes or refuses it.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use vouch_domain::{
    customer::ContactField,
    ports::{ContactSync, PendingChange, RailContactChange, RailFailure, StoreError, Urgency},
    tenant::Env,
};

use crate::{
    background::Wake,
    rails::{RailLine, Rails},
};

/// How often the store is asked when nothing in this process calls for it.
const PERIOD: Duration = Duration::from_secs(1);
/// How many changes are worked on at once.
const BATCH: u8 = 8;
/// How many batches one pass takes before it looks around again.
const BATCHES_PER_PASS: u8 = 64;

/// Sends pending changes to the rail, until it is stopped.
pub struct ContactSyncer {
    store: Arc<dyn ContactSync>,
    rails: Rails,
    wake: Wake,
}

impl ContactSyncer {
    /// A syncer on this store.
    #[must_use]
    pub fn new(store: Arc<dyn ContactSync>, rails: Rails, wake: Wake) -> Self {
        Self { store, rails, wake }
    }

    /// Works until it is stopped, and finishes what it has taken by then. On each env by itself: one rail's trouble does
    /// not hold up the other's customers.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let pass = || async {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "pending contact changes could not be read");
            }
            PERIOD
        };
        self.wake.repeat(pass).await;
    }

    /// Takes what is due in one env and sends it. Answers how many changes it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.rails.of(env) else {
            return Ok(0);
        };
        let mut taken = 0;
        for _ in 0..BATCHES_PER_PASS {
            if self.wake.is_stopped() {
                break;
            }
            let due = self
                .store
                .take_pending_changes(env, lease(line), BATCH)
                .await?;
            if due.is_empty() {
                break;
            }
            taken += due.len();
            join_all(due.iter().map(|change| self.work_on(line, change))).await;
        }
        Ok(taken)
    }

    async fn work_on(&self, line: &RailLine, change: &PendingChange) {
        let customer = change.customer;
        let recorded = match self.send(line, change).await {
            Ok(refused) => self.store.settle_change(change, &refused).await,
            Err(failure) => {
                tracing::warn!(%customer, %failure, "changed contact data has not reached the rail yet");
                self.leave(change, &failure).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(%customer, %error, "the outcome of a contact change could not be recorded");
        }
    }

    /// Leaves a change pending. What may still be under way keeps its lease, which outlasts the settle time: nothing
    /// older can then overtake the next attempt.
    async fn leave(&self, change: &PendingChange, failure: &RailFailure) -> Result<(), StoreError> {
        match failure {
            RailFailure::Unclear { .. } => Ok(()),
            _ => self.store.free_change(change).await,
        }
    }

    /// Answers which fields the rail refused.
    async fn send(
        &self,
        line: &RailLine,
        change: &PendingChange,
    ) -> Result<Vec<ContactField>, RailFailure> {
        let refused = match update(line, change, &change.fields).await {
            Ok(()) => return Ok(Vec::new()),
            Err(RailFailure::Refused { .. }) => one_by_one(line, change).await?,
            Err(failure) => return Err(failure),
        };
        let fields: Vec<_> = refused.iter().map(|field| field.name()).collect();
        tracing::warn!(customer = %change.customer, ?fields, "the rail refused changed contact data");
        Ok(refused)
    }
}

/// Sends each field alone, so that one which the rail will not change does not hold up the others. Answers which it
/// refused.
async fn one_by_one(
    line: &RailLine,
    change: &PendingChange,
) -> Result<Vec<ContactField>, RailFailure> {
    let [first, rest @ ..] = change.fields.as_slice() else {
        return Ok(Vec::new());
    };
    if rest.is_empty() {
        return Ok(vec![*first]);
    }
    let mut refused = Vec::new();
    for field in &change.fields {
        match update(line, change, &[*field]).await {
            Ok(()) => {}
            Err(RailFailure::Refused { .. }) => refused.push(*field),
            Err(failure) => return Err(failure),
        }
    }
    Ok(refused)
}

async fn update(
    line: &RailLine,
    change: &PendingChange,
    fields: &[ContactField],
) -> Result<(), RailFailure> {
    let sent = RailContactChange {
        contact: &change.contact,
        fields,
    };
    line.rail
        .update_customer(&change.rail_customer, sent, Urgency::Background)
        .await
}

/// Long enough to send every field alone, and for the rail to have decided about the last of them.
fn lease(line: &RailLine) -> Duration {
    let calls = u32::try_from(ContactField::ALL.len()).unwrap_or(u32::MAX) + 1;
    line.terms.look_up * calls + line.terms.settle
}
