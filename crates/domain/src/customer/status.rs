//! The status machine.

use crate::values::Rejected;

/// How far the decision about a customer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Created; the rail has not decided.
    Pending,
    /// May transact.
    Verified,
    /// The rail refused; a new submission may change that.
    Rejected,
    /// Closed by the merchant or an operator. Final.
    Closed,
}

impl Status {
    /// All, in the order of a customer's life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Verified, Self::Rejected, Self::Closed];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::Closed => "closed",
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
            .ok_or(Rejected(
                "must be one of pending, verified, rejected, closed",
            ))
    }

    /// Whether a customer stays in this status for ever.
    #[must_use]
    pub fn is_final(self) -> bool {
        self == Self::Closed
    }

    /// Moves a customer from this status to `to`.
    ///
    /// # Errors
    /// [`TransitionRefused`] for every change that the table in the Remittance contract, section 3, does not list;
    /// staying in place is not a change either.
    pub fn transition(self, to: Self, cause: Cause) -> Result<Transition, TransitionRefused> {
        let allowed = match (self, to) {
            (Self::Closed, _) => false,
            (_, Self::Closed) => matches!(cause, Cause::Merchant | Cause::Operator),
            (Self::Rejected, Self::Pending) => matches!(cause, Cause::Rail | Cause::Submission),
            (Self::Pending, Self::Verified | Self::Rejected)
            | (Self::Rejected, Self::Verified)
            | (Self::Verified, Self::Pending | Self::Rejected) => cause == Cause::Rail,
            (Self::Pending, Self::Pending)
            | (Self::Verified, Self::Verified)
            | (Self::Rejected, Self::Rejected) => false,
        };
        if allowed {
            Ok(Transition {
                from: self,
                to,
                cause,
            })
        } else {
            Err(TransitionRefused {
                from: self,
                to,
                cause,
            })
        }
    }
}

/// Who wants a status changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The rail decided.
    Rail,
    /// A new KYC submission reopens a rejected customer.
    Submission,
    /// The organisation itself.
    Merchant,
    /// The people who run Vouch.
    Operator,
}

impl Cause {
    /// Everyone who may ask.
    pub const ALL: [Self; 4] = [Self::Rail, Self::Submission, Self::Merchant, Self::Operator];

    /// The word for operators and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rail => "rail",
            Self::Submission => "submission",
            Self::Merchant => "merchant",
            Self::Operator => "operator",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or(Rejected(
                "must be one of rail, submission, merchant, operator",
            ))
    }
}

impl Transition {
    /// Whether the customer loses its hold on its Interac e-mail.
    #[must_use]
    pub fn releases_hold(self) -> bool {
        matches!(self.to, Status::Rejected | Status::Closed)
    }

    /// Whether the customer takes its Interac e-mail back.
    #[must_use]
    pub fn retakes_hold(self) -> bool {
        self.from == Status::Rejected && !self.releases_hold()
    }
}

/// A change that the table allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Before.
    pub from: Status,
    /// After.
    pub to: Status,
    /// Who asked.
    pub cause: Cause,
}

/// A change that the table does not allow: to be recorded, never applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{cause:?} may not move a customer from {} to {}", from.as_str(), to.as_str())]
pub struct TransitionRefused {
    /// Before, and still.
    pub from: Status,
    /// What was asked for.
    pub to: Status,
    /// Who asked.
    pub cause: Cause,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Cause::{Merchant, Operator, Rail, Submission};
    use Status::{Closed, Pending, Rejected, Verified};

    /// The table of the contract, row by row.
    const ALLOWED: [(Status, Status, &[Cause]); 9] = [
        (Pending, Verified, &[Rail]),
        (Pending, Rejected, &[Rail]),
        (Rejected, Verified, &[Rail]),
        (Rejected, Pending, &[Rail, Submission]),
        (Verified, Pending, &[Rail]),
        (Verified, Rejected, &[Rail]),
        (Pending, Closed, &[Merchant, Operator]),
        (Verified, Closed, &[Merchant, Operator]),
        (Rejected, Closed, &[Merchant, Operator]),
    ];

    #[test]
    fn the_whole_matrix_follows_the_table() {
        for from in Status::ALL {
            for to in Status::ALL {
                for cause in Cause::ALL {
                    let listed = ALLOWED
                        .iter()
                        .any(|(a, b, causes)| (*a, *b) == (from, to) && causes.contains(&cause));
                    let outcome = from.transition(to, cause);
                    assert_eq!(outcome.is_ok(), listed, "{from:?} → {to:?} by {cause:?}");
                }
            }
        }
    }

    #[test]
    fn words_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Ok(status));
        }
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Ok(cause));
        }
        assert!(Status::parse("VERIFIED").is_err());
    }
}
