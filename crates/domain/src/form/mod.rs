//! From what a caller sent, field by field, to a command of the domain: all problems at once.

mod amend;
mod attachments;
mod create;
mod empty;
mod fields;
mod payment_route;
mod payout;
mod reader;
mod simulation;
mod swap;
mod treasury_customer;
mod upload;
mod virtual_account;

pub use amend::parse_amendment;
pub use attachments::parse_attachments;
pub use create::parse_new_customer;
pub use empty::parse_empty;
pub use payment_route::parse_payment_route;
pub use payout::{InvalidPayout, parse_payout, recipient_email_missing};
pub use simulation::{SimulationRequest, SimulationSubject, parse_simulation};
pub use swap::parse_swap;
pub use treasury_customer::parse_treasury_customer;
pub use upload::parse_upload;
pub use virtual_account::parse_virtual_account;

use std::collections::BTreeMap;

/// One field of a request body, before any rule has judged it. No type is ever coerced into another.
#[derive(Clone, PartialEq, Eq)]
pub enum RawField {
    /// A JSON string.
    Text(String),
    /// A JSON number, as it was written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// JSON `null`.
    Null,
    /// An object, field by field.
    Object(RawForm),
    /// An array of objects.
    Objects(Vec<RawForm>),
    /// Any other array: always wrong here.
    OtherType,
}

/// The fields of a request body by name.
pub type RawForm = BTreeMap<String, RawField>;

/// One thing that is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name; for an unknown field as the caller spelt it.
    pub field: String,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// Completes "`field` …"; never holds the value.
    pub message: &'static str,
}

/// What kind of problem a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A required field is absent, `null` or blank.
    Missing,
    /// The value is not acceptable.
    Invalid,
    /// The country is not served. Stands alone.
    CountryNotSupported,
    /// The currency is not served for this purpose.
    CurrencyNotSupported,
    /// The field exists, but cannot be changed after creation.
    Immutable,
    /// There is no such field.
    Unknown,
}
