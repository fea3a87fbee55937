//! Idempotency keys: how a caller repeats a request without repeating its effect.
//!
//! One mechanism for both contracts; where they differ, an [`IdempotencyPolicy`] says so. What a key is bound to is a
//! customer's id in the Remittance API, which renders the customer as it is now, and a kept [answer](KeptAnswer) in
//! the Treasury API, which repeats it unchanged.

mod kept;
mod key;

pub use kept::{Grant, Keep, Kept, KeptAnswer};
pub use key::{IdempotencyKey, IdempotencyPolicy, KeyAlphabet};

use crate::{access::Contract, customer::CustomerHandle};

/// A keyed hash of a request's canonical body: two requests are the same when these are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What the key is a key for. The same key for another operation is another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `POST /customers` of the Remittance API.
    CreateCustomer,
    /// `PATCH /customers/{id}` of the Remittance API.
    AmendCustomer(CustomerHandle),
    /// `POST /customers/{id}/virtual_accounts` of the Remittance API.
    OpenAccount(CustomerHandle),
    /// `POST /payouts` of the Remittance API.
    CreatePayout,
    /// `POST /customers/{id}/close` of the Remittance API.
    CloseCustomer(CustomerHandle),
    /// Any operation of the Treasury API.
    Treasury {
        /// The method.
        method: String,
        /// The path below the base, as it was sent.
        path: String,
    },
}

impl Operation {
    /// Method, route and path id: the part of the key's identity that is stored beside the key.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::CreateCustomer => "POST /customers".to_owned(),
            Self::AmendCustomer(customer) => format!("PATCH /customers/{}", named(customer)),
            Self::OpenAccount(customer) => {
                format!("POST /customers/{}/virtual_accounts", named(customer))
            }
            Self::CreatePayout => "POST /payouts".to_owned(),
            Self::CloseCustomer(customer) => format!("POST /customers/{}/close", named(customer)),
            Self::Treasury { method, path } => format!("{method} {path}"),
        }
    }
}

/// A customer as the path named it.
fn named(customer: &CustomerHandle) -> String {
    match customer {
        CustomerHandle::Id(id) => id.to_string(),
        CustomerHandle::Reference(reference) => reference.as_str().to_owned(),
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

/// What it means that a key was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// The same request again.
    Same,
    /// Another body, for which the contract has the first outcome all the same.
    OtherBody,
    /// Another body, which the contract refuses.
    Conflict,
}

impl KeyClaim {
    /// What this claim means for a key that was used before, with a body of this fingerprint.
    #[must_use]
    pub fn repeats(&self, used_with: Fingerprint) -> Repetition {
        let policy = IdempotencyPolicy::of(self.contract);
        match (
            used_with == self.fingerprint,
            policy.body_is_part_of_identity,
        ) {
            (true, _) => Repetition::Same,
            (false, false) => Repetition::OtherBody,
            (false, true) => Repetition::Conflict,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    fn claim(contract: Contract) -> KeyClaim {
        KeyClaim {
            contract,
            operation: Operation::CreateCustomer,
            key: IdempotencyKey::parse("k", contract).unwrap(),
            fingerprint: Fingerprint([1; 32]),
        }
    }

    #[test]
    fn another_body_is_refused_by_one_contract_and_replayed_by_the_other() {
        for (contract, other) in [
            (Contract::Remittance, Repetition::Conflict),
            (Contract::Treasury, Repetition::OtherBody),
        ] {
            let claim = claim(contract);
            assert_eq!(claim.repeats(Fingerprint([1; 32])), Repetition::Same);
            assert_eq!(claim.repeats(Fingerprint([2; 32])), other);
        }
    }
}
