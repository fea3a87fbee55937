use async_trait::async_trait;

use super::{RailCustomerId, RailFailure, Urgency};
use crate::{
    id::PayoutId,
    money::MinorUnits,
    payout::{PayoutFailure, PayoutState, Recipient},
    values::FiatCurrency,
};

/// Payouts at the rail of one env, known there by our own ids.
///
/// Every call has a deadline. What is safe to repeat the adapter repeats within it; an order it sends once.
#[async_trait]
pub trait RailPayouts: Send + Sync {
    /// Orders a payout. The rail's judgement of the order is an answer, never [`RailFailure::Refused`]. After
    /// [`RailFailure::Unclear`] look before repeating.
    async fn send_payout(
        &self,
        order: &RailPayoutOrder<'_>,
        urgency: Urgency,
    ) -> Result<SentPayout, RailFailure>;

    /// How far the payout with this id has come, or nothing when the rail knows none.
    async fn payout(
        &self,
        id: PayoutId,
        urgency: Urgency,
    ) -> Result<Option<PayoutState>, RailFailure>;
}

/// A payout on its way to the rail, by Interac.
#[derive(Debug, Clone, Copy)]
pub struct RailPayoutOrder<'a> {
    /// By what the rail is to know it.
    pub id: PayoutId,
    /// On whose behalf.
    pub customer: &'a RailCustomerId,
    /// In which currency.
    pub currency: FiatCurrency,
    /// What the recipient is to get; the rail's fee comes on top.
    pub amount: MinorUnits,
    /// Who is to get it.
    pub recipient: &'a Recipient,
}

/// What the rail made of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentPayout {
    /// It took the order, and has come so far.
    Taken(PayoutState),
    /// It did not take the order.
    Refused(PayoutRefusal),
}

/// Why the rail did not take an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutRefusal {
    /// It judged the order, and would not carry it out.
    Because(PayoutFailure),
    /// It knows a payout by this id: an earlier order arrived after all.
    IdUsed,
}
