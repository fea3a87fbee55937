use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{AbsenceClear, RailCustomerId};
use crate::{
    customer::{ContactData, ContactField, LegalName, NewCustomer, RailReason, Status},
    values::CustomerType,
};

/// The regulated KYC rail of one env. One account there serves all organisations.
///
/// Every call has a deadline. What is safe to repeat the adapter repeats within it; a create it sends once.
#[async_trait]
pub trait Rail: Send + Sync {
    /// Creates a customer. The rail has no idempotency key: after [`RailFailure::Unclear`] look before repeating.
    async fn create_customer(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<RailCustomerId, RailFailure>;

    /// Every customer at the rail with this customer's e-mail and document number: none, one or many.
    async fn find_customers(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<Vec<RailCustomer>, RailFailure>;

    /// One customer as the rail has it, or none.
    async fn customer(
        &self,
        id: &RailCustomerId,
        urgency: Urgency,
    ) -> Result<Option<RailCustomer>, RailFailure>;

    /// A page of all customers of the account, newest first, counted from 1. Whoever is made meanwhile moves the others
    /// on: a later page may repeat some, and leaves none out.
    async fn customers_page(&self, page: u32, urgency: Urgency) -> Result<RailPage, RailFailure>;

    /// Sends changed contact data; what was cleared is cleared there.
    async fn update_customer(
        &self,
        id: &RailCustomerId,
        change: RailContactChange<'_>,
        urgency: Urgency,
    ) -> Result<(), RailFailure>;
}

/// Who waits for the answer. Where the rail's allowance is short, callers go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A caller of our API.
    Caller,
    /// Nobody: at most half of the allowance.
    Background,
}

/// The rail's word on a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RailStatus {
    /// Nothing is decided.
    Pending,
    /// A review is under way.
    Processing,
    /// Accepted.
    Verified,
    /// Refused.
    Rejected,
}

impl RailStatus {
    /// The status that a customer here has, when the rail says this.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Pending | Self::Processing => Status::Pending,
            Self::Verified => Status::Verified,
            Self::Rejected => Status::Rejected,
        }
    }
}

/// A customer as the rail has it. Texts are the rail's and may break our rules; what it left out is absent.
#[derive(Clone, PartialEq, Eq)]
pub struct RailCustomer {
    /// The rail's id.
    pub id: RailCustomerId,
    /// When the rail made it.
    pub created_at: Option<DateTime<Utc>>,
    /// When the rail last changed it.
    pub updated_at: Option<DateTime<Utc>>,
    /// Person or business.
    pub customer_type: Option<CustomerType>,
    /// ISO code of the country.
    pub country: Option<String>,
    /// First name of a person.
    pub first_name: Option<String>,
    /// Last name of a person.
    pub last_name: Option<String>,
    /// Name of a business.
    pub business_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Document number; for a business its registration number.
    pub id_number: Option<String>,
    /// Contact data other than the e-mail. A row of a list holds only part of it.
    pub contact: BTreeMap<ContactField, String>,
    /// The rail's word.
    pub status: Option<RailStatus>,
    /// What the rail's people wrote beside a business's documents.
    pub comments: Vec<RailReason>,
}

/// A page of the rail's customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RailPage {
    /// Newest first.
    pub customers: Vec<RailCustomer>,
    /// Whether there may be older ones.
    pub has_more: bool,
}

impl fmt::Debug for RailCustomer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RailCustomer(…)")
    }
}

/// How far the rail's clock may run behind ours.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

impl RailCustomer {
    /// Whether this record can be the one that was created for `customer`, reserved at `reserved_at`.
    ///
    /// The rule of the Remittance contract, section 4: equal in type, country, names, e-mail (in any case) and document
    /// number, and made not before the reservation, minus a minute of skew. Whether another customer is bound to the
    /// record, only the store can tell.
    #[must_use]
    pub fn fits(&self, customer: &NewCustomer, reserved_at: DateTime<Utc>) -> bool {
        let identity = &customer.identity;
        let same_name = match &identity.name {
            LegalName::Individual { first, last } => {
                self.first_name.as_deref() == Some(first.as_str())
                    && self.last_name.as_deref() == Some(last.as_str())
            }
            LegalName::Business { name } => self.business_name.as_deref() == Some(name.as_str()),
        };
        let same_email = self
            .email
            .as_ref()
            .is_some_and(|email| email.eq_ignore_ascii_case(customer.contact.email.expose()));
        let not_before = self
            .created_at
            .is_some_and(|created_at| created_at + CLOCK_SKEW >= reserved_at);
        self.customer_type == Some(identity.name.customer_type())
            && self.country.as_deref() == Some(identity.country.as_str())
            && self.id_number.as_deref() == Some(identity.id_number.expose())
            && same_name
            && same_email
            && not_before
    }

    /// In which contact fields this record, a whole one, differs from ours: e-mails compare in any case, everything else
    /// as it is written.
    #[must_use]
    pub fn differing_contact(&self, ours: &ContactData) -> Vec<ContactField> {
        let is_our_email = |theirs: &String| theirs.eq_ignore_ascii_case(ours.email.expose());
        let differs = |field: &ContactField| match field {
            ContactField::Email => !self.email.as_ref().is_some_and(is_our_email),
            other => self.contact.get(other) != ours.expose(*other).as_ref(),
        };
        ContactField::ALL.into_iter().filter(differs).collect()
    }
}

/// Changed contact data on its way to the rail.
#[derive(Debug, Clone, Copy)]
pub struct RailContactChange<'a> {
    /// The data as it is now.
    pub contact: &'a ContactData,
    /// Which fields to send.
    pub fields: &'a [ContactField],
}

/// A field of our create form that the rail refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RailField(pub &'static str);

/// Why a call to the rail brought no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RailFailure {
    /// The rail judged the data and refused it, for these fields where it said so.
    #[error("the rail refused the data")]
    Refused {
        /// By our names; empty when unknown.
        fields: Vec<RailField>,
    },
    /// The request may or may not have been carried out: a time-out, a dropped connection, an unreadable answer, or
    /// one of the statuses 502, 503 and 504.
    #[error("the rail's answer is unclear: {cause}")]
    Unclear {
        /// For the log: no address, no data.
        cause: String,
    },
    /// Nothing was sent, or the rail itself answered, readably, that something failed. It may have created something
    /// all the same, but nothing is under way any more: a look-up tells.
    #[error("the rail is unavailable: {cause}")]
    Unavailable {
        /// For the log: no address, no data.
        cause: String,
        /// When the rail, or our own allowance, wants the next attempt.
        retry_after: Option<Duration>,
    },
    /// The rail refused our credentials.
    #[error("the rail refused our credentials")]
    Unauthorised,
}

impl RailFailure {
    /// When a later look-up that finds nothing will prove that a create, which failed like this, made nothing.
    #[must_use]
    pub fn absence_clear(&self, settle: Duration) -> AbsenceClear {
        match self {
            Self::Unclear { .. } => AbsenceClear::After(settle),
            Self::Refused { .. } | Self::Unavailable { .. } | Self::Unauthorised => {
                AbsenceClear::Now
            }
        }
    }
}
