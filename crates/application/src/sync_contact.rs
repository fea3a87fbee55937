//! Telling the rail of amended contact data, in order, until it takes or refuses it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;
use vouch_domain::{
    customer::ContactField,
    ports::{ContactSync, PendingChange, RailContactChange, RailFailure, StoreError, Urgency},
    tenant::Env,
};

use crate::{
    background::Wake,
    jobs::{Onward, Work},
    rails::{RailLine, Rails},
};

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
}

#[async_trait]
impl Work for ContactSyncer {
    type Line = RailLine;
    type Job = PendingChange;

    const JOBS: &'static str = "contact changes";
    const AT_ONCE: u8 = 8;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &Rails {
        &self.rails
    }

    async fn take(
        &self,
        env: Env,
        line: &RailLine,
        room: u8,
    ) -> Result<Vec<PendingChange>, StoreError> {
        let lease = lease(line);
        self.store.take_pending_changes(env, lease, room).await
    }

    async fn work_on(&self, line: &RailLine, change: PendingChange, _: Instant) -> Onward {
        let customer = change.customer;
        let recorded = match self.send(line, &change).await {
            Ok(refused) => self.store.settle_change(&change, &refused).await,
            Err(failure) => {
                tracing::warn!(%customer, %failure, "changed contact data has not reached the rail yet");
                self.leave(&change, &failure).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(%customer, %error, "the outcome of a contact change could not be recorded");
        }
        Onward::GoOn
    }
}

impl ContactSyncer {
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
