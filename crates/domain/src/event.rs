//! The append-only log of what happened to a customer.

use crate::{
    customer::{ContactField, CustomerSummary},
    id::EventId,
    values::Rejected,
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A customer exists here and at the rail.
    CustomerCreated,
    /// Contact data changed.
    CustomerUpdated,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CustomerCreated, Self::CustomerUpdated];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerCreated => "customer_created",
            Self::CustomerUpdated => "customer_updated",
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
    /// What happened.
    pub event_type: EventType,
    /// Its place among the events of its customer, from 1, without gaps.
    pub sequence: i32,
    /// The customer as it was then.
    pub customer: CustomerSummary,
    /// Names of the fields that changed.
    pub changed: Vec<ContactField>,
}
