//! Idempotency keys: how a caller repeats a request without repeating its effect.
//!
//! One mechanism for both contracts; where they differ, an [`IdempotencyPolicy`] says so. What a key is bound to is a
//! customer's id in the Remittance API, which renders the customer as it is now, and a kept [answer](KeptAnswer) in
//! the Treasury API, which repeats it unchanged.

mod kept;
mod key;

pub use kept::{Grant, Keep, Kept, KeptAnswer, SUBJECT_LASTS};
pub use key::{IdempotencyKey, IdempotencyPolicy, KeyAlphabet};

use crate::{access::Contract, customer::CustomerHandle};

/// A keyed hash of a request's canonical body, or of what it asks for: two are the same when these are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What the key is a key for. The same key for another operation is another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `POST /customers` of the Remittance API.
    CreateCustomer,
    /// `PATCH /customers/{id}` of the Remittance API.
    AmendCustomer(CustomerHandle),
    /// `POST /customers/{id}/files` of the Remittance API.
    AddFile(CustomerHandle),
    /// `POST /customers/{id}/files/attach` of the Remittance API.
    AttachFiles(CustomerHandle),
    /// `POST /customers/{id}/kyc` of the Remittance API.
    SubmitKyc(CustomerHandle),
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
            Self::AddFile(customer) => format!("POST /customers/{}/files", named(customer)),
            Self::AttachFiles(customer) => {
                format!("POST /customers/{}/files/attach", named(customer))
            }
            Self::SubmitKyc(customer) => format!("POST /customers/{}/kyc", named(customer)),
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
}

/// The key was used with another body, which its contract refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key was used with another body")]
pub struct KeyConflict;

impl KeyClaim {
    /// What this claim means for a key that was used before, with a body of this fingerprint.
    ///
    /// # Errors
    /// [`KeyConflict`] for another body, where the [policy](IdempotencyPolicy) makes the body part of the key's identity.
    pub fn repeats(&self, used_with: Fingerprint) -> Result<Repetition, KeyConflict> {
        let policy = IdempotencyPolicy::of(self.contract);
        match (
            used_with == self.fingerprint,
            policy.body_is_part_of_identity,
        ) {
            (true, _) => Ok(Repetition::Same),
            (false, false) => Ok(Repetition::OtherBody),
            (false, true) => Err(KeyConflict),
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
            (Contract::Remittance, Err(KeyConflict)),
            (Contract::Treasury, Ok(Repetition::OtherBody)),
        ] {
            let claim = claim(contract);
            assert_eq!(claim.repeats(Fingerprint([1; 32])), Ok(Repetition::Same));
            assert_eq!(claim.repeats(Fingerprint([2; 32])), other);
        }
    }
}
