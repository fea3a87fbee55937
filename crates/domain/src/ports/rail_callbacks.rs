use chrono::{DateTime, Utc};

use super::{RailAccountId, RailCustomerId};
use crate::{customer::ToldReason, id::PayoutId};

/// Reading what claims to be a callback of the rail of one env.
pub trait RailCallbacks: Send + Sync {
    /// Whether the rail signed this, and did so less than five minutes before or after now.
    fn is_genuine(&self, callback: &PresentedCallback<'_>, now: DateTime<Utc>) -> bool;

    /// What a callback is about. It is a reason to look, and no fact: what it says was so when it was sent, if at all.
    fn notice(&self, body: &[u8]) -> RailNotice;
}

/// A callback as somebody sent it.
#[derive(Clone, Copy)]
pub struct PresentedCallback<'a> {
    /// When it was signed, in Unix seconds, as a text.
    pub timestamp: &'a str,
    /// The signature over time and body, in hexadecimal.
    pub signature: &'a str,
    /// The body, to the byte.
    pub body: &'a [u8],
}

/// What a callback of the rail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RailNotice {
    /// A customer's status.
    Customer {
        /// Whose.
        customer: RailCustomerId,
        /// Why, when the status is a rejection.
        reason: Option<ToldReason>,
    },
    /// A virtual bank account.
    VirtualAccount {
        /// Which one.
        account: RailAccountId,
        /// Whose, if it says so.
        customer: Option<RailCustomerId>,
    },
    /// A payout, by our id, which the rail was given as its reference.
    Payout(PayoutId),
    /// Nothing that concerns us.
    Nothing,
}
