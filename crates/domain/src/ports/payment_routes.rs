use async_trait::async_trait;

use super::{Listing, StoreError};
use crate::{
    customer::HolderFilter,
    id::{DepositId, PaymentRouteId},
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
    /// Records what was said of a route's deposits: new ones by the provider's ids, and how pending ones have ended. What
    /// is known already changes nothing.
    ///
    /// The route is as it was when that was said. If its status has changed meanwhile, nothing is recorded: what follows
    /// from a route that passes on does not follow from one that holds back.
    async fn record_deposits(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        deposits: &[Deposit],
    ) -> Result<Recorded, StoreError>;

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

    /// The pending deposits of a route, oldest first, only those that are younger than `after`, at most `limit`.
    async fn pending_deposits(
        &self,
        tenant: Tenant,
        route: PaymentRouteId,
        after: Option<DepositId>,
        limit: u8,
    ) -> Result<Vec<Deposit>, StoreError>;

    /// Routes of an env that [pass on](crate::payment_route::RouteStatus::passes_on) and have pending deposits, in a fixed
    /// order, only those that come later in it than `after`, at most `limit`. However many deposits wait at one route, it
    /// costs one look.
    async fn waiting_routes(
        &self,
        env: Env,
        after: Option<WaitingRoute>,
        limit: u8,
    ) -> Result<Vec<WaitingRoute>, StoreError>;
}

/// What became of deposits that were to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// They are recorded, or were.
    Done {
        /// How many were new or had ended.
        news: usize,
        /// How many were not, because another route has a deposit of the provider's id: a fault of the provider's.
        foreign: usize,
    },
    /// The tenant has no such route, or it is in another status by now. Nothing was recorded.
    Outrun,
}

/// Which deposits a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepositFilter {
    /// Those of one route: none, if it is another tenant's.
    Route(PaymentRouteId),
    /// Those of every route of these customers.
    Holder(HolderFilter),
}

/// A route that passes on and has pending deposits.
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
