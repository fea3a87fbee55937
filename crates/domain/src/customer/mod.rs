//! The customer: who it is, how to reach it, and how far the rail's decision has come.

mod comment;
mod contact;
mod history;
mod holder;
mod identity;
mod rejection;
mod status;
mod treasury;

pub use contact::{Amendment, ContactData, ContactField};
pub use history::StatusChange;
pub use holder::{Holder, HolderChoice, HolderFilter};
pub use identity::{Identity, IdentityField, LegalName, differing_fields};
pub use rejection::{Explanation, RailReason, Rejection, RejectionClass, ToldReason};
pub use status::{Cause, Status, Transition, TransitionRefused};
pub use treasury::{NewTreasuryCustomer, TreasuryCustomer};

use crate::{
    id::CustomerId,
    values::{CustomerReference, InteracEmail},
};

/// Everything an organisation said of a customer when it asked for its creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// The organisation's own name for it; unique per tenant for ever.
    pub reference: CustomerReference,
    /// The address that receives Interac transfers; held by one customer of a tenant at a time.
    pub interac_email: Option<InteracEmail>,
    /// Who it is.
    pub identity: Identity,
    /// How to reach it.
    pub contact: ContactData,
}

/// A stored customer with its personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// What the world may see of it.
    pub summary: CustomerSummary,
    /// Who it is.
    pub identity: Identity,
    /// How to reach it.
    pub contact: ContactData,
}

/// The part of a customer that is not personal data at rest: all that the APIs ever return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSummary {
    /// Its id, which also tells when it was created.
    pub id: CustomerId,
    /// The organisation's own name for it.
    pub reference: CustomerReference,
    /// The address for Interac transfers, if one was given.
    pub interac_email: Option<InteracEmail>,
    /// How far the rail's decision has come.
    pub status: Status,
    /// Counts changes, from 1.
    pub version: Version,
}

/// How often a customer was changed, from 1: what an `ETag` shows and an `If-Match` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i32);

impl Version {
    /// Of a customer just made.
    pub const FIRST: Self = Self(1);
}

/// How a caller names a customer: by id or by its own reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerHandle {
    /// By id.
    Id(CustomerId),
    /// By `customer_reference`.
    Reference(CustomerReference),
}

impl CustomerHandle {
    /// Reads an id or a reference. Whatever starts as a customer id does is an id.
    ///
    /// Returns nothing for a text that can name no customer at all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("ckcust_") {
            return CustomerId::parse(text).ok().map(Self::Id);
        }
        CustomerReference::parse(text).ok().map(Self::Reference)
    }
}
