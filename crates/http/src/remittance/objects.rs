//! The objects of the Remittance contract, written straight from the domain's.

use std::fmt::Display;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use vouch_domain::{
    customer::{ContactField, CustomerSummary},
    event::{Event, EventDetail},
    id::{CustomerId, EventId, KycSubmissionId},
    tenant::Env,
    virtual_account::AccountStatus,
};

use super::money_objects::{AccountMarkObject, PayoutObject};

/// The customer object: exactly the seven fields of the contract, section 3.
#[derive(Serialize)]
pub(super) struct CustomerObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: CustomerId,
    customer_reference: &'a str,
    interac_email: Option<&'a str>,
    status: &'static str,
    env: &'static str,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
}

impl<'a> CustomerObject<'a> {
    pub(super) fn new(customer: &'a CustomerSummary, env: Env) -> Self {
        Self {
            object: "customer",
            id: customer.id,
            customer_reference: customer.reference.as_str(),
            interac_email: customer.interac_email.as_ref().map(|email| email.as_str()),
            status: customer.status.as_str(),
            env: env.as_str(),
            created_at: customer.id.created_at(),
        }
    }
}

/// An event of the contract, section 10.
#[derive(Serialize)]
pub(super) struct EventObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: EventId,
    env: &'static str,
    #[serde(rename = "type")]
    event_type: &'static str,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "display")]
    customer_id: CustomerId,
    customer_reference: &'a str,
    sequence: i32,
    data: EventData<'a>,
}

#[derive(Serialize)]
struct EventData<'a> {
    /// As it was then.
    customer: CustomerObject<'a>,
    #[serde(flatten)]
    detail: DetailObject<'a>,
}

/// What only this type of event tells.
#[derive(Serialize)]
#[serde(untagged)]
enum DetailObject<'a> {
    Nothing {},
    Updated {
        changed: Vec<&'static str>,
    },
    KycSubmitted {
        #[serde(serialize_with = "display")]
        kyc_submission_id: KycSubmissionId,
    },
    StatusChanged {
        previous_status: &'static str,
        status: &'static str,
    },
    VirtualAccount {
        virtual_account: AccountMarkObject<'a>,
    },
    Payout {
        payout: PayoutObject<'a>,
    },
}

impl<'a> DetailObject<'a> {
    fn new(event: &'a Event, env: Env) -> Self {
        let account = |mark, status| Self::VirtualAccount {
            virtual_account: AccountMarkObject::new(mark, status, &event.customer, env),
        };
        match &event.detail {
            EventDetail::Created | EventDetail::Closed => Self::Nothing {},
            EventDetail::Updated { changed } => Self::Updated {
                changed: changed.iter().copied().map(ContactField::name).collect(),
            },
            EventDetail::KycSubmitted { submission } => Self::KycSubmitted {
                kyc_submission_id: *submission,
            },
            EventDetail::StatusChanged { previous, status } => Self::StatusChanged {
                previous_status: previous.as_str(),
                status: status.as_str(),
            },
            EventDetail::AccountActivated(mark) => account(mark, AccountStatus::Active),
            EventDetail::AccountFailed(mark) => account(mark, AccountStatus::Failed),
            EventDetail::PayoutEnded(mark, end) => Self::Payout {
                payout: PayoutObject::ended(mark, *end, &event.customer, env),
            },
        }
    }
}

impl<'a> EventObject<'a> {
    pub(super) fn new(event: &'a Event, env: Env) -> Self {
        Self {
            object: "event",
            id: event.id,
            env: env.as_str(),
            event_type: event.detail.event_type().as_str(),
            created_at: event.id.created_at(),
            customer_id: event.customer.id,
            customer_reference: event.customer.reference.as_str(),
            sequence: event.sequence,
            data: EventData {
                customer: CustomerObject::new(&event.customer, env),
                detail: DetailObject::new(event, env),
            },
        }
    }
}

/// A page of any list.
#[derive(Serialize)]
pub(super) struct ListObject<T> {
    object: &'static str,
    has_more: bool,
    data: Vec<T>,
}

impl<T> ListObject<T> {
    pub(super) fn new(data: impl Iterator<Item = T>, has_more: bool) -> Self {
        Self {
            object: "list",
            has_more,
            data: data.collect(),
        }
    }
}

pub(super) fn display<S: Serializer>(
    value: &impl Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(super) fn seconds<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
