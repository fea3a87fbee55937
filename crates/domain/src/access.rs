//! Who may ask: organisations, their API keys, and what a good key stands for.

mod scope;

pub use scope::{Scope, Scopes};

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::{
    id::{ApiKeyId, OrganisationId},
    tenant::{Env, Tenant},
    values::{Email, Name, Rejected},
};

/// Which of the two public contracts a key speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contract {
    /// KYC customers for remittance companies: `sk_` keys.
    Remittance,
    /// Customers, swaps and payment routes for companies that move money of their own: `rmf_` keys.
    Treasury,
}

/// The alphanumeric characters behind the prefix of a key, whichever contract it speaks.
pub const KEY_SECRET_LENGTH: usize = 32;

impl Contract {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Remittance, Self::Treasury];

    /// The word in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Remittance => "remittance",
            Self::Treasury => "treasury",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        match text {
            "remittance" => Ok(Self::Remittance),
            "treasury" => Ok(Self::Treasury),
            _ => Err(Rejected("must be remittance or treasury")),
        }
    }

    /// The contract that answers to this key, good or bad: the mark at its beginning tells.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|contract| key.starts_with(contract.key_mark()))
    }

    /// What a key of this contract begins with, such as `sk_test_`.
    #[must_use]
    pub fn key_prefix(self, env: Env) -> String {
        format!("{}{}_", self.key_mark(), env.as_str())
    }

    /// How many of the characters behind the prefix may be shown again, for people to look a key up by.
    #[must_use]
    pub fn key_look_up_length(self) -> usize {
        match self {
            Self::Remittance => 0,
            Self::Treasury => 8,
        }
    }

    /// Whether a text has the shape of a key of this contract. What has not need not be looked up.
    #[must_use]
    pub fn is_key(self, text: &str) -> bool {
        let secret = Env::ALL
            .into_iter()
            .find_map(|env| text.strip_prefix(&self.key_prefix(env)));
        secret.is_some_and(|secret| {
            secret.len() == KEY_SECRET_LENGTH
                && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    }

    fn key_mark(self) -> &'static str {
        match self {
            Self::Remittance => "sk_",
            Self::Treasury => "rmf_",
        }
    }
}

/// A company that keeps customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: Name,
    /// Where to reach it.
    pub email: Email,
    /// Whether it may act, and on what.
    pub standing: OrganisationStanding,
}

/// Whether an organisation may act, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganisationStanding {
    /// A suspended organisation's keys open nothing.
    pub suspended: bool,
    /// Whether the Remittance API is open to it.
    pub remittances_enabled: bool,
}

impl OrganisationStanding {
    /// Of a new organisation: active, with every feature on.
    pub const NEW: Self = Self {
        suspended: false,
        remittances_enabled: true,
    };
}

/// The keyed hash of an API key: all of the secret that is ever stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("KeyDigest(…)")
    }
}

/// An API key as its owner may see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The data it opens.
    pub tenant: Tenant,
    /// The contract it speaks.
    pub contract: Contract,
    /// What it may do, where its contract knows scopes.
    pub scopes: Scopes,
    /// The characters before the secret, such as `sk_test_`.
    pub prefix: String,
    /// The last four characters, for people to recognise it by.
    pub last_four: String,
    /// From where it may be used; from everywhere when empty.
    pub allowed_networks: Vec<Network>,
    /// From when on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a presented key stands for: the key and the organisation behind it, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key.
    pub key: ApiKey,
    /// The state of its organisation.
    pub standing: OrganisationStanding,
}

impl Principal {
    /// Whether the key opens anything at this moment.
    #[must_use]
    pub fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        self.key.revoked_at.is_none() && self.key.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether the key may be used from this address.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let networks = &self.key.allowed_networks;
        networks.is_empty() || networks.iter().any(|network| network.contains(address))
    }
}

/// A range of IP addresses in CIDR notation ([RFC 4632](https://www.rfc-editor.org/rfc/rfc4632)); a bare address is a
/// range of one. An IPv4 address that arrives mapped into IPv6 counts as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address.
    ///
    /// # Errors
    /// [`Rejected`] for anything else, and for a range with host bits set, which is most often a slip.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        const MALFORMED: Rejected = Rejected("must be an IP address or a range like 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| MALFORMED)?;
        if prefix.is_some() && address.to_canonical() != address {
            return Err(Rejected("must be written as IPv4, not mapped into IPv6"));
        }
        let address = address.to_canonical();
        let width = width(address);
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| MALFORMED)?,
            None => width,
        };
        if prefix > width {
            return Err(MALFORMED);
        }
        let network = Self { address, prefix };
        if network.masked(address) != bits(address) {
            return Err(Rejected("must have no bits set behind the prefix"));
        }
        Ok(network)
    }

    /// Whether the address lies in this range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == bits(self.address)
    }

    fn masked(&self, address: IpAddr) -> u128 {
        let host_bits = u32::from(width(self.address) - self.prefix);
        bits(address)
            .checked_shr(host_bits)
            .and_then(|network| network.checked_shl(host_bits))
            .unwrap_or(0)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn the_shape_of_a_key_names_its_contract() {
        let secret = "0123456789abcdefghijABCDEFGHIJ01";
        for (key, contract, is_key) in [
            (
                format!("sk_test_{secret}"),
                Some(Contract::Remittance),
                true,
            ),
            (
                format!("sk_live_{secret}"),
                Some(Contract::Remittance),
                true,
            ),
            (format!("rmf_test_{secret}"), Some(Contract::Treasury), true),
            (format!("rmf_live_{secret}"), Some(Contract::Treasury), true),
            (
                format!("rmf_prod_{secret}"),
                Some(Contract::Treasury),
                false,
            ),
            (
                format!("rmf_live_{secret}0"),
                Some(Contract::Treasury),
                false,
            ),
            (
                format!("rmf_live_{}", &secret[1..]),
                Some(Contract::Treasury),
                false,
            ),
            (
                format!("sk_live_{}-", &secret[1..]),
                Some(Contract::Remittance),
                false,
            ),
            ("rmf_".to_owned(), Some(Contract::Treasury), false),
            (format!("SK_LIVE_{secret}"), None, false),
            (secret.to_owned(), None, false),
            (String::new(), None, false),
        ] {
            assert_eq!(Contract::of_key(&key), contract, "{key}");
            let fits = Contract::ALL
                .into_iter()
                .any(|contract| contract.is_key(&key));
            assert_eq!(fits, is_key, "{key}");
        }
    }

    #[test]
    fn networks_contain_what_they_should() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.7", "::ffff:192.0.2.7", "::c000:207"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(
                network.contains(inside.parse().unwrap()),
                "{network} {inside}"
            );
            assert!(
                !network.contains(outside.parse().unwrap()),
                "{network} {outside}"
            );
            assert_eq!(Network::parse(&network.to_string()), Ok(network));
        }
    }

    #[test]
    fn other_networks_are_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "10.0.0.0/",
            "10/8",
            "a.b.c.d",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
