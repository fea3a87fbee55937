use async_trait::async_trait;

use super::{Listing, StoreError};
use crate::{
    customer::HolderFilter,
    id::PaymentRouteId,
    ledger::{RouteDeposit, Transaction},
    payment_route::{Deposit, PaymentRoute, RouteStatus},
    tenant::Tenant,
};

/// The payment routes of organisations.
#[async_trait]
pub trait PaymentRoutes: Send + Sync {
    /// Stores a route that was just opened. Repeated for the same id, as after a lost answer, it changes nothing.
    async fn insert(&self, tenant: Tenant, route: &PaymentRoute) -> Result<(), StoreError>;

    /// One route.
    async fn find(
        &self,
        tenant: Tenant,
        id: PaymentRouteId,
    ) -> Result<Option<PaymentRoute>, StoreError>;

    /// Routes, newest first, at most `limit`.
    async fn list(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<PaymentRoute>, StoreError>;

    /// Puts the status of `after`, which followed from a route in status `expected`, in its place. Answers whether the
    /// route still was in that status: of two who want to change it, one does.
    async fn advance(
        &self,
        tenant: Tenant,
        expected: RouteStatus,
        after: &PaymentRoute,
    ) -> Result<bool, StoreError>;
}

/// What arrived at payment routes.
#[async_trait]
pub trait Deposits: Send + Sync {
    /// Records deposits of a route: new ones by the provider's id, and how pending ones have ended. What is known already
    /// changes nothing. Answers how many were new or changed.
    async fn record(&self, tenant: Tenant, deposits: &[Deposit]) -> Result<usize, StoreError>;

    /// Deposits of one route or of all routes, newest first, at most `limit`.
    async fn list(
        &self,
        tenant: Tenant,
        route: Option<PaymentRouteId>,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<RouteDeposit>, StoreError>;
}

/// Swaps and deposits as one row of transactions.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Transactions, newest first, at most `limit`.
    async fn list(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Transaction>, StoreError>;
}
