use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{RailCustomerId, StoreError};
use crate::{
    customer::ToldReason,
    id::CustomerId,
    kyc::Handover,
    tenant::{Env, Tenant},
};

/// Customers whose decision somebody has to look for at the rail.
///
/// A customer is here once at most, and looked at under a lease: what the rail says is applied in the order in which it
/// was read. All times are the store's.
#[async_trait]
pub trait Reviews: Send + Sync {
    /// A submission has reached the rail: a decision will come. If it has not been seen after `first_look`, somebody
    /// looks for it, and goes on doing so.
    async fn await_decision(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        first_look: Duration,
    ) -> Result<(), StoreError>;

    /// The rail has called about one of its customers: somebody has to look at once. Of several reasons the latest is
    /// kept. Answers whether the customer is anybody's here.
    async fn call_for_look(
        &self,
        env: Env,
        customer: &RailCustomerId,
        told: Option<&ToldReason>,
    ) -> Result<bool, StoreError>;

    /// Takes customers of an env that are due, at most `limit`, under a lease. Each attempt puts the next one off for
    /// longer. Several processes may ask at once: no customer is given to two of them.
    async fn take_due_reviews(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<DueReview>, StoreError>;

    /// Ends a look: with a pause, the decision is still to come, and the next look comes after it; without, nothing is
    /// awaited any more. A callback that came meanwhile is looked after at once. Does nothing when the lease has passed
    /// to somebody else.
    async fn settle_review(
        &self,
        review: &DueReview,
        again_in: Option<Duration>,
    ) -> Result<(), StoreError>;

    /// Gives the lease back before its time, with everything still to be done.
    async fn free_review(&self, review: &DueReview) -> Result<(), StoreError>;
}

/// A customer to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReview {
    /// Whose customer it is.
    pub tenant: Tenant,
    /// Which customer.
    pub customer: CustomerId,
    /// The same at the rail.
    pub rail_customer: RailCustomerId,
    /// The number of the last event that bore on the customer's status before the rail is asked: what the rail says is
    /// about the customer as it stood then.
    pub status_event: i32,
    /// Whether a decision is still to come.
    pub awaited: bool,
    /// How far the customer's newest submission has come, if nobody has decided about it. One that is about to follow the
    /// reopening of a rejected customer is on its way.
    pub handover: Option<Handover>,
    /// How many callbacks asked for this look.
    pub calls: i32,
    /// How many looks have found no decision.
    pub looks: i32,
    /// Why the customer was rejected, if a callback said so.
    pub told: Option<ToldReason>,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
}
