//! Values that cannot be wrong: text is parsed once, at the edge, into one of these.
//!
//! Two ways in. `parse` judges text that a caller sent, by all the rules of today. `restore` takes back what was
//! accepted before and stored: it judges the shape that every stored value has, but no policy, because policies (the age
//! of majority, the kinds of tax number, an expiry date) change while the record stays true.
//!
//! Values that are sealed at rest say `expose` where others say `as_str`, print as `Email(…)` in `Debug`, and have
//! neither `Display` nor serialisation: what reads them can be found by searching for one word.

mod account_detail;
mod address;
mod chain;
mod country;
mod currency;
mod customer_name;
mod customer_type;
mod dates;
mod display_name;
mod email;
mod fiat_currency;
mod id_document;
mod merchant_reference;
mod name;
mod pattern;
mod phone;
mod reference;
mod route_name;
mod rules;
mod text;
mod tin;
mod zip_code;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod properties;

pub use account_detail::AccountDetail;
pub use address::{City, State, Street};
pub use chain::{Base58Address, ChainAddress, ChainId, ChainName, TransactionHash};
pub use country::Country;
pub use currency::CurrencyCode;
pub use customer_name::CustomerName;
pub use customer_type::CustomerType;
pub use dates::{DateOfBirth, IdExpiryDate, IdIssueDate};
pub use display_name::DisplayName;
pub use email::{Email, InteracEmail, TreasuryEmail};
pub use fiat_currency::FiatCurrency;
pub use id_document::{IdNumber, IdType};
pub use merchant_reference::MerchantReference;
pub use name::Name;
pub use phone::Phone;
pub use reference::CustomerReference;
pub use route_name::RouteName;
pub use rules::{Policy, Rules, Standards, TinChecks, TinKinds};
pub use tin::Tin;
pub use zip_code::ZipCode;

/// Why a text is not a value of the type asked for. The sentence is fixed text, so it never carries the value itself,
/// and it completes "`field` …", as in "must be a date".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub &'static str);
