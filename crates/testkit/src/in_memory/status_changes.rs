use async_trait::async_trait;
use chrono::{DateTime, Utc};
use vouch_domain::{
    customer::{
        Cause, CustomerHandle, CustomerSummary, Explanation, RailReason, Rejection, Status,
        StatusChange, TransitionRefused,
    },
    event::{Event, EventDetail},
    id::{CustomerId, StatusChangeId},
    idempotency::KeyClaim,
    ports::{
        ChangeStatus, StatusBasis, StatusChanges, StatusHistory, StoreError, TransitionOutcome,
    },
    tenant::Tenant,
};

use super::{InMemory, State};

/// A change of a status, with what only operators are shown.
pub(super) struct Noted {
    pub(super) change: StatusChange,
    /// Of the last event by then.
    sequence: usize,
    reason: Option<RailReason>,
    told_at: Option<DateTime<Utc>>,
}

/// Whether a submission was the last to move the customer.
pub(super) fn is_reopened(history: &[Noted]) -> bool {
    let mut applied = history.iter().rev().filter(|noted| noted.change.applied);
    let last = applied.next();
    last.is_some_and(|noted| noted.change.cause == Cause::Submission)
}

/// The number of the last event that bore on the status.
pub(super) fn status_event(events: &[Event]) -> i32 {
    let mut newest_first = events.iter().rev();
    let last = newest_first.find(|event| {
        matches!(
            event.detail,
            EventDetail::StatusChanged { .. }
                | EventDetail::Closed
                | EventDetail::KycSubmitted { .. }
        )
    });
    last.map_or(0, |event| event.sequence)
}

#[async_trait]
impl StatusChanges for InMemory {
    async fn status_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<StatusBasis>, StoreError> {
        let state = self.state().await?;
        let bound = claim.and_then(|claim| state.bound(tenant, claim));
        let found = state.find(tenant, customer);
        Ok(found.map(|found| StatusBasis {
            customer: found.summary.clone(),
            status_event: status_event(found.events),
            bound: bound.map(|bound| bound.fingerprint),
        }))
    }

    async fn transition(
        &self,
        tenant: Tenant,
        change: &ChangeStatus<'_>,
    ) -> Result<TransitionOutcome, StoreError> {
        let mut state = self.state().await?;
        if !state.may_change(tenant, change) {
            return Ok(TransitionOutcome::Outrun);
        }
        let transition = change.transition;
        if transition.to == Status::Closed && state.has_processing_payout(tenant, change.customer) {
            return Ok(TransitionOutcome::PayoutsProcessing);
        }
        if change.explanation.is_some() != (transition.to == Status::Rejected) {
            return Err(StoreError::Defect("why it is so is unsaid".to_owned()));
        }
        let wants_hold =
            transition.retakes_hold() && state.has_interac_email(tenant, change.customer);
        let hold_lost = wants_hold && state.is_address_taken(tenant, change.customer);
        if hold_lost && transition.cause == Cause::Submission {
            return Ok(TransitionOutcome::InteracEmailTaken);
        }
        if let Some(record) = state.records_mut(tenant).get_mut(&change.customer) {
            record.holds_address = match wants_hold {
                true => !hold_lost,
                false => record.holds_address && !transition.releases_hold(),
            };
        }
        if transition.to == Status::Closed {
            state.reviews.remove(&(tenant, change.customer));
            state.discard_files(tenant, change.customer);
        }
        if let Some(claim) = change.claim {
            state.bind(tenant, claim, change.customer);
        }
        let customer = state.move_on(tenant, change);
        state.note(tenant, change, hold_lost);
        // Another submission is about to come; the one before it stays as it ended.
        if transition.cause != Cause::Submission {
            let decision = StatusChangeId::of_time_ordered(change.event.uuid());
            state.follow_customer(tenant, change.customer, transition.to, Some(decision));
        }
        state.end_accounts(tenant, change.customer, transition.to);
        Ok(TransitionOutcome::Changed {
            customer,
            hold_lost,
        })
    }

    async fn record_refusal(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        id: StatusChangeId,
        refused: TransitionRefused,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let sequence = state.event_count(tenant, customer);
        let change = StatusChange {
            id,
            cause: refused.cause,
            from: refused.from,
            to: refused.to,
            applied: false,
            hold_lost: false,
            rejection: None,
        };
        let history = state.history.entry((tenant, customer)).or_default();
        let is_known = history.iter().any(|known| {
            let renamed = StatusChange {
                id,
                ..known.change.clone()
            };
            known.sequence == sequence && renamed == change
        });
        if !is_known {
            history.push(Noted {
                change,
                sequence,
                reason: None,
                told_at: None,
            });
        }
        Ok(())
    }

    async fn explain_rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        explanation: &Explanation,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        if let Some(noted) = state.rejected(tenant, customer)
            && noted.told_at <= explanation.told_at
        {
            noted.change.rejection = Some(explanation.rejection);
            noted.reason = explanation.reason.clone();
            noted.told_at = explanation.told_at;
        }
        Ok(())
    }
}

#[async_trait]
impl StatusHistory for InMemory {
    async fn status_history(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Vec<StatusChange>, StoreError> {
        let state = self.state().await?;
        let history = state.history.get(&(tenant, customer)).into_iter();
        Ok(history
            .flatten()
            .map(|noted| noted.change.clone())
            .collect())
    }

    async fn rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<Rejection>, StoreError> {
        let mut state = self.state().await?;
        let noted = state.rejected(tenant, customer);
        Ok(noted.and_then(|noted| noted.change.rejection))
    }

    async fn rail_reason(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<RailReason>, StoreError> {
        let mut state = self.state().await?;
        let noted = state.rejected(tenant, customer);
        Ok(noted.and_then(|noted| noted.reason.clone()))
    }

    async fn holds_interac_email(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let record = state.records_mut(tenant).get(&customer);
        Ok(record.is_some_and(|record| record.holds_address))
    }
}

impl State {
    /// Whether the customer stands as when the change was judged, the key is free, and the lease still held.
    fn may_change(&mut self, tenant: Tenant, change: &ChangeStatus<'_>) -> bool {
        let is_key_used = change
            .claim
            .is_some_and(|claim| self.bound(tenant, claim).is_some());
        let review = self.reviews.get(&(tenant, change.customer));
        let is_lease_held = change
            .review
            .is_none_or(|lease| review.is_some_and(|review| review.token == Some(lease)));
        let found = self.find(tenant, &CustomerHandle::Id(change.customer));
        let is_as_judged =
            found.is_some_and(|found| status_event(found.events) == change.status_event);
        is_as_judged && is_lease_held && !is_key_used
    }

    fn has_interac_email(&mut self, tenant: Tenant, customer: CustomerId) -> bool {
        let record = self.records_mut(tenant).get(&customer);
        record.is_some_and(|record| record.customer.summary.interac_email.is_some())
    }

    /// Whether another customer holds the address of this one.
    fn is_address_taken(&mut self, tenant: Tenant, customer: CustomerId) -> bool {
        let record = self.records_mut(tenant).get(&customer);
        let address = record.and_then(|record| record.customer.summary.interac_email.clone());
        address.is_some_and(|address| self.is_held(tenant, &address))
    }

    /// Changes status and version, and appends the event.
    fn move_on(&mut self, tenant: Tenant, change: &ChangeStatus<'_>) -> CustomerSummary {
        let (summary, events) = self
            .changeable(tenant, change.customer)
            .expect("a customer");
        summary.status = change.transition.to;
        summary.version.0 += 1;
        events.push(Event {
            id: change.event,
            sequence: i32::try_from(events.len() + 1).expect("few events"),
            customer: summary.clone(),
            detail: EventDetail::from(change.transition),
        });
        summary.clone()
    }

    fn note(&mut self, tenant: Tenant, change: &ChangeStatus<'_>, hold_lost: bool) {
        let explanation = change.explanation;
        let noted = Noted {
            change: StatusChange {
                id: StatusChangeId::of_time_ordered(change.event.uuid()),
                cause: change.transition.cause,
                from: change.transition.from,
                to: change.transition.to,
                applied: true,
                hold_lost,
                rejection: explanation.map(|why| why.rejection),
            },
            sequence: self.event_count(tenant, change.customer),
            reason: explanation.and_then(|why| why.reason.clone()),
            told_at: explanation.and_then(|why| why.told_at),
        };
        let history = self.history.entry((tenant, change.customer)).or_default();
        history.push(noted);
    }

    /// Why the customer is rejected, as far as it is known.
    pub(super) fn present_rejection(
        &mut self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Option<Rejection> {
        self.rejected(tenant, customer)?.change.rejection
    }

    /// The change that made a rejected customer so.
    fn rejected(&mut self, tenant: Tenant, customer: CustomerId) -> Option<&mut Noted> {
        let (summary, _) = self.changeable(tenant, customer)?;
        if summary.status != Status::Rejected {
            return None;
        }
        let history = self.history.get_mut(&(tenant, customer))?;
        let mut applied = history
            .iter_mut()
            .rev()
            .filter(|noted| noted.change.applied);
        applied
            .next()
            .filter(|noted| noted.change.to == Status::Rejected)
    }

    fn event_count(&mut self, tenant: Tenant, customer: CustomerId) -> usize {
        let found = self.changeable(tenant, customer);
        found.map_or(0, |(_, events)| events.len())
    }

    /// What changes with the status of a customer, whoever made it.
    fn changeable(
        &mut self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Option<(&mut CustomerSummary, &mut Vec<Event>)> {
        let known = self.customers.get_mut(&tenant);
        if let Some(record) = known.and_then(|records| records.get_mut(&customer)) {
            return Some((&mut record.customer.summary, &mut record.events));
        }
        let made = self.treasury.get_mut(&tenant);
        let record = made.and_then(|records| records.get_mut(&customer))?;
        Some((&mut record.summary, &mut record.events))
    }
}
