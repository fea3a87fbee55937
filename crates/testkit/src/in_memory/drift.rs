use async_trait::async_trait;
use vouch_domain::{
    ports::{CustomerKey, Drift, RailCustomerId, StoreError, TrackedCustomer},
    tenant::{Env, Tenant},
};

use super::{InMemory, Record, Stage, State};

#[async_trait]
impl Drift for InMemory {
    async fn tracked_customers(
        &self,
        env: Env,
        after: Option<CustomerKey>,
        limit: u16,
    ) -> Result<Vec<TrackedCustomer>, StoreError> {
        let state = self.state().await?;
        let of_env = state
            .customers
            .iter()
            .filter(|(tenant, _)| tenant.env == env);
        let mut tracked: Vec<_> = of_env
            .flat_map(|(tenant, records)| records.values().map(|record| record.tracked(*tenant)))
            .filter(|customer| after.is_none_or(|after| customer.key > after))
            .collect();
        tracked.sort_by_key(|customer| customer.key);
        tracked.truncate(usize::from(limit));
        Ok(tracked)
    }

    async fn unbound(
        &self,
        env: Env,
        records: &[RailCustomerId],
    ) -> Result<Vec<RailCustomerId>, StoreError> {
        let state = self.state().await?;
        let is_unbound = |record: &&RailCustomerId| !state.is_bound(env, record);
        Ok(records.iter().filter(is_unbound).cloned().collect())
    }
}

impl State {
    fn is_bound(&self, env: Env, rail_customer: &RailCustomerId) -> bool {
        let of_env = self
            .customers
            .iter()
            .filter(|(tenant, _)| tenant.env == env);
        let mut records = of_env.flat_map(|(_, records)| records.values());
        records.any(|record| record.rail_customer() == Some(rail_customer))
    }
}

impl Record {
    fn rail_customer(&self) -> Option<&RailCustomerId> {
        match &self.stage {
            Stage::Provisioned(id) => Some(id),
            Stage::Reserved(_) => None,
        }
    }

    fn tracked(&self, tenant: Tenant) -> TrackedCustomer {
        let pending = self.pending.as_ref();
        let is_pending = |field| pending.is_some_and(|pending| pending.fields.contains(field));
        TrackedCustomer {
            key: CustomerKey {
                organisation: tenant.organisation,
                customer: self.customer.summary.id,
            },
            is_reserved: matches!(self.stage, Stage::Reserved(_)),
            rail_customer: self.rail_customer().cloned(),
            // The store lets nobody bind a record twice.
            is_rail_customer_shared: false,
            contact: self.customer.contact.clone(),
            refused: self
                .refused
                .iter()
                .filter(|field| !is_pending(field))
                .copied()
                .collect(),
        }
    }
}
