//! What a caller in `test` wants to happen to a swap or a payment route.

use crate::{money::Amount, values::Rejected};

/// A deposit to be played, and how its story ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// How it ends.
    pub outcome: Outcome,
    /// How much is deposited; as much as is expected when left out.
    pub amount: Option<Amount>,
}

/// How a simulated story ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The result is paid out.
    Completed,
    /// It cannot be.
    Failed,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Completed, Self::Failed];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
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
            .find(|outcome| outcome.as_str() == text)
            .ok_or(Rejected("must be completed or failed"))
    }
}
