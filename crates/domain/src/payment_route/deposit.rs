//! What arrived at a payment route's address.

use chrono::{DateTime, Utc};

use crate::{
    id::{DepositId, PaymentRouteId},
    money::AtomicUnits,
    values::{ChainId, CurrencyCode, Rejected, TransactionHash},
};

/// How far a deposit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DepositStatus {
    /// It arrived and was not passed on yet.
    Pending,
    /// It was passed on.
    Success,
    /// It could not be passed on.
    Failed,
}

impl DepositStatus {
    /// All, in the order of a deposit's life.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Success, Self::Failed];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(Rejected("must be pending, success or failed"))
    }
}

/// Why a deposit could not be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DepositFailure {
    /// The provider could not pay out.
    Payout,
}

impl DepositFailure {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payout => "payout",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        match text {
            "payout" => Ok(Self::Payout),
            _ => Err(Rejected("must be a failure of a deposit")),
        }
    }

    /// A plain sentence. A provider's own words are never in it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Payout => "The payout to the destination address could not be carried out.",
        }
    }
}

/// One end of a deposit's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositEnd {
    /// The chain.
    pub chain: ChainId,
    /// The currency.
    pub symbol: CurrencyCode,
    /// How much of it: nothing at the far end, while the deposit is pending and when it has failed.
    pub amount: AtomicUnits,
    /// What that is in US dollars.
    pub amount_usd: AtomicUnits,
    /// The transactions on that chain.
    pub transactions: Vec<TransactionHash>,
}

/// A deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// Its id, which also tells when it was recorded.
    pub id: DepositId,
    /// The route it came by.
    pub route: PaymentRouteId,
    /// The provider's own id of it: one deposit for each.
    pub relay_request: TransactionHash,
    /// How far it has come.
    pub status: DepositStatus,
    /// What arrived.
    pub origin: DepositEnd,
    /// What is passed on.
    pub destination: DepositEnd,
    /// The transaction in which it arrived.
    pub deposit_transaction: TransactionHash,
    /// Why it failed, if it did.
    pub failure: Option<DepositFailure>,
    /// When the provider last changed it.
    pub relay_updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for status in DepositStatus::ALL {
            assert_eq!(DepositStatus::parse(status.as_str()), Ok(status));
        }
        let failure = DepositFailure::Payout;
        assert_eq!(DepositFailure::parse(failure.as_str()), Ok(failure));
        assert!(DepositStatus::parse("SUCCESS").is_err());
        assert!(DepositFailure::parse("").is_err());
    }
}
