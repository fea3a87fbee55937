use async_trait::async_trait;

use super::{RailCustomerId, StoreError};
use crate::{
    customer::{ContactData, ContactField},
    id::{CustomerId, OrganisationId},
    tenant::Env,
};

/// Comparing what we know with what the rail knows. Only reads.
#[async_trait]
pub trait Drift: Send + Sync {
    /// A page of the customers of all organisations of an env, reserved ones included: at most `limit`, in the order of
    /// their keys, after this one.
    async fn tracked_customers(
        &self,
        env: Env,
        after: Option<CustomerKey>,
        limit: u16,
    ) -> Result<Vec<TrackedCustomer>, StoreError>;

    /// Which of these records of the rail no customer of the env is bound to.
    async fn unbound(
        &self,
        env: Env,
        records: &[RailCustomerId],
    ) -> Result<Vec<RailCustomerId>, StoreError>;
}

/// What tells one customer of an env from all others, and the order of a walk through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustomerKey {
    /// Whose customer it is.
    pub organisation: OrganisationId,
    /// Which one.
    pub customer: CustomerId,
}

/// A customer and how it stands towards the rail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedCustomer {
    /// Which customer.
    pub key: CustomerKey,
    /// Whether it is a reservation that is still open.
    pub is_reserved: bool,
    /// The same at the rail.
    pub rail_customer: Option<RailCustomerId>,
    /// Whether another customer of the env is bound to the same record.
    pub is_rail_customer_shared: bool,
    /// The data as it is here.
    pub contact: ContactData,
    /// The changes that the rail has refused, unless they are about to be sent again.
    pub refused: Vec<ContactField>,
}
