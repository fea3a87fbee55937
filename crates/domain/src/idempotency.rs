//! Idempotency keys: how a caller repeats a request without repeating its effect.

use crate::{access::Contract, customer::CustomerHandle, values::Rejected};

/// The caller's name for one attempt: 1–200 visible ASCII characters. Callers put anything into it, e-mail addresses
/// included, so it is not shown in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("IdempotencyKey(…)")
    }
}

impl IdempotencyKey {
    /// Most characters a key may have.
    pub const MAX_LENGTH: usize = 200;

    /// Reads a key as the caller sent it.
    ///
    /// # Errors
    /// [`Rejected`] when it is empty, too long, or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !visible {
            return Err(Rejected("must be 1 to 200 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A keyed hash of a request's canonical body: two requests are the same when these are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What the key is a key for. The same key for another operation is another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `POST /customers`
    CreateCustomer,
    /// `PATCH /customers/{id}`
    AmendCustomer(CustomerHandle),
}

impl Operation {
    /// Method, route and path id: the part of the key's identity that is stored beside the key.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::CreateCustomer => "POST /customers".to_owned(),
            Self::AmendCustomer(CustomerHandle::Id(id)) => format!("PATCH /customers/{id}"),
            Self::AmendCustomer(CustomerHandle::Reference(reference)) => {
                format!("PATCH /customers/{}", reference.as_str())
            }
        }
    }
}

/// A request's claim on its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// Keys of the two contracts never meet.
    pub contract: Contract,
    /// What the key is for.
    pub operation: Operation,
    /// The key.
    pub key: IdempotencyKey,
    /// The body it came with.
    pub fingerprint: Fingerprint,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii() {
        for good in ["k", "!~", &"x".repeat(200)] {
            assert!(IdempotencyKey::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "é", "\u{7f}", "a\n", &"x".repeat(201)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}
