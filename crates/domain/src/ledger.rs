//! The ledger: swaps and deposits of payment routes as one row of transactions.

use chrono::{DateTime, Utc};

use crate::{
    customer::Holder,
    payment_route::{Deposit, PaymentRoute},
    swap::Swap,
    values::{ChainAddress, ChainName, RouteName},
};

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transaction {
    /// A swap, in whatever state.
    Swap(Swap),
    /// A deposit of a payment route.
    Deposit(RouteDeposit),
}

/// A deposit with what its route says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteDeposit {
    /// The deposit.
    pub deposit: Deposit,
    /// Whose route it came by.
    pub holder: Holder,
    /// The route's name.
    pub route_name: RouteName,
    /// What the chain is called that takes the route's deposits.
    pub origin_chain: ChainName,
    /// What the chain is called that they are passed on to.
    pub destination_chain: ChainName,
    /// Who is paid.
    pub destination_address: ChainAddress,
}

impl RouteDeposit {
    /// A deposit of this route.
    #[must_use]
    pub fn of(route: &PaymentRoute, deposit: Deposit) -> Self {
        Self {
            deposit,
            holder: route.holder.clone(),
            route_name: route.name.clone(),
            origin_chain: route.terms.origin.chain_name.clone(),
            destination_chain: route.terms.destination.chain_name.clone(),
            destination_address: route.destination_address.clone(),
        }
    }
}

impl Transaction {
    /// Whose it is.
    #[must_use]
    pub fn holder(&self) -> &Holder {
        match self {
            Self::Swap(swap) => &swap.holder,
            Self::Deposit(deposit) => &deposit.holder,
        }
    }

    /// When it began.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        match self {
            Self::Swap(swap) => swap.id.created_at(),
            Self::Deposit(deposit) => deposit.deposit.id.created_at(),
        }
    }
}
