//! The append-only log of what happened to a customer.

use crate::{
    customer::{ContactField, CustomerSummary, Status, Transition},
    id::{EventId, KycSubmissionId},
    values::Rejected,
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
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::KycSubmitted,
        Self::KycStatusChanged,
        Self::CustomerClosed,
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
