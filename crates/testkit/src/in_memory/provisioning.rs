use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    customer::{
        Customer, CustomerSummary, IdentityField, NewCustomer, Status, Version, differing_fields,
    },
    event::{Event, EventDetail},
    id::{CustomerId, EventId},
    idempotency::{KeyClaim, Repetition},
    ports::{
        AbsenceClear, Lease, LeaseTerms, Provisioning, RailCustomerId, RecordOutcome, Reservation,
        Reserve, Reserved, Standing, StoreError,
    },
    tenant::{Env, Tenant},
    values::InteracEmail,
};

use super::{InMemory, OpenLease, Record, Retry, Stage, State};

#[async_trait]
impl Provisioning for InMemory {
    async fn reserve(&self, tenant: Tenant, reserve: &Reserve<'_>) -> Result<Reserved, StoreError> {
        let mut state = self.state().await?;
        if !state.organisations.contains_key(&tenant.organisation) {
            return Err(StoreError::Defect("no such organisation".to_owned()));
        }
        let standing = state.judge(tenant, reserve.claim, Some(reserve.customer), reserve.terms);
        if let Some(standing) = standing {
            return Ok(Reserved::Stands(standing));
        }
        let lease = Lease {
            token: Uuid::new_v4(),
            absence_clear_in: Duration::ZERO,
        };
        let open = OpenLease {
            token: lease.token,
            leased_until: state.now + reserve.terms.lease(),
            absence_clear_at: Duration::ZERO,
            retry: Retry::at_once(state.now),
        };
        let record = Record::reserved(reserve.id, reserve.customer.clone(), open);
        state.records_mut(tenant).insert(reserve.id, record);
        state.bind(tenant, reserve.claim, reserve.id);
        Ok(Reserved::Granted(lease))
    }

    async fn standing(
        &self,
        tenant: Tenant,
        reserve: &Reserve<'_>,
    ) -> Result<Option<Standing>, StoreError> {
        let mut state = self.state().await?;
        Ok(state.judge(tenant, reserve.claim, Some(reserve.customer), reserve.terms))
    }

    async fn key_standing(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        terms: LeaseTerms,
    ) -> Result<Option<Standing>, StoreError> {
        Ok(self.state().await?.judge(tenant, claim, None, terms))
    }

    async fn record_provisioned(
        &self,
        reservation: &Reservation,
        rail_customer: &RailCustomerId,
        event: EventId,
        answered: bool,
    ) -> Result<RecordOutcome, StoreError> {
        let mut state = self.state().await?;
        if let Some(recorded) = state.recorded_before(reservation, event) {
            return Ok(RecordOutcome::Recorded(recorded));
        }
        if state.held(reservation).is_none() {
            return Ok(RecordOutcome::LeaseLost);
        }
        if state.is_rail_customer_bound(reservation.tenant.env, rail_customer) {
            return Ok(RecordOutcome::RailCustomerTaken);
        }
        let records = state.records_mut(reservation.tenant);
        let record = records.get_mut(&reservation.id).expect("the reservation");
        record.stage = Stage::Provisioned(rail_customer.clone());
        record.answered = answered;
        let summary = record.customer.summary.clone();
        record.events.push(Event {
            id: event,
            sequence: 1,
            customer: summary.clone(),
            detail: EventDetail::Created,
        });
        Ok(RecordOutcome::Recorded(summary))
    }

    async fn abandon(&self, reservation: &Reservation) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let is_held = state.held(reservation).is_some();
        if is_held {
            state
                .records_mut(reservation.tenant)
                .remove(&reservation.id);
            state
                .keys
                .retain(|_, bound| bound.customer != reservation.id);
        }
        Ok(is_held)
    }

    async fn release(
        &self,
        reservation: &Reservation,
        absence: AbsenceClear,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        if let Some(lease) = state.held(reservation) {
            lease.leased_until = now;
            lease.absence_clear_at = match absence {
                AbsenceClear::Now => Duration::ZERO,
                AbsenceClear::After(settle) => lease.absence_clear_at.max(now + settle),
                AbsenceClear::AsBefore => lease.absence_clear_at,
            };
        }
        Ok(())
    }

    async fn claim_creation_answer(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let record = state.records_mut(tenant).get_mut(&customer);
        Ok(record.is_some_and(|record| !std::mem::replace(&mut record.answered, true)))
    }
}

impl State {
    /// How a request stands: the key decides first, then the reference, the person, the Interac e-mail.
    fn judge(
        &mut self,
        tenant: Tenant,
        claim: &KeyClaim,
        customer: Option<&NewCustomer>,
        terms: LeaseTerms,
    ) -> Option<Standing> {
        let bound = self.bound(tenant, claim);
        if bound.is_some_and(|bound| claim.repeats(bound.fingerprint) == Repetition::Conflict) {
            return Some(Standing::KeyConflict);
        }
        let asked = customer.filter(|_| bound.is_none());
        if let Some(taken) = asked.and_then(|asked| self.taken_by_treasury(tenant, asked)) {
            return Some(taken);
        }
        let by_key = bound.is_some();
        let named = match (bound, customer) {
            (Some(bound), _) => Some(bound.customer),
            (None, Some(customer)) => self.with_reference(tenant, customer),
            (None, None) => None,
        };
        match (named, customer) {
            (Some(named), _) => {
                let asked = customer.filter(|_| !by_key);
                let standing = self.judge_existing(tenant, named, asked, by_key, terms);
                if matches!(standing, Standing::Resumed(_) | Standing::Exists { .. }) {
                    self.bind(tenant, claim, named);
                }
                Some(standing)
            }
            (None, Some(customer)) => self.judge_new(tenant, customer),
            (None, None) => None,
        }
    }

    /// A customer without an identity is never the one that is asked for.
    fn taken_by_treasury(&self, tenant: Tenant, customer: &NewCustomer) -> Option<Standing> {
        let mut records = self.treasury.get(&tenant)?.values();
        let taken = records.find(|record| record.summary.reference == customer.reference)?;
        Some(Standing::ReferenceTaken {
            customer: Some(taken.summary.id),
            differing: IdentityField::ALL.to_vec(),
        })
    }

    fn with_reference(&self, tenant: Tenant, customer: &NewCustomer) -> Option<CustomerId> {
        let mut summaries = self.records(tenant).map(|record| &record.customer.summary);
        let named = summaries.find(|summary| summary.reference == customer.reference);
        named.map(|summary| summary.id)
    }

    fn judge_existing(
        &mut self,
        tenant: Tenant,
        named: CustomerId,
        asked: Option<&NewCustomer>,
        by_key: bool,
        terms: LeaseTerms,
    ) -> Standing {
        let now = self.now;
        let record = self
            .records_mut(tenant)
            .get_mut(&named)
            .expect("a customer");
        let differing = asked.map_or_else(Vec::new, |asked| {
            let Customer {
                identity, contact, ..
            } = &record.customer;
            differing_fields(
                &identity.compared_with_email(&contact.email),
                &asked.identity.compared_with_email(&asked.contact.email),
            )
        });
        match &mut record.stage {
            Stage::Reserved(lease) if lease.leased_until > now => Standing::InProgress,
            Stage::Reserved(_) if !differing.is_empty() => Standing::ReferenceTaken {
                customer: None,
                differing,
            },
            Stage::Provisioned(_) if !differing.is_empty() => Standing::ReferenceTaken {
                customer: Some(named),
                differing,
            },
            Stage::Reserved(lease) => {
                let lease = lease.take(now, terms);
                Standing::Resumed(Box::new(Reservation {
                    tenant,
                    id: named,
                    lease,
                    customer: record.as_new(),
                }))
            }
            Stage::Provisioned(_) => Standing::Exists {
                customer: record.customer.summary.clone(),
                by_key,
                answered: record.answered,
            },
        }
    }

    fn judge_new(&self, tenant: Tenant, customer: &NewCustomer) -> Option<Standing> {
        if self.is_person_reserved(tenant.env, customer) {
            return Some(Standing::PersonBusy);
        }
        let address = customer.interac_email.as_ref()?;
        self.is_held(tenant, address)
            .then_some(Standing::InteracEmailTaken)
    }

    fn is_person_reserved(&self, env: Env, customer: &NewCustomer) -> bool {
        self.of_env(env).any(|record| {
            let known = &record.customer;
            matches!(record.stage, Stage::Reserved(_))
                && known.contact.email.folded() == customer.contact.email.folded()
                && known.identity.id_number == customer.identity.id_number
        })
    }

    pub(super) fn is_held(&self, tenant: Tenant, address: &InteracEmail) -> bool {
        self.records(tenant).any(|record| {
            let has_it = record.customer.summary.interac_email.as_ref() == Some(address);
            has_it && record.holds_address
        })
    }

    fn is_rail_customer_bound(&self, env: Env, id: &RailCustomerId) -> bool {
        self.of_env(env)
            .any(|record| matches!(&record.stage, Stage::Provisioned(bound) if bound == id))
    }

    fn of_env(&self, env: Env) -> impl Iterator<Item = &Record> {
        let of_env = self
            .customers
            .iter()
            .filter(move |(tenant, _)| tenant.env == env);
        of_env.flat_map(|(_, records)| records.values())
    }

    /// The customer, if it is this event that recorded it.
    fn recorded_before(
        &self,
        reservation: &Reservation,
        event: EventId,
    ) -> Option<CustomerSummary> {
        let record = self
            .customers
            .get(&reservation.tenant)?
            .get(&reservation.id)?;
        let is_known = record.events.iter().any(|known| known.id == event);
        is_known.then(|| record.customer.summary.clone())
    }

    /// The lease, if the reservation still has it.
    fn held(&mut self, reservation: &Reservation) -> Option<&mut OpenLease> {
        match &mut self
            .records_mut(reservation.tenant)
            .get_mut(&reservation.id)?
            .stage
        {
            Stage::Reserved(lease) if lease.token == reservation.lease.token => Some(lease),
            Stage::Reserved(_) | Stage::Provisioned(_) => None,
        }
    }
}

impl OpenLease {
    /// Hands the lease to a new holder.
    pub(super) fn take(&mut self, now: Duration, terms: LeaseTerms) -> Lease {
        self.token = Uuid::new_v4();
        self.leased_until = now + terms.lease();
        Lease {
            token: self.token,
            absence_clear_in: self.absence_clear_at.saturating_sub(now),
        }
    }
}

impl Record {
    fn reserved(id: CustomerId, new: NewCustomer, lease: OpenLease) -> Self {
        Self {
            holds_address: new.interac_email.is_some(),
            customer: Customer {
                summary: CustomerSummary {
                    id,
                    reference: new.reference,
                    interac_email: new.interac_email,
                    status: Status::Pending,
                    version: Version::FIRST,
                },
                identity: new.identity,
                contact: new.contact,
            },
            stage: Stage::Reserved(lease),
            answered: false,
            events: Vec::new(),
            pending: None,
            refused: BTreeSet::new(),
        }
    }

    pub(super) fn as_new(&self) -> NewCustomer {
        let Customer {
            summary,
            identity,
            contact,
        } = self.customer.clone();
        NewCustomer {
            reference: summary.reference,
            interac_email: summary.interac_email,
            identity,
            contact,
        }
    }
}
