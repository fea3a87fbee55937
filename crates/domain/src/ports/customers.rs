use async_trait::async_trait;

use super::StoreError;
use crate::{
    customer::{
        ContactData, ContactField, Customer, CustomerHandle, CustomerSummary, Identity, Status,
        Version,
    },
    event::{Event, EventType},
    id::{CustomerId, EventId},
    idempotency::{Fingerprint, KeyClaim},
    tenant::Tenant,
    values::Rejected,
};

/// Changes to customers that exist.
#[async_trait]
pub trait Customers: Send + Sync {
    /// All that judging an amendment needs: the customer with its personal data, and what the key is bound to.
    async fn amendment_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError>;

    /// Replaces contact data, counts the version on, appends `customer_updated`, has the change sent to the rail, and
    /// binds the key: all of it, or nothing.
    async fn amend(&self, tenant: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError>;

    /// Binds a key to a customer that needed no change. Answers whether the key was free.
    async fn bind_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError>;
}

/// What an amendment is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentBasis {
    /// The customer as it is.
    pub subject: AmendmentSubject,
    /// The body with which the key was used before, if it was.
    pub bound: Option<Fingerprint>,
}

/// A customer that somebody wants amended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmendmentSubject {
    /// With its identity and contact data.
    Known(Box<Customer>),
    /// Made by the Treasury API, so there is nothing that an amendment could change.
    WithoutIdentity,
}

impl AmendmentSubject {
    /// The customer, where one may be amended.
    #[must_use]
    pub fn known(&self) -> Option<&Customer> {
        match self {
            Self::Known(customer) => Some(customer),
            Self::WithoutIdentity => None,
        }
    }
}

/// An amendment to be stored.
#[derive(Debug, Clone)]
pub struct Amend<'a> {
    /// Whose data changes.
    pub customer: CustomerId,
    /// Unchanged; the e-mail is compared together with it.
    pub identity: &'a Identity,
    /// The new data.
    pub contact: &'a ContactData,
    /// The fields that really changed; at least one.
    pub changed: &'a [ContactField],
    /// The version that was read before.
    pub expected: Version,
    /// The id of the event.
    pub event: EventId,
    /// The caller's key, if it gave one.
    pub claim: Option<&'a KeyClaim>,
}

/// How an amendment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmendOutcome {
    /// Stored.
    Amended(CustomerSummary),
    /// Somebody changed the customer, or used the key, since the basis was read: read it again.
    Outrun,
}

/// Reads of customers and their events. Reservations are invisible to all of them.
#[async_trait]
pub trait CustomerQueries: Send + Sync {
    /// One customer.
    async fn find(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
    ) -> Result<Option<CustomerSummary>, StoreError>;

    /// A page of customers, newest first.
    async fn page(
        &self,
        tenant: Tenant,
        request: &CustomerPageRequest,
    ) -> Result<CustomerPage, PageError>;

    /// A page of one customer's events, oldest first. An unknown customer has none.
    async fn events(
        &self,
        tenant: Tenant,
        request: &EventPageRequest,
    ) -> Result<EventPage, PageError>;
}

/// Which customers to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerPageRequest {
    /// At most so many, 1–100.
    pub limit: u8,
    /// Only customers older than this one.
    pub after: Option<CustomerHandle>,
    /// Only customers in this status.
    pub status: Option<Status>,
    /// Only customers whose reference, interac e-mail or display name holds this text.
    pub search: Option<SearchText>,
}

/// A text to search for: 1–100 characters, no control characters, lower-cased. Nothing in it is a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// Most characters a search may have.
    pub const MAX_LENGTH: usize = 100;

    /// Reads what a caller searches for.
    ///
    /// # Errors
    /// [`Rejected`] when it is empty, too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let length = text.chars().take(Self::MAX_LENGTH + 1).count();
        if length == 0 || length > Self::MAX_LENGTH || text.chars().any(char::is_control) {
            return Err(Rejected(
                "must be 1 to 100 characters without control characters",
            ));
        }
        Ok(Self(folded(text)))
    }

    /// The text, lower-cased.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-cases a text for search, character by character: Unicode's rule for a sigma at the end of a word would hide
/// what is found in the middle of one.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A page of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerPage {
    /// Newest first.
    pub customers: Vec<CustomerSummary>,
    /// Whether there are older ones that match.
    pub has_more: bool,
}

/// Which events to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPageRequest {
    /// Whose events.
    pub customer: CustomerHandle,
    /// At most so many, 1–100.
    pub limit: u8,
    /// Only events after this one.
    pub after: Option<EventId>,
    /// Only events of this type.
    pub event_type: Option<EventType>,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Whether there are newer ones that match.
    pub has_more: bool,
}

/// A page could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The cursor names nothing of this tenant.
    #[error("the cursor is unknown")]
    UnknownCursor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
