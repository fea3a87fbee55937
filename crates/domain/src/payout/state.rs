//! How far a payout has come, and why one fails.

use crate::values::Rejected;

/// The word for how far a payout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutStatus {
    /// On its way.
    Processing,
    /// The recipient has it. Final.
    Paid,
    /// The recipient will not get it. Final.
    Failed,
}

impl PayoutStatus {
    /// All, in the order of a payout's life.
    pub const ALL: [Self; 3] = [Self::Processing, Self::Paid, Self::Failed];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Paid => "paid",
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
            .ok_or(Rejected("must be a status of a payout"))
    }

    /// How a payout in this status ends when the rail says this of it; nothing when it stays as it is. The end is final.
    #[must_use]
    pub fn after(self, told: PayoutState) -> Option<PayoutEnd> {
        match (self, told) {
            (Self::Processing, PayoutState::Ended(end)) => Some(end),
            (Self::Processing, PayoutState::Processing) | (Self::Paid | Self::Failed, _) => None,
        }
    }
}

/// How far a payout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutState {
    /// On its way.
    Processing,
    /// It has ended.
    Ended(PayoutEnd),
}

/// How a payout has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutEnd {
    /// The recipient has it.
    Paid,
    /// The recipient will not get it.
    Failed(PayoutFailure),
}

impl PayoutState {
    /// The word for it.
    #[must_use]
    pub fn status(self) -> PayoutStatus {
        match self {
            Self::Processing => PayoutStatus::Processing,
            Self::Ended(end) => end.status(),
        }
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn failure(self) -> Option<PayoutFailure> {
        match self {
            Self::Ended(end) => end.failure(),
            Self::Processing => None,
        }
    }
}

impl PayoutEnd {
    /// The word for it.
    #[must_use]
    pub fn status(self) -> PayoutStatus {
        match self {
            Self::Paid => PayoutStatus::Paid,
            Self::Failed(_) => PayoutStatus::Failed,
        }
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn failure(self) -> Option<PayoutFailure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Paid => None,
        }
    }
}

/// Why a payout failed. The rail's own words are never among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutFailure {
    /// The platform's wallet does not hold as much.
    InsufficientFunds,
    /// This customer may pay nothing out: it is no longer verified, here or at the rail, or under closer examination there.
    CustomerNotEligible,
    /// The rail does not take this recipient.
    RecipientRefused,
    /// The rail does not pay out such a sum.
    AmountRefused,
    /// The rail refused for another reason.
    Refused,
    /// The rail took it, and could not deliver it.
    NotDelivered,
}

impl PayoutFailure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InsufficientFunds,
        Self::CustomerNotEligible,
        Self::RecipientRefused,
        Self::AmountRefused,
        Self::Refused,
        Self::NotDelivered,
    ];

    /// The `failure_code` on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "insufficient_funds",
            Self::CustomerNotEligible => "customer_not_eligible",
            Self::RecipientRefused => "recipient_refused",
            Self::AmountRefused => "amount_refused",
            Self::Refused => "refused",
            Self::NotDelivered => "not_delivered",
        }
    }

    /// Reads the code, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other code.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|failure| failure.as_str() == text)
            .ok_or(Rejected("must be a failure code of a payout"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_matrix_has_one_way_out_of_processing() {
        let failures = PayoutFailure::ALL.map(PayoutEnd::Failed).into_iter();
        let ends: Vec<_> = failures.chain([PayoutEnd::Paid]).collect();
        for from in PayoutStatus::ALL {
            assert_eq!(from.after(PayoutState::Processing), None, "{from:?}");
            for end in &ends {
                let after = from.after(PayoutState::Ended(*end));
                let expected = (from == PayoutStatus::Processing).then_some(*end);
                assert_eq!(after, expected, "{from:?}, told {end:?}");
            }
        }
    }

    #[test]
    fn words_read_back() {
        for status in PayoutStatus::ALL {
            assert_eq!(PayoutStatus::parse(status.as_str()), Ok(status));
        }
        for failure in PayoutFailure::ALL {
            assert_eq!(PayoutFailure::parse(failure.as_str()), Ok(failure));
            let state = PayoutState::Ended(PayoutEnd::Failed(failure));
            assert_eq!(
                (state.status(), state.failure()),
                (PayoutStatus::Failed, Some(failure))
            );
        }
        assert!(PayoutStatus::parse("PAID").is_err());
        assert!(PayoutFailure::parse("Insufficient funds.").is_err());
    }
}
