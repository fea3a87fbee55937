use std::time::Duration;

use async_trait::async_trait;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    event::{EventDetail, PayoutMark},
    id::{CustomerId, EventId, PayoutId},
    idempotency::{Fingerprint, KeyClaim},
    payout::{Payout, PayoutEnd, PayoutState, Recipient},
    ports::{
        AbsenceClear, InsertPayout, PageError, PayoutBasis, PayoutCustomer, PayoutJob, PayoutJobs,
        PayoutPage, PayoutPageRequest, PayoutQuestion, PayoutRelease, PayoutStage, Payouts,
        StoreError,
    },
    tenant::{Env, Tenant},
};

use super::{InMemory, Stage, State, money::Looked, queries::cut};

/// A payout, its recipient, and who looks after it.
pub(super) struct PayoutRecord {
    pub(super) payout: Payout,
    asked: Fingerprint,
    recipient: Recipient,
    taken: bool,
    looked: Looked,
}

#[async_trait]
impl Payouts for InMemory {
    async fn payout_basis(
        &self,
        tenant: Tenant,
        question: PayoutQuestion<'_>,
        claim: &KeyClaim,
    ) -> Result<PayoutBasis, StoreError> {
        let state = self.state().await?;
        let payouts = state.payouts.get(&tenant);
        let bound = state.bound(tenant, claim).and_then(|bound| {
            let id = PayoutId::of_time_ordered(bound.subject?);
            let record = payouts?.get(&id)?;
            Some((bound.fingerprint, record.payout.clone()))
        });
        let reference = question.merchant_reference.filter(|_| bound.is_none());
        let namesake = reference.and_then(|reference| {
            let mut records = payouts?.values();
            let record = records.find(|record| record.payout.merchant_reference == *reference)?;
            Some((record.asked, record.payout.clone()))
        });
        let customer = question.customer;
        Ok(PayoutBasis {
            customer: customer.and_then(|handle| state.payout_customer(tenant, handle)),
            bound,
            namesake,
        })
    }

    async fn insert_payout(
        &self,
        tenant: Tenant,
        insert: &InsertPayout<'_>,
    ) -> Result<Option<Payout>, StoreError> {
        let mut state = self.state().await?;
        let request = insert.request;
        let is_used =
            |record: &PayoutRecord| record.payout.merchant_reference == request.merchant_reference;
        let payouts = state.payouts.get(&tenant);
        let mut records = payouts.into_iter().flat_map(|payouts| payouts.values());
        if state.bound(tenant, insert.claim).is_some() || records.any(is_used) {
            return Ok(None);
        }
        let now = state.payout_customer(tenant, &CustomerHandle::Id(insert.customer.id));
        let Some(customer) = now.filter(|now| now.status == Status::Verified) else {
            return Ok(None);
        };
        let needs_address = request.recipient.interac_email.is_none();
        if needs_address && customer.held_address.as_ref() != Some(&insert.recipient.interac_email)
        {
            return Ok(None);
        }
        let payout = Payout {
            id: insert.id,
            customer: customer.id,
            reference: customer.reference,
            currency: request.currency,
            amount: request.amount,
            merchant_reference: request.merchant_reference.clone(),
            state: PayoutState::Processing,
        };
        let record = PayoutRecord {
            payout: payout.clone(),
            asked: insert.asked,
            recipient: insert.recipient.clone(),
            taken: false,
            looked: Looked::due(state.now),
        };
        let payouts = state.payouts.entry(tenant).or_default();
        payouts.insert(payout.id, record);
        state.bind_to(tenant, insert.claim, payout.customer, payout.id.uuid());
        Ok(Some(payout))
    }

    async fn bind_payout_key(
        &self,
        tenant: Tenant,
        payout: &Payout,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        Ok(state.bind_to(tenant, claim, payout.customer, payout.id.uuid()))
    }

    async fn find_payout(
        &self,
        tenant: Tenant,
        id: PayoutId,
    ) -> Result<Option<Payout>, StoreError> {
        let state = self.state().await?;
        let found = state
            .payouts
            .get(&tenant)
            .and_then(|payouts| payouts.get(&id));
        Ok(found.map(|record| record.payout.clone()))
    }

    async fn payouts_page(
        &self,
        tenant: Tenant,
        request: &PayoutPageRequest,
    ) -> Result<PayoutPage, PageError> {
        let state = self.state().await?;
        let payouts = state.payouts.get(&tenant);
        let is_known = |after| payouts.is_some_and(|payouts| payouts.contains_key(after));
        if request.after.as_ref().is_some_and(|after| !is_known(after)) {
            return Err(PageError::UnknownCursor);
        }
        let customer = request.customer.as_ref().map(|handle| {
            let found = state.find(tenant, handle);
            found.map(|customer| customer.summary.id)
        });
        let newest_first = payouts
            .into_iter()
            .flat_map(|payouts| payouts.values().rev());
        let matches = newest_first.filter(|record| {
            let payout = &record.payout;
            request.after.is_none_or(|after| payout.id < after)
                && customer.is_none_or(|customer| customer == Some(payout.customer))
        });
        let (payouts, has_more) = cut(matches.map(|record| record.payout.clone()), request.limit);
        Ok(PayoutPage { payouts, has_more })
    }
}

#[async_trait]
impl PayoutJobs for InMemory {
    async fn take_due_payouts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PayoutJob>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let State {
            payouts, customers, ..
        } = &mut *state;
        let of_env = payouts.iter_mut().filter(|(tenant, _)| tenant.env == env);
        let due = of_env.flat_map(|(tenant, payouts)| {
            let customers = customers.get(tenant);
            payouts.values_mut().filter_map(move |record| {
                let customer = customers?.get(&record.payout.customer)?;
                let Stage::Provisioned(rail_customer) = &customer.stage else {
                    return None;
                };
                let is_over = record.payout.state != PayoutState::Processing;
                let taken = (!is_over)
                    .then(|| record.looked.take(now, lease))
                    .flatten()?;
                let payout = &record.payout;
                Some(PayoutJob {
                    tenant: *tenant,
                    payout: payout.id,
                    rail_customer: rail_customer.clone(),
                    currency: payout.currency,
                    amount: payout.amount,
                    merchant_reference: payout.merchant_reference.clone(),
                    recipient: record.recipient.clone(),
                    stage: match (record.taken, record.looked.attempts()) {
                        (true, _) => PayoutStage::Taken,
                        (false, 1) => PayoutStage::Unsent,
                        (false, _) => PayoutStage::Doubtful {
                            absence_clear_in: taken.absence_clear_in,
                        },
                    },
                    lease: taken.token,
                    hastened: taken.hastened,
                })
            })
        });
        Ok(due.take(usize::from(limit)).collect())
    }

    async fn next_due_payout(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        let state = self.state().await?;
        let of_env = state.payouts.iter().filter(|(tenant, _)| tenant.env == env);
        let records = of_env.flat_map(|(_, payouts)| payouts.values());
        let open = records.filter(|record| record.payout.state == PayoutState::Processing);
        Ok(open
            .filter_map(|record| record.looked.due_in(state.now))
            .min())
    }

    async fn payout_customer(&self, job: &PayoutJob) -> Result<Status, StoreError> {
        let state = self.state().await?;
        let payouts = &state.payouts[&job.tenant];
        Ok(state.status_of(job.tenant, payouts[&job.payout].payout.customer))
    }

    async fn end_payout(
        &self,
        job: &PayoutJob,
        end: PayoutEnd,
        event: EventId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let Some(record) = state.held_payout(job) else {
            return Ok(false);
        };
        record.payout.state = PayoutState::Ended(end);
        record.looked.end();
        let customer = record.payout.customer;
        let mark = PayoutMark {
            payout: job.payout,
            currency: job.currency,
            amount: job.amount,
            merchant_reference: job.merchant_reference.clone(),
        };
        let detail = EventDetail::PayoutEnded(mark, end);
        state.log_event(job.tenant, customer, event, detail);
        Ok(true)
    }

    async fn release_payout(
        &self,
        job: &PayoutJob,
        release: PayoutRelease,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(record) = state.held_payout(job) else {
            return Ok(());
        };
        let (absence, pause) = match release {
            PayoutRelease::Failed(absence) => (absence, None),
            PayoutRelease::TooEarly(pause) => (AbsenceClear::AsBefore, Some(pause)),
            PayoutRelease::Taken(pause) => {
                record.taken = true;
                (AbsenceClear::AsBefore, Some(pause))
            }
        };
        record.looked.release(now, absence, pause, job.hastened);
        Ok(())
    }

    async fn hasten_payout(&self, env: Env, payout: PayoutId) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let of_env = state
            .payouts
            .iter_mut()
            .filter(|(tenant, _)| tenant.env == env);
        let mut found = of_env.filter_map(|(_, payouts)| payouts.get_mut(&payout));
        let open = found.find(|record| record.payout.state == PayoutState::Processing);
        Ok(open.is_some_and(|record| {
            record.looked.hasten(now);
            true
        }))
    }
}

impl State {
    fn payout_customer(&self, tenant: Tenant, handle: &CustomerHandle) -> Option<PayoutCustomer> {
        let summary = self.find(tenant, handle)?.summary;
        let record = self.customers.get(&tenant)?.get(&summary.id);
        let holds = record.is_some_and(|record| record.holds_address);
        Some(PayoutCustomer {
            id: summary.id,
            reference: summary.reference.clone(),
            status: summary.status,
            own_address: summary.interac_email.clone(),
            held_address: summary.interac_email.clone().filter(|_| holds),
        })
    }

    /// The payout, if the job still has the lease.
    fn held_payout(&mut self, job: &PayoutJob) -> Option<&mut PayoutRecord> {
        let record = self.payouts.get_mut(&job.tenant)?.get_mut(&job.payout)?;
        record.looked.is_held_by(job.lease).then_some(record)
    }

    /// Whether a payout of the customer is processing.
    pub(super) fn has_processing_payout(&self, tenant: Tenant, customer: CustomerId) -> bool {
        let payouts = self.payouts.get(&tenant).into_iter();
        let mut payouts = payouts.flat_map(|payouts| payouts.values());
        payouts.any(|record| {
            record.payout.customer == customer && record.payout.state == PayoutState::Processing
        })
    }
}
