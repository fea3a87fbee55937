use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    customer::ToldReason,
    id::CustomerId,
    kyc::Handover,
    ports::{DueReview, RailCustomerId, Reviews, StoreError},
    tenant::{Env, Tenant},
};

use super::{
    InMemory, Retry, Stage, State,
    status_changes::{is_reopened, status_event},
    submissions,
};

const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// A customer whose decision is looked for.
pub(super) struct Review {
    awaited: bool,
    calls: i32,
    looks: i32,
    told: Option<ToldReason>,
    retry: Retry,
    pub(super) token: Option<Uuid>,
    leased_until: Duration,
}

#[async_trait]
impl Reviews for InMemory {
    async fn await_decision(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        first_look: Duration,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let at = state.now + first_look;
        if let Some(review) = state.reviews.get_mut(&(tenant, customer)) {
            review.awaited = true;
            review.calls += 1;
            review.looks = 0;
            review.retry.next_at = review.retry.next_at.min(at);
            return Ok(());
        }
        let review = Review {
            awaited: true,
            ..Review::at(at)
        };
        state.reviews.insert((tenant, customer), review);
        Ok(())
    }

    async fn call_for_look(
        &self,
        env: Env,
        customer: &RailCustomerId,
        told: Option<&ToldReason>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let Some(called) = state.with_rail_id(env, customer) else {
            return Ok(false);
        };
        let now = state.now;
        let review = state
            .reviews
            .entry(called)
            .or_insert_with(|| Review::at(now));
        review.calls += 1;
        review.retry = Retry::at_once(now);
        if let Some(told) = told
            && review.told.as_ref().is_none_or(|known| known.at <= told.at)
        {
            review.told = Some(told.clone());
        }
        Ok(true)
    }

    async fn take_due_reviews(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<DueReview>, StoreError> {
        let mut state = self.state().await?;
        let State {
            now,
            reviews,
            customers,
            submissions: records,
            history,
            ..
        } = &mut *state;
        let due = reviews.iter_mut().filter(|((tenant, _), review)| {
            tenant.env == env && review.retry.next_at <= *now && review.leased_until <= *now
        });
        let taken = due.take(usize::from(limit)).map(|(key, review)| {
            let (tenant, customer) = *key;
            let record = &customers[&tenant][&customer];
            let Stage::Provisioned(rail_customer) = &record.stage else {
                panic!("a review of a customer that the rail does not know");
            };
            let is_reopened = history.get(key).is_some_and(|history| is_reopened(history));
            let token = Uuid::new_v4();
            review.token = Some(token);
            review.leased_until = *now + lease;
            review.retry.put_off(*now, LONGEST_PAUSE);
            DueReview {
                tenant,
                customer,
                rail_customer: rail_customer.clone(),
                status_event: status_event(&record.events),
                awaited: review.awaited,
                handover: submissions::handover(records, tenant, customer)
                    .or_else(|| is_reopened.then_some(Handover::OnItsWay)),
                calls: review.calls,
                looks: review.looks,
                told: review.told.clone(),
                lease: token,
            }
        });
        Ok(taken.collect())
    }

    async fn settle_review(
        &self,
        review: &DueReview,
        again_in: Option<Duration>,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let key = (review.tenant, review.customer);
        let Some(held) = state.held_review(review) else {
            return Ok(());
        };
        let is_called = held.calls > review.calls;
        if !is_called && again_in.is_none() {
            state.reviews.remove(&key);
            return Ok(());
        }
        held.awaited = again_in.is_some() || (is_called && held.awaited);
        held.looks += 1;
        held.token = None;
        held.leased_until = now;
        held.told = held.told.take().filter(|_| is_called);
        held.retry = Retry::at_once(match is_called {
            true => now,
            false => now + again_in.unwrap_or_default(),
        });
        Ok(())
    }

    async fn free_review(&self, review: &DueReview) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        if let Some(held) = state.held_review(review) {
            held.leased_until = now;
        }
        Ok(())
    }
}

impl Review {
    fn at(next_look: Duration) -> Self {
        Self {
            awaited: false,
            calls: 0,
            looks: 0,
            told: None,
            retry: Retry::at_once(next_look),
            token: None,
            leased_until: Duration::ZERO,
        }
    }
}

impl State {
    /// The review, if this one still has the lease.
    fn held_review(&mut self, review: &DueReview) -> Option<&mut Review> {
        let held = self.reviews.get_mut(&(review.tenant, review.customer))?;
        (held.token == Some(review.lease)).then_some(held)
    }

    fn with_rail_id(&self, env: Env, id: &RailCustomerId) -> Option<(Tenant, CustomerId)> {
        let mut customers = self.customers.iter().flat_map(|(tenant, records)| {
            let ids = records.iter();
            ids.map(move |(customer, record)| (*tenant, *customer, &record.stage))
        });
        let found = customers.find(|(tenant, _, stage)| {
            tenant.env == env && matches!(stage, Stage::Provisioned(bound) if bound == id)
        });
        found.map(|(tenant, customer, _)| (tenant, customer))
    }
}
