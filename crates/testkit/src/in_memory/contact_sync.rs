use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    customer::ContactField,
    ports::{ContactSync, PendingChange, StoreError},
    tenant::{Env, Tenant},
};

use super::{InMemory, Pending, Record, Stage, State, submissions::is_being_handed_over};

const LONGEST_PAUSE: Duration = Duration::from_secs(256);

#[async_trait]
impl ContactSync for InMemory {
    async fn take_pending_changes(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PendingChange>, StoreError> {
        let mut state = self.state().await?;
        let State {
            now,
            customers,
            submissions,
            ..
        } = &mut *state;
        let tenants = customers.iter_mut().filter(|(tenant, _)| tenant.env == env);
        let due = tenants.flat_map(|(tenant, records)| {
            let idle = records.values_mut().filter(|record| {
                !is_being_handed_over(submissions, *tenant, record.customer.summary.id)
            });
            idle.filter_map(|record| record.take_pending(*tenant, *now, lease))
        });
        Ok(due.take(usize::from(limit)).collect())
    }

    async fn settle_change(
        &self,
        change: &PendingChange,
        refused: &[ContactField],
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(record) = state.with_lease(change) else {
            return Ok(());
        };
        record
            .refused
            .retain(|field| !change.fields.contains(field));
        record.refused.extend(refused);
        match &mut record.pending {
            Some(pending) if pending.version != change.version => {
                pending.token = None;
                pending.leased_until = now;
            }
            settled => *settled = None,
        }
        Ok(())
    }

    async fn free_change(&self, change: &PendingChange) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let record = state.with_lease(change);
        if let Some(pending) = record.and_then(|record| record.pending.as_mut()) {
            pending.leased_until = now;
        }
        Ok(())
    }
}

impl State {
    /// The customer, if the change still has the lease.
    fn with_lease(&mut self, change: &PendingChange) -> Option<&mut Record> {
        let record = self.records_mut(change.tenant).get_mut(&change.customer)?;
        let is_held = |pending: &Pending| pending.token == Some(change.lease);
        record
            .pending
            .as_ref()
            .is_some_and(is_held)
            .then_some(record)
    }
}

impl Record {
    fn take_pending(
        &mut self,
        tenant: Tenant,
        now: Duration,
        lease: Duration,
    ) -> Option<PendingChange> {
        let Stage::Provisioned(rail_customer) = &self.stage else {
            return None;
        };
        let pending = self.pending.as_mut()?;
        if pending.leased_until > now || pending.retry.next_at > now {
            return None;
        }
        let token = Uuid::new_v4();
        pending.token = Some(token);
        pending.leased_until = now + lease;
        pending.retry.put_off(now, LONGEST_PAUSE);
        Some(PendingChange {
            tenant,
            customer: self.customer.summary.id,
            rail_customer: rail_customer.clone(),
            contact: self.customer.contact.clone(),
            fields: pending.fields.iter().copied().collect(),
            version: pending.version,
            lease: token,
        })
    }
}
