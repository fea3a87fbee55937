use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use vouch_domain::{
    id::CustomerId,
    ports::{Retention, StoreError},
};

use super::{AnswerState, InMemory, Stage};

#[async_trait]
impl Retention for InMemory {
    async fn purge_idempotency_keys(&self, age: Duration, limit: u16) -> Result<usize, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let records = state.customers.values().flat_map(|records| records.iter());
        let open: HashSet<CustomerId> = records
            .filter(|(_, record)| matches!(record.stage, Stage::Reserved(_)))
            .map(|(id, _)| *id)
            .collect();
        let expired = state
            .keys
            .iter()
            .filter(|(_, bound)| bound.bound_at + age < now && !open.contains(&bound.customer));
        let answers = state.answers.iter().filter(|(_, key)| {
            let is_leased = matches!(key.state, AnswerState::Leased { until, .. } if until > now);
            key.bound_at + age < now && !is_leased
        });
        let expired: Vec<_> = expired
            .map(|(key, _)| key.clone())
            .chain(answers.map(|(key, _)| key.clone()))
            .take(usize::from(limit))
            .collect();
        for key in &expired {
            state.keys.remove(key);
            state.answers.remove(key);
        }
        Ok(expired.len())
    }

    async fn purge_callbacks(&self, age: Duration, limit: u16) -> Result<usize, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let old = state
            .callbacks
            .iter()
            .filter(|(_, callback)| callback.ended_at.is_some_and(|ended| ended + age < now));
        let old: Vec<_> = old.map(|(key, _)| *key).take(usize::from(limit)).collect();
        for key in &old {
            state.callbacks.remove(key);
        }
        Ok(old.len())
    }
}
