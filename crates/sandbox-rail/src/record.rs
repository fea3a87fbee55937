//! What is kept: the records of every kind, as the journal holds them.

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    kyc::{file::File, submission::Submission},
    money::{account::Account, payout::Payout},
    webhook::{delivery::Delivery, registration::Registration},
};

/// One record. The last one of an id holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    Customer(Box<Customer>),
    File(File),
    Submission(Submission),
    Account(Account),
    Payout(Box<Payout>),
    /// There is one at most: a later one takes its place.
    Registration(Registration),
    Delivery(Delivery),
    /// The lower-cased e-mail whose first create has gone wrong on purpose.
    Mishap(String),
}

/// Records that are stored together or not at all.
pub(crate) type Step = Vec<Record>;

impl From<Customer> for Record {
    fn from(customer: Customer) -> Self {
        Self::Customer(Box::new(customer))
    }
}

impl From<Payout> for Record {
    fn from(payout: Payout) -> Self {
        Self::Payout(Box::new(payout))
    }
}
