//! The append-only log of what happened to a customer.

use crate::{
    customer::{ContactField, CustomerSummary, Status, Transition},
    id::{EventId, KycSubmissionId, PayoutId, VirtualAccountId},
    money::MinorUnits,
    payout::PayoutEnd,
    values::{FiatCurrency, MerchantReference, Rejected},
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A customer exists here and at the rail.
    CustomerCreated,
    /// Contact data changed.
    CustomerUpdated,
    /// Documents were submitted for review.
    KycSubmitted,
    /// The status changed, but not to closed.
    KycStatusChanged,
    /// The customer was closed.
    CustomerClosed,
    /// A virtual account can be paid into.
    VirtualAccountActivated,
    /// A virtual account was not opened, or was given up.
    VirtualAccountFailed,
    /// The recipient of a payout has it.
    PayoutPaid,
    /// The recipient of a payout will not get it.
    PayoutFailed,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::KycSubmitted,
        Self::KycStatusChanged,
        Self::CustomerClosed,
        Self::VirtualAccountActivated,
        Self::VirtualAccountFailed,
        Self::PayoutPaid,
        Self::PayoutFailed,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerCreated => "customer_created",
            Self::CustomerUpdated => "customer_updated",
            Self::KycSubmitted => "kyc_submitted",
            Self::KycStatusChanged => "kyc_status_changed",
            Self::CustomerClosed => "customer_closed",
            Self::VirtualAccountActivated => "virtual_account_activated",
            Self::VirtualAccountFailed => "virtual_account_failed",
            Self::PayoutPaid => "payout_paid",
            Self::PayoutFailed => "payout_failed",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(Rejected("must be a known event type"))
    }
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, which also tells when it happened.
    pub id: EventId,
    /// Its place among the events of its customer, from 1, without gaps.
    pub sequence: i32,
    /// The customer as it was then.
    pub customer: CustomerSummary,
    /// What happened.
    pub detail: EventDetail,
}

/// What happened, with all that only this type of event tells. Nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventDetail {
    /// See [`EventType::CustomerCreated`].
    Created,
    /// See [`EventType::CustomerUpdated`].
    Updated {
        /// The fields that changed.
        changed: Vec<ContactField>,
    },
    /// See [`EventType::KycSubmitted`].
    KycSubmitted {
        /// What was submitted.
        submission: KycSubmissionId,
    },
    /// See [`EventType::KycStatusChanged`].
    StatusChanged {
        /// Before.
        previous: Status,
        /// After.
        status: Status,
    },
    /// See [`EventType::CustomerClosed`].
    Closed,
    /// See [`EventType::VirtualAccountActivated`].
    AccountActivated(AccountMark),
    /// See [`EventType::VirtualAccountFailed`].
    AccountFailed(AccountMark),
    /// See [`EventType::PayoutPaid`] and [`EventType::PayoutFailed`].
    PayoutEnded(PayoutMark, PayoutEnd),
}

/// The virtual account that an event is about. Its number and name are personal, so they are no part of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountMark {
    /// Which one.
    pub account: VirtualAccountId,
    /// What is paid into it.
    pub currency: FiatCurrency,
}

/// The payout that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutMark {
    /// Which one.
    pub payout: PayoutId,
    /// Its currency.
    pub currency: FiatCurrency,
    /// What the recipient gets, or should have got.
    pub amount: MinorUnits,
    /// The organisation's own name for it.
    pub merchant_reference: MerchantReference,
}

impl EventDetail {
    /// The type of event that has this detail.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Created => EventType::CustomerCreated,
            Self::Updated { .. } => EventType::CustomerUpdated,
            Self::KycSubmitted { .. } => EventType::KycSubmitted,
            Self::StatusChanged { .. } => EventType::KycStatusChanged,
            Self::Closed => EventType::CustomerClosed,
            Self::AccountActivated(_) => EventType::VirtualAccountActivated,
            Self::AccountFailed(_) => EventType::VirtualAccountFailed,
            Self::PayoutEnded(_, PayoutEnd::Paid) => EventType::PayoutPaid,
            Self::PayoutEnded(_, PayoutEnd::Failed(_)) => EventType::PayoutFailed,
        }
    }
}

impl From<Transition> for EventDetail {
    fn from(transition: Transition) -> Self {
        match transition.to {
            Status::Closed => Self::Closed,
            status => Self::StatusChanged {
                previous: transition.from,
                status,
            },
        }
    }
}
