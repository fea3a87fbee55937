use std::time::Duration;

use async_trait::async_trait;
use vouch_domain::{
    ports::{LeaseTerms, Reconciliation, Reservation, StoreError},
    tenant::Env,
};

use super::{InMemory, Stage};

const LONGEST_PAUSE: Duration = Duration::from_secs(8);

#[async_trait]
impl Reconciliation for InMemory {
    async fn take_due(
        &self,
        env: Env,
        terms: LeaseTerms,
        limit: u8,
    ) -> Result<Vec<Reservation>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let tenants = state
            .customers
            .iter_mut()
            .filter(|(tenant, _)| tenant.env == env);
        let records = tenants.flat_map(|(tenant, records)| {
            records
                .iter_mut()
                .map(|(id, record)| (*tenant, *id, record))
        });
        let mut taken = Vec::new();
        for (tenant, id, record) in records {
            if taken.len() == usize::from(limit) {
                break;
            }
            let Stage::Reserved(open) = &mut record.stage else {
                continue;
            };
            if open.leased_until > now || open.retry.next_at > now {
                continue;
            }
            open.retry.put_off(now, LONGEST_PAUSE);
            let lease = open.take(now, terms);
            taken.push(Reservation {
                tenant,
                id,
                customer: record.as_new(),
                lease,
            });
        }
        Ok(taken)
    }
}
