//! How far a swap has come, and which step follows which.

use chrono::{DateTime, Utc};

use crate::{
    money::{Amount, AtomicUnits},
    values::{Rejected, TransactionHash},
};

/// The word for how far a swap has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SwapStatus {
    /// Nothing has arrived.
    AwaitingDeposit,
    /// The deposit has arrived.
    DepositReceived,
    /// It is being exchanged.
    Swapping,
    /// The result was paid out. Final.
    Completed,
    /// It could not be exchanged or paid out. Final.
    Failed,
    /// No deposit arrived in time. Final.
    Expired,
    /// The caller gave up before the deposit. Final.
    Cancelled,
}

impl SwapStatus {
    /// All, in the order of a swap's life.
    pub const ALL: [Self; 7] = [
        Self::AwaitingDeposit,
        Self::DepositReceived,
        Self::Swapping,
        Self::Completed,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingDeposit => "awaiting_deposit",
            Self::DepositReceived => "deposit_received",
            Self::Swapping => "swapping",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
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
            .ok_or(Rejected("must be a status of a swap"))
    }

    /// Whether a swap stays in this status for ever.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::AwaitingDeposit | Self::DepositReceived | Self::Swapping => false,
            Self::Completed | Self::Failed | Self::Expired | Self::Cancelled => true,
        }
    }
}

/// How far a swap has come, with all that is known by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwapState {
    /// Nothing has arrived.
    AwaitingDeposit,
    /// The deposit has arrived.
    DepositReceived {
        /// How much it was.
        received: Amount,
    },
    /// It is being exchanged.
    Swapping {
        /// How much was deposited.
        received: Amount,
    },
    /// The result was paid out.
    Completed(Completion),
    /// It could not be exchanged or paid out.
    Failed {
        /// How much was deposited.
        received: Amount,
        /// Why.
        failure: SwapFailure,
    },
    /// No deposit arrived in time.
    Expired,
    /// The caller gave up before the deposit.
    Cancelled,
}

/// How a swap ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// How much was deposited.
    pub received: Amount,
    /// How much was paid out.
    pub output: AtomicUnits,
    /// The transaction of the exchange.
    pub swap_transaction: TransactionHash,
    /// The transaction of the payout.
    pub payout_transaction: TransactionHash,
    /// When.
    pub at: DateTime<Utc>,
}

/// One thing that happens to a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwapStep {
    /// The deposit arrives.
    ReceiveDeposit {
        /// How much it is.
        received: Amount,
    },
    /// The exchange begins.
    Begin,
    /// The result is paid out.
    Complete {
        /// How much it is.
        output: AtomicUnits,
        /// The transaction of the exchange.
        swap_transaction: TransactionHash,
        /// The transaction of the payout.
        payout_transaction: TransactionHash,
    },
    /// The provider gives up.
    Fail {
        /// Why.
        failure: SwapFailure,
    },
    /// The time for a deposit is over.
    Expire,
    /// The caller gives up.
    Cancel,
}

impl SwapStep {
    /// Where the step leads to.
    #[must_use]
    pub fn leads_to(&self) -> SwapStatus {
        match self {
            Self::ReceiveDeposit { .. } => SwapStatus::DepositReceived,
            Self::Begin => SwapStatus::Swapping,
            Self::Complete { .. } => SwapStatus::Completed,
            Self::Fail { .. } => SwapStatus::Failed,
            Self::Expire => SwapStatus::Expired,
            Self::Cancel => SwapStatus::Cancelled,
        }
    }
}

/// A step that does not follow from the swap's state: nothing may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a swap may not go from {} to {} now", from.as_str(), to.as_str())]
pub struct StepRefused {
    /// Before, and still.
    pub from: SwapStatus,
    /// Where the step would have led to.
    pub to: SwapStatus,
}

impl SwapState {
    /// The word for it.
    #[must_use]
    pub fn status(&self) -> SwapStatus {
        match self {
            Self::AwaitingDeposit => SwapStatus::AwaitingDeposit,
            Self::DepositReceived { .. } => SwapStatus::DepositReceived,
            Self::Swapping { .. } => SwapStatus::Swapping,
            Self::Completed(_) => SwapStatus::Completed,
            Self::Failed { .. } => SwapStatus::Failed,
            Self::Expired => SwapStatus::Expired,
            Self::Cancelled => SwapStatus::Cancelled,
        }
    }

    /// How much was deposited, once something was.
    #[must_use]
    pub fn received(&self) -> Option<Amount> {
        match self {
            Self::DepositReceived { received }
            | Self::Swapping { received }
            | Self::Failed { received, .. }
            | Self::Completed(Completion { received, .. }) => Some(*received),
            Self::AwaitingDeposit | Self::Expired | Self::Cancelled => None,
        }
    }

    /// What went wrong, if anything did.
    #[must_use]
    pub fn problem(&self) -> Option<SwapProblem> {
        match self {
            Self::Failed { failure, .. } => Some(SwapProblem::Failed(*failure)),
            Self::Expired => Some(SwapProblem::NoDeposit),
            _ => None,
        }
    }

    /// The state after a step: the one place that says which step follows which.
    ///
    /// # Errors
    /// [`StepRefused`] for every step that does not follow.
    pub fn after(&self, step: SwapStep, at: DateTime<Utc>) -> Result<Self, StepRefused> {
        let refused = StepRefused {
            from: self.status(),
            to: step.leads_to(),
        };
        match (self, step) {
            (Self::AwaitingDeposit, SwapStep::ReceiveDeposit { received }) => {
                Ok(Self::DepositReceived { received })
            }
            (Self::AwaitingDeposit, SwapStep::Expire) => Ok(Self::Expired),
            (Self::AwaitingDeposit, SwapStep::Cancel) => Ok(Self::Cancelled),
            (Self::DepositReceived { received }, SwapStep::Begin) => Ok(Self::Swapping {
                received: *received,
            }),
            (
                Self::DepositReceived { received } | Self::Swapping { received },
                SwapStep::Fail { failure },
            ) => Ok(Self::Failed {
                received: *received,
                failure,
            }),
            (
                Self::Swapping { received },
                SwapStep::Complete {
                    output,
                    swap_transaction,
                    payout_transaction,
                },
            ) => Ok(Self::Completed(Completion {
                received: *received,
                output,
                swap_transaction,
                payout_transaction,
                at,
            })),
            _ => Err(refused),
        }
    }
}

/// Why the provider gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SwapFailure {
    /// The currencies could not be exchanged.
    Exchange,
    /// The result could not be paid out.
    Payout,
}

impl SwapFailure {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Exchange, Self::Payout];

    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Payout => "payout",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|failure| failure.as_str() == text)
            .ok_or(Rejected("must be a failure of a swap"))
    }
}

/// What went wrong with a swap, for its owner. A provider's own words are never among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SwapProblem {
    /// The provider gave up.
    Failed(SwapFailure),
    /// No deposit arrived in time.
    NoDeposit,
}

impl SwapProblem {
    /// A plain sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Failed(SwapFailure::Exchange) => "The exchange could not be carried out.",
            Self::Failed(SwapFailure::Payout) => {
                "The payout to the destination address could not be carried out."
            }
            Self::NoDeposit => "No deposit arrived within 30 minutes.",
        }
    }
}
