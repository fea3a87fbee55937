use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use vouch_domain::{
    customer::{ContactField, CustomerHandle, Version},
    event::{Event, EventDetail},
    id::CustomerId,
    idempotency::KeyClaim,
    ports::{Amend, AmendOutcome, AmendmentBasis, AmendmentSubject, Customers, StoreError},
    tenant::Tenant,
};

use super::{InMemory, Pending, Record, Retry};

#[async_trait]
impl Customers for InMemory {
    async fn amendment_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError> {
        let state = self.state().await?;
        let bound = claim.and_then(|claim| state.bound(tenant, claim));
        let Some(found) = state.find(tenant, customer) else {
            return Ok(None);
        };
        let known = state.customers.get(&tenant);
        let known = known.and_then(|records| records.get(&found.summary.id));
        let basis = AmendmentBasis {
            subject: known.map_or(AmendmentSubject::WithoutIdentity, |record| {
                AmendmentSubject::Known(Box::new(record.customer.clone()))
            }),
            bound: bound.map(|bound| bound.fingerprint),
        };
        Ok(Some(basis))
    }

    async fn amend(&self, tenant: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError> {
        let mut state = self.state().await?;
        if amend
            .claim
            .is_some_and(|claim| state.bound(tenant, claim).is_some())
        {
            return Ok(AmendOutcome::Outrun);
        }
        let now = state.now;
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
            sequence: i32::try_from(record.events.len() + 1).expect("few events"),
            customer: summary.clone(),
            detail: EventDetail::Updated {
                changed: amend.changed.to_vec(),
            },
        });
        record.join_pending(amend.changed, summary.version, now);
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
        let mut state = self.state().await?;
        let is_free = state.bound(tenant, claim).is_none();
        if is_free {
            state.bind(tenant, claim, customer);
        }
        Ok(is_free)
    }
}

impl Record {
    /// One pending change per customer: a later amendment joins it and is due at once.
    fn join_pending(&mut self, changed: &[ContactField], version: Version, now: Duration) {
        let pending = self.pending.get_or_insert_with(|| Pending {
            fields: BTreeSet::new(),
            version,
            token: None,
            leased_until: now,
            retry: Retry::at_once(now),
        });
        pending.fields.extend(changed);
        pending.version = version;
        pending.retry = Retry::at_once(now);
    }
}
