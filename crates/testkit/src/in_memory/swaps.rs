use std::{cmp::Reverse, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use vouch_domain::{
    customer::{Holder, HolderChoice, HolderFilter},
    id::SwapId,
    idempotency::{Keep, Kept},
    ports::{Holders, Listing, SettlementJob, SettlementJobs, StoreError, Swaps},
    simulation::Simulation,
    swap::{Swap, SwapState, SwapStatus},
    tenant::{Env, Tenant},
};

use super::{
    InMemory, Retry, State,
    payment_routes::{is_shown, listing},
};

const LONGEST_PAUSE: Duration = Duration::from_secs(32);

/// A swap, and who looks after it until it is final.
pub(super) struct SwapRecord {
    swap: Swap,
    job: Option<SwapJob>,
}

struct SwapJob {
    simulation: Option<Simulation>,
    token: Option<Uuid>,
    leased_until: Duration,
    retry: Retry,
}

#[async_trait]
impl Holders for InMemory {
    async fn holder(
        &self,
        tenant: Tenant,
        choice: HolderChoice,
    ) -> Result<Option<Holder>, StoreError> {
        let customers = self.state().await?.treasury_customers(tenant);
        let found = customers.into_iter().find(|customer| match choice {
            HolderChoice::Primary => customer.is_primary,
            HolderChoice::Customer(id) => customer.id == id,
            HolderChoice::Nobody => false,
        });
        Ok(found.map(|customer| Holder {
            id: customer.id,
            name: customer.name,
        }))
    }
}

#[async_trait]
impl Swaps for InMemory {
    async fn insert_swap(
        &self,
        tenant: Tenant,
        swap: &Swap,
        settle_in: Duration,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let mut state = self.state().await?;
        Ok(state.change_and_keep(tenant, &keep, |state| {
            let due = state.now + settle_in;
            let record = SwapRecord {
                swap: swap.clone(),
                job: Some(SwapJob {
                    simulation: None,
                    token: None,
                    leased_until: Duration::ZERO,
                    retry: Retry::at_once(due),
                }),
            };
            state.swaps.insert((tenant, swap.id), record);
            true
        }))
    }

    async fn find_swap(&self, tenant: Tenant, id: SwapId) -> Result<Option<Swap>, StoreError> {
        let state = self.state().await?;
        let found = state.swaps.get(&(tenant, id));
        Ok(found.map(|record| record.swap.clone()))
    }

    async fn list_swaps(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Swap>, StoreError> {
        let swaps = self.state().await?.swaps_of(tenant).into_iter();
        let shown = swaps.filter(|swap| is_shown(filter, &swap.holder));
        Ok(listing(shown, limit))
    }

    async fn cancel_swap(
        &self,
        tenant: Tenant,
        cancelled: &Swap,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let mut state = self.state().await?;
        Ok(state.change_and_keep(tenant, &keep, |state| {
            state.advance(tenant, SwapStatus::AwaitingDeposit, cancelled)
        }))
    }

    async fn advance_swap(
        &self,
        tenant: Tenant,
        expected: SwapStatus,
        after: &Swap,
    ) -> Result<bool, StoreError> {
        Ok(self.state().await?.advance(tenant, expected, after))
    }
}

impl State {
    /// Every swap, newest first.
    pub(super) fn swaps_of(&self, tenant: Tenant) -> Vec<Swap> {
        let swaps = self.swaps.iter();
        let mut swaps: Vec<_> = swaps
            .filter(|((owner, _), _)| *owner == tenant)
            .map(|(_, record)| record.swap.clone())
            .collect();
        swaps.sort_by_key(|swap| Reverse(swap.id));
        swaps
    }

    fn advance(&mut self, tenant: Tenant, expected: SwapStatus, after: &Swap) -> bool {
        let Some(record) = self.swaps.get_mut(&(tenant, after.id)) else {
            return false;
        };
        if record.swap.state.status() != expected {
            return false;
        }
        record.swap = after.clone();
        if after.state.status().is_final() {
            record.job = None;
        }
        true
    }
}

#[async_trait]
impl SettlementJobs for InMemory {
    async fn take_due_swaps(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SettlementJob>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let of_env = state
            .swaps
            .iter_mut()
            .filter(|((tenant, _), _)| tenant.env == env);
        let taken = of_env.filter_map(|((tenant, _), record)| record.take(*tenant, now, lease));
        Ok(taken.take(usize::from(limit)).collect())
    }

    async fn next_due_swap(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        let state = self.state().await?;
        let now = state.now;
        let of_env = state
            .swaps
            .iter()
            .filter(|((tenant, _), _)| tenant.env == env);
        let due = of_env.filter_map(|(_, record)| {
            let job = record.job.as_ref()?;
            let due = job.retry.next_at.max(now);
            (job.leased_until <= due).then_some(due - now)
        });
        Ok(due.min())
    }

    async fn put_off_swap(&self, job: &SettlementJob, delay: Duration) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let due = state.now + delay;
        if let Some(freed) = state.freed(job) {
            freed.retry = Retry::at_once(due);
        }
        Ok(())
    }

    async fn free_swap(&self, job: &SettlementJob) -> Result<(), StoreError> {
        self.state().await?.freed(job);
        Ok(())
    }

    async fn simulate_swap(
        &self,
        tenant: Tenant,
        swap: SwapId,
        simulation: &Simulation,
        at: DateTime<Utc>,
    ) -> Result<Option<Simulation>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let record = state.swaps.get_mut(&(tenant, swap)).filter(|record| {
            record.swap.state != SwapState::AwaitingDeposit || at < record.swap.expires_at()
        });
        let job = record.and_then(|record| record.job.as_mut());
        Ok(job.map(|job| {
            job.retry = Retry::at_once(now);
            job.token = None;
            job.leased_until = now;
            *job.simulation.get_or_insert(*simulation)
        }))
    }
}

impl State {
    /// Ends the lease of a job, if it still stands.
    fn freed(&mut self, job: &SettlementJob) -> Option<&mut SwapJob> {
        let now = self.now;
        let record = self.swaps.get_mut(&(job.tenant, job.swap.id))?;
        let held = record.job.as_mut()?;
        if held.token != Some(job.lease) {
            return None;
        }
        held.token = None;
        held.leased_until = now;
        Some(held)
    }
}

impl SwapRecord {
    fn take(&mut self, tenant: Tenant, now: Duration, lease: Duration) -> Option<SettlementJob> {
        let job = self.job.as_mut()?;
        if job.leased_until > now || job.retry.next_at > now {
            return None;
        }
        let token = Uuid::new_v4();
        job.token = Some(token);
        job.leased_until = now + lease;
        job.retry.put_off(now, LONGEST_PAUSE);
        Some(SettlementJob {
            tenant,
            swap: self.swap.clone(),
            simulation: job.simulation,
            lease: token,
        })
    }
}
