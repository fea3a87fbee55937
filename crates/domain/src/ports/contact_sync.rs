use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{RailCustomerId, StoreError};
use crate::{
    customer::{ContactData, ContactField, Version},
    id::CustomerId,
    tenant::{Env, Tenant},
};

/// Telling the rail of amended contact data.
///
/// Every amendment leaves its fields here in the step that stores it. There is one pending change per customer: later
/// amendments join it, so what is sent is always the newest, and in order.
#[async_trait]
pub trait ContactSync: Send + Sync {
    /// Takes pending changes of an env that are due, at most `limit`, under a lease. Each attempt puts the next one off
    /// for longer. Several processes may ask at once: no change is given to two of them. That of a customer whose submission
    /// is being handed over waits.
    async fn take_pending_changes(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PendingChange>, StoreError>;

    /// Ends a change: what the rail refused is kept for operators, what it took is no longer held against it. Fields
    /// amended since the change was taken stay pending. Does nothing when the lease has passed to somebody else.
    async fn settle_change(
        &self,
        change: &PendingChange,
        refused: &[ContactField],
    ) -> Result<(), StoreError>;

    /// Gives the lease back before its time, with the change still pending: nothing that was sent is under way.
    async fn free_change(&self, change: &PendingChange) -> Result<(), StoreError>;
}

/// Contact data that the rail is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChange {
    /// Whose customer it is.
    pub tenant: Tenant,
    /// Which customer.
    pub customer: CustomerId,
    /// The same at the rail.
    pub rail_customer: RailCustomerId,
    /// The data as it is now.
    pub contact: ContactData,
    /// The fields that the rail has not been told.
    pub fields: Vec<ContactField>,
    /// The customer's version whose data this is.
    pub version: Version,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
}
