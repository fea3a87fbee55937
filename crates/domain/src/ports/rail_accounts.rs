use std::fmt;

use async_trait::async_trait;

use super::{RailCustomerId, RailFailure, Urgency, rail::plain_identifier};
use crate::{
    values::{FiatCurrency, Rejected},
    virtual_account::AccountState,
};

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

    /// The open account of a customer in a currency, if there is one.
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

/// The rail's own id of an account. Never shown outside, like [`RailCustomerId`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RailAccountId(String);

impl RailAccountId {
    /// Takes an id from the rail: 1–128 visible ASCII characters that need no escape in a URL path.
    ///
    /// # Errors
    /// [`Rejected`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        plain_identifier(text).map(Self)
    }

    /// The id, for the rail's adapter and the store only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RailAccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RailAccountId(…)")
    }
}

/// An account as the rail has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RailAccount {
    /// The rail's id.
    pub id: RailAccountId,
    /// How far it has come there.
    pub state: AccountState,
}
