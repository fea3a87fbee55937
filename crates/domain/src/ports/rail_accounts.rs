use async_trait::async_trait;

use super::{RailAccountId, RailCustomerId, RailFailure, Urgency};
use crate::{values::FiatCurrency, virtual_account::AccountState};

/// Bank accounts of customers at the rail of one env.
///
/// Every call has a deadline. What is safe to repeat the adapter repeats within it; an order it sends once.
#[async_trait]
pub trait RailAccounts: Send + Sync {
    /// Orders an account. The rail has no idempotency key, but takes no second open account of a customer in a currency:
    /// after [`RailFailure::Unclear`] and after [`RailFailure::Refused`] look before giving up.
    async fn open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        urgency: Urgency,
    ) -> Result<RailAccount, RailFailure>;

    /// The open account of a customer in a currency, if there is one. [`RailFailure::Unclear`] where the rail shows several,
    /// or one of which it does not prove whose it is.
    async fn find_open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        urgency: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure>;

    /// One account as the rail has it, or none.
    async fn account(
        &self,
        id: &RailAccountId,
        urgency: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure>;
}

/// An account as the rail has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RailAccount {
    /// The rail's id.
    pub id: RailAccountId,
    /// How far it has come there.
    pub state: AccountState,
}
