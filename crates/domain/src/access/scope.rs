//! What a Treasury key may do.

use std::collections::BTreeSet;

use crate::values::Rejected;

/// One right of a Treasury key: the Treasury contract, section 1. To write is not to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See rates.
    FxRead,
    /// See customers, swaps and transactions.
    TransfersRead,
    /// Create customers, create and cancel swaps.
    TransfersWrite,
    /// See payment routes and their deposits.
    CollectionsRead,
    /// Create and change payment routes.
    CollectionsWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::FxRead,
        Self::TransfersRead,
        Self::TransfersWrite,
        Self::CollectionsRead,
        Self::CollectionsWrite,
    ];

    /// The word on the wire, in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FxRead => "fx:read",
            Self::TransfersRead => "transfers:read",
            Self::TransfersWrite => "transfers:write",
            Self::CollectionsRead => "collections:read",
            Self::CollectionsWrite => "collections:write",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(Rejected(
                "must be one of fx:read, transfers:read, transfers:write, collections:read, collections:write",
            ))
    }
}

/// The rights of one key, each once. Keys of the Remittance API have none: there every key may do everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Every right there is.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this right is among them.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The rights, in the order of [`Scope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
        }
        for text in ["", "transfers", "Transfers:read", "transfers:read "] {
            assert!(Scope::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn to_write_is_not_to_read() {
        let scopes: Scopes = [Scope::TransfersWrite, Scope::TransfersWrite]
            .into_iter()
            .collect();
        assert!(!scopes.contains(Scope::TransfersRead));
        assert_eq!(scopes.iter().count(), 1);
        assert_eq!(Scopes::all().iter().collect::<Vec<_>>(), Scope::ALL);
    }
}
