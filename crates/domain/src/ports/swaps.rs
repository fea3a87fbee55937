use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Listing, StoreError};
use crate::{
    customer::{Holder, HolderChoice, HolderFilter},
    id::SwapId,
    idempotency::{Keep, Kept},
    simulation::Simulation,
    swap::{Swap, SwapStatus},
    tenant::{Env, Tenant},
};

/// Whom swaps and payment routes may belong to.
#[async_trait]
pub trait Holders: Send + Sync {
    /// The customer that a choice means: the primary when nobody was named; nothing when the tenant has no such customer.
    async fn holder(
        &self,
        tenant: Tenant,
        choice: HolderChoice,
    ) -> Result<Option<Holder>, StoreError>;
}

/// The swaps of organisations.
#[async_trait]
pub trait Swaps: Send + Sync {
    /// Stores a swap that was just opened, and the job that settles it, first due after `settle_in`, and keeps the answer:
    /// all of it, or nothing. Never [`Kept::Outrun`].
    async fn insert_swap(
        &self,
        tenant: Tenant,
        swap: &Swap,
        settle_in: Duration,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError>;

    /// One swap.
    async fn find_swap(&self, tenant: Tenant, id: SwapId) -> Result<Option<Swap>, StoreError>;

    /// Swaps, newest first, at most `limit`.
    async fn list_swaps(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Swap>, StoreError>;

    /// Stores that a swap was cancelled, ends its settlement job, and keeps the answer: all of it, or nothing.
    /// [`Kept::Outrun`] when the swap does not wait for its deposit any more.
    async fn cancel_swap(
        &self,
        tenant: Tenant,
        cancelled: &Swap,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError>;

    /// Puts the state of `after`, which followed from a swap in status `expected`, in its place. A swap that comes to a
    /// final status loses its settlement job in the same step. Answers whether the swap still was in that status: of
    /// two who want to move it, one does.
    async fn advance_swap(
        &self,
        tenant: Tenant,
        expected: SwapStatus,
        after: &Swap,
    ) -> Result<bool, StoreError>;
}

/// Settling swaps without being asked, across restarts and processes.
///
/// Every swap that is not final has one job. What moves a swap is guarded by the swap's own status: a lease keeps two
/// processes from doing the same work, and nothing more depends on it.
#[async_trait]
pub trait SettlementJobs: Send + Sync {
    /// Takes jobs of an env that are due, at most `limit`, under a lease. Each attempt puts the next one off for longer,
    /// up to a cap, by a random part. Several processes may ask at once: no job is given to two of them.
    async fn take_due_swaps(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SettlementJob>, StoreError>;

    /// In how long the next job of an env is due that nobody holds: nothing when there is none.
    async fn next_due_swap(&self, env: Env) -> Result<Option<Duration>, StoreError>;

    /// Gives a job back, due again after `delay`, with its attempts forgotten: nothing failed, there was nothing to do
    /// yet. Does nothing when the lease has passed to somebody else or the job has ended.
    async fn put_off_swap(&self, job: &SettlementJob, delay: Duration) -> Result<(), StoreError>;

    /// Gives a job back before the end of its lease, due again when its next attempt is: the provider or the store failed.
    /// Does nothing when the lease has passed to somebody else or the job has ended.
    async fn free_swap(&self, job: &SettlementJob) -> Result<(), StoreError>;

    /// Has a swap go the way of a simulation from this moment on, and makes its job due, whoever holds it. Answers with the
    /// simulation that stands, which is the first, or with nothing when the swap has come to a final status, or still waits
    /// for its deposit though the [time for it](crate::swap::DEPOSIT_WINDOW) is over.
    async fn simulate_swap(
        &self,
        tenant: Tenant,
        swap: SwapId,
        simulation: &Simulation,
        at: DateTime<Utc>,
    ) -> Result<Option<Simulation>, StoreError>;
}

/// A swap that somebody has to look after now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementJob {
    /// Whose swap it is.
    pub tenant: Tenant,
    /// The swap as it was when the job was taken.
    pub swap: Swap,
    /// The way it is to go, if a caller said so.
    pub simulation: Option<Simulation>,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
}
