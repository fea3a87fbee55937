use async_trait::async_trait;
use vouch_domain::{
    customer::CustomerHandle,
    event::{Event, EventType},
    id::CustomerId,
    idempotency::KeyClaim,
    ports::{Amend, AmendOutcome, AmendmentBasis, Customers, StoreError},
    tenant::Tenant,
};

use super::InMemory;

#[async_trait]
impl Customers for InMemory {
    async fn amendment_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError> {
        let state = self.state()?;
        let bound = claim.and_then(|claim| state.bound(tenant, claim));
        let basis = state.find(tenant, customer).map(|record| AmendmentBasis {
            customer: record.customer.clone(),
            bound: bound.map(|bound| bound.fingerprint),
        });
        Ok(basis)
    }

    async fn amend(&self, tenant: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError> {
        let mut state = self.state()?;
        if amend.claim.is_some_and(|claim| state.bound(tenant, claim).is_some()) {
            return Ok(AmendOutcome::Outrun);
        }
        let Some(record) = state.records_mut(tenant).get_mut(&amend.customer) else {
            return Ok(AmendOutcome::Outrun);
        };
        let summary = &mut record.customer.summary;
        if summary.version != amend.expected {
            return Ok(AmendOutcome::Outrun);
        }
        summary.version.0 += 1;
        let summary = summary.clone();
        record.customer.contact = amend.contact.clone();
        record.events.push(Event {
            id: amend.event,
            event_type: EventType::CustomerUpdated,
            sequence: i32::try_from(record.events.len() + 1).expect("few events"),
            customer: summary.clone(),
            changed: amend.changed.to_vec(),
        });
        if let Some(claim) = amend.claim {
            state.bind(tenant, claim, amend.customer);
        }
        Ok(AmendOutcome::Amended(summary))
    }

    async fn bind_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let is_free = state.bound(tenant, claim).is_none();
        if is_free {
            state.bind(tenant, claim, customer);
        }
        Ok(is_free)
    }
}
