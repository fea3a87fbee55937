use async_trait::async_trait;

use super::{Listing, StoreError};
use crate::{
    customer::HolderFilter,
    id::PaymentRouteId,
    idempotency::{Keep, Kept},
    ledger::{RouteDeposit, Transaction},
    payment_route::{Deposit, PaymentRoute, RouteStatus},
    tenant::{Env, Tenant},
};

/// The payment routes of organisations.
#[async_trait]
pub trait PaymentRoutes: Send + Sync {
    /// Stores a route that was just opened, and keeps the answer: both, or neither. Never [`Kept::Outrun`].
    async fn insert_route(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError>;

    /// One route.
    async fn find_route(
        &self,
        tenant: Tenant,
        id: PaymentRouteId,
    ) -> Result<Option<PaymentRoute>, StoreError>;

    /// Routes, newest first, at most `limit`.
    async fn list_routes(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<PaymentRoute>, StoreError>;

    /// Puts the status of `after`, which followed from a route in status `expected`, in its place, and keeps the answer:
    /// both, or neither. [`Kept::Outrun`] when the route is not in that status any more: of two who want to change it, one
    /// does.
    async fn advance_route(
        &self,
        tenant: Tenant,
        expected: RouteStatus,
        after: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError>;
}

/// What arrived at payment routes.
#[async_trait]
pub trait Deposits: Send + Sync {
    /// Records a deposit of a route: a new one by the provider's id, or how a pending one has ended. What is known already
    /// changes nothing. Answers whether something was new.
    async fn record_deposit(&self, tenant: Tenant, deposit: &Deposit) -> Result<bool, StoreError>;

    /// Keeps the answer of an operation that recorded deposits. They are facts, recorded one by one, whatever becomes of
    /// the operation. Never [`Kept::Outrun`].
    async fn keep_recorded_deposits(
        &self,
        tenant: Tenant,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError>;

    /// Deposits, newest first, at most `limit`.
    async fn list_deposits(
        &self,
        tenant: Tenant,
        filter: DepositFilter,
        limit: u8,
    ) -> Result<Listing<RouteDeposit>, StoreError>;

    /// The pending deposits of a route, oldest first, at most `limit`.
    async fn pending_deposits(
        &self,
        tenant: Tenant,
        route: PaymentRouteId,
        limit: u8,
    ) -> Result<Vec<Deposit>, StoreError>;

    /// Active routes of an env with pending deposits, in a fixed order, only those that come later in it than `after`, at
    /// most `limit`.
    async fn waiting_routes(
        &self,
        env: Env,
        after: Option<WaitingRoute>,
        limit: u8,
    ) -> Result<Vec<WaitingRoute>, StoreError>;
}

/// Which deposits a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepositFilter {
    /// Those of one route: none, if it is another tenant's.
    Route(PaymentRouteId),
    /// Those of every route of these customers.
    Holder(HolderFilter),
}

/// An active route with pending deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRoute {
    /// Whose route it is.
    pub tenant: Tenant,
    /// The route.
    pub route: PaymentRouteId,
}

/// Swaps and deposits as one row of transactions.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Transactions, newest first, at most `limit`.
    async fn list_transactions(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Transaction>, StoreError>;
}
