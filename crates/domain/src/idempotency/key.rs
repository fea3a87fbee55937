//! The key itself, and what each contract makes of it.

use crate::{access::Contract, values::Rejected};

/// Where the contracts differ in what they do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyPolicy {
    /// Most characters of a key.
    pub longest: usize,
    /// Which characters it may have.
    pub alphabet: KeyAlphabet,
    /// Whether another body under a used key is another request, and refused, or is answered like the first.
    pub body_is_part_of_identity: bool,
}

/// Which characters a key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlphabet {
    /// Visible ASCII.
    Visible,
    /// Whatever a header can carry.
    Any,
}

impl IdempotencyPolicy {
    /// What this contract says: Remittance, section 4; Treasury, section 1.
    #[must_use]
    pub const fn of(contract: Contract) -> Self {
        match contract {
            Contract::Remittance => Self {
                longest: 200,
                alphabet: KeyAlphabet::Visible,
                body_is_part_of_identity: true,
            },
            Contract::Treasury => Self {
                longest: 255,
                alphabet: KeyAlphabet::Any,
                body_is_part_of_identity: false,
            },
        }
    }
}

/// The caller's name for one attempt. Callers put anything into it, e-mail addresses included, so it is stored as a keyed
/// hash alone, and not shown in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("IdempotencyKey(…)")
    }
}

impl IdempotencyKey {
    /// Reads a key as the caller sent it.
    ///
    /// # Errors
    /// [`Rejected`] when it is empty, or breaks the [policy](IdempotencyPolicy) of its contract.
    pub fn parse(text: &str, contract: Contract) -> Result<Self, Rejected> {
        let policy = IdempotencyPolicy::of(contract);
        let length = text.chars().take(policy.longest + 1).count();
        let fits = (1..=policy.longest).contains(&length);
        let refused = match policy.alphabet {
            KeyAlphabet::Visible if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "must be 1 to 200 visible ASCII characters"
            }
            KeyAlphabet::Any if !fits => "must be 1 to 255 characters",
            KeyAlphabet::Visible | KeyAlphabet::Any => return Ok(Self(text.to_owned())),
        };
        Err(Rejected(refused))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remittance_keys_are_visible_ascii() {
        for good in ["k", "!~", &"x".repeat(200)] {
            let key = IdempotencyKey::parse(good, Contract::Remittance);
            assert!(key.is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "é", "\u{7f}", "a\n", &"x".repeat(201)] {
            let key = IdempotencyKey::parse(bad, Contract::Remittance);
            assert!(key.is_err(), "{bad:?}");
        }
    }

    #[test]
    fn treasury_keys_are_only_limited_in_length() {
        for good in ["k", " ", "a b", "é", &"é".repeat(255)] {
            let key = IdempotencyKey::parse(good, Contract::Treasury);
            assert!(key.is_ok(), "{good}");
        }
        for bad in ["", &"x".repeat(256)] {
            let key = IdempotencyKey::parse(bad, Contract::Treasury);
            assert!(key.is_err(), "{bad:?}");
        }
    }
}
