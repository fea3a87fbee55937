//! Query parameters that several lists share.

use vouch_domain::{customer::CustomerHandle, values::Rejected};

/// How many entries a page has when the caller does not say.
pub(super) const DEFAULT_LIMIT: u8 = 50;
/// The most entries of a page.
pub(super) const MAX_LIMIT: u8 = 100;

/// Reads the size of a page.
pub(super) fn limit(text: &str) -> Result<u8, Rejected> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = is_number.then(|| text.parse().ok()).flatten();
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or(Rejected("must be a whole number from 1 to 100"))
}

/// Reads the name of a customer.
pub(super) fn customer(text: &str) -> Result<CustomerHandle, Rejected> {
    CustomerHandle::parse(text).ok_or(Rejected("must be a customer id or a customer_reference"))
}

/// Reads the name of a customer, or nothing where it begins as an id does and is none: nobody is called so.
pub(super) fn customer_or_nobody(text: &str) -> Result<Option<CustomerHandle>, Rejected> {
    match customer(text) {
        Err(_) if text.starts_with("ckcust_") => Ok(None),
        named => named.map(Some),
    }
}
