use async_trait::async_trait;

use super::StoreError;
use crate::{
    customer::{NewTreasuryCustomer, TreasuryCustomer},
    id::{CustomerId, EventId},
    idempotency::{Keep, Kept},
    tenant::Tenant,
};

/// Customers that the Treasury API makes.
#[async_trait]
pub trait TreasuryCustomers: Send + Sync {
    /// Stores a customer, appends `customer_created`, and keeps the answer: all of it, or nothing. Never
    /// [`Kept::Outrun`].
    async fn create(
        &self,
        tenant: Tenant,
        create: &CreateTreasuryCustomer<'_>,
    ) -> Result<Kept, StoreError>;
}

/// A customer to be stored.
#[derive(Debug, Clone)]
pub struct CreateTreasuryCustomer<'a> {
    /// Its id, which is the subject of the key's grant.
    pub id: CustomerId,
    /// What was said of it.
    pub customer: &'a NewTreasuryCustomer,
    /// The id of the event.
    pub event: EventId,
    /// What to answer.
    pub keep: Keep<'a>,
}

/// Reads of customers as the Treasury API shows them: the primary customer included, reservations not.
#[async_trait]
pub trait TreasuryCustomerQueries: Send + Sync {
    /// One customer.
    async fn find_treasury(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<TreasuryCustomer>, StoreError>;

    /// At most `limit` customers, newest first, and only older ones than `after`; none when that is no customer of the
    /// tenant.
    async fn page_treasury(
        &self,
        tenant: Tenant,
        after: Option<CustomerId>,
        limit: u16,
    ) -> Result<Vec<TreasuryCustomer>, StoreError>;

    /// How many customers the tenant has.
    async fn count_treasury(&self, tenant: Tenant) -> Result<u64, StoreError>;
}
