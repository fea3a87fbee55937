//! The payment route: an address on one chain whose deposits are passed on to an address on another.

mod deposit;
mod status;

pub use deposit::{Deposit, DepositEnd, DepositFailure, DepositStatus};
pub use status::{RouteAction, RouteRefused, RouteStatus};

use chrono::{DateTime, Utc};

use crate::{
    customer::{Holder, HolderChoice},
    id::PaymentRouteId,
    values::{ChainAddress, ChainId, ChainName, CurrencyCode, RouteName, TransactionHash},
};

/// What a caller wants passed on, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteOrder {
    /// The caller's name for it.
    pub name: RouteName,
    /// The chain that takes deposits.
    pub origin_chain: ChainId,
    /// The token that is deposited; the provider's choice when left out.
    pub origin_currency: Option<ChainAddress>,
    /// The chain that is paid out on.
    pub destination_chain: ChainId,
    /// The token that is paid out.
    pub destination_currency: ChainAddress,
    /// Who is paid.
    pub destination_address: ChainAddress,
    /// Where a deposit goes back to that cannot be passed on.
    pub refund_to: Option<ChainAddress>,
    /// Whether only the named token is taken.
    pub strict: bool,
}

/// A caller's request for a payment route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRequest {
    /// What is to be passed on.
    pub order: RouteOrder,
    /// Whose route it is to be.
    pub holder: HolderChoice,
}

/// A token on some chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its symbol.
    pub symbol: CurrencyCode,
    /// Its contract.
    pub address: ChainAddress,
}

/// One end of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteEnd {
    /// The chain.
    pub chain: ChainId,
    /// What the provider called it when it took the order.
    pub chain_name: ChainName,
    /// The token.
    pub token: Token,
}

/// What the liquidity provider promised when it took the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTerms {
    /// Where deposits arrive.
    pub origin: RouteEnd,
    /// Which tokens are taken there.
    pub acceptable: Vec<Token>,
    /// Where they are passed on to.
    pub destination: RouteEnd,
    /// The address that takes deposits.
    pub deposit_address: ChainAddress,
    /// The provider's own id of the route.
    pub relay_request: Option<TransactionHash>,
}

/// A payment route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRoute {
    /// Its id, which also tells when it was created.
    pub id: PaymentRouteId,
    /// Whose it is.
    pub holder: Holder,
    /// The caller's name for it.
    pub name: RouteName,
    /// Whether it passes deposits on.
    pub status: RouteStatus,
    /// On which terms.
    pub terms: RouteTerms,
    /// Who is paid.
    pub destination_address: ChainAddress,
    /// Where a deposit goes back to that cannot be passed on.
    pub refund_to: Option<ChainAddress>,
    /// Whether only the named token is taken.
    pub strict: bool,
    /// When its status last changed.
    pub updated_at: DateTime<Utc>,
}

impl PaymentRoute {
    /// A route that was just opened and passes deposits on.
    #[must_use]
    pub fn opened(
        id: PaymentRouteId,
        holder: Holder,
        order: RouteOrder,
        terms: RouteTerms,
    ) -> Self {
        Self {
            id,
            holder,
            name: order.name,
            status: RouteStatus::Active,
            terms,
            destination_address: order.destination_address,
            refund_to: order.refund_to,
            strict: order.strict,
            updated_at: id.created_at(),
        }
    }

    /// The route after an action of its owner that is taken at this moment.
    ///
    /// # Errors
    /// [`RouteRefused`] when the action does not follow from the route's status.
    pub fn after(&self, action: RouteAction, at: DateTime<Utc>) -> Result<Self, RouteRefused> {
        Ok(Self {
            status: self.status.after(action)?,
            updated_at: at.max(self.updated_at),
            ..self.clone()
        })
    }
}
