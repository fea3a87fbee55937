//! Payouts: money that leaves the platform for whomever a customer wants to pay.

mod order;
mod state;

pub use order::{PayoutRequest, Recipient, RecipientRequest};
pub use state::{PayoutEnd, PayoutFailure, PayoutState, PayoutStatus};

use crate::{
    id::{CustomerId, PayoutId},
    money::MinorUnits,
    values::{CustomerReference, FiatCurrency, MerchantReference},
};

/// One payout, without its recipient, whom nobody is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id, which also tells when it was asked for. The rail knows the payout by it.
    pub id: PayoutId,
    /// On whose behalf it is made.
    pub customer: CustomerId,
    /// The organisation's own name for that customer.
    pub reference: CustomerReference,
    /// The currency that leaves and arrives.
    pub currency: FiatCurrency,
    /// What the recipient gets.
    pub amount: MinorUnits,
    /// The organisation's own name for the payout; unique per tenant for ever.
    pub merchant_reference: MerchantReference,
    /// How far it has come.
    pub state: PayoutState,
}
