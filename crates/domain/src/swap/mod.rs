//! The swap: so much of one currency, to be deposited at an address, paid out as another.

mod state;

pub use state::{
    Completion, StepRefused, SwapFailure, SwapProblem, SwapState, SwapStatus, SwapStep,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    customer::{Holder, HolderChoice},
    id::SwapId,
    money::{Amount, AtomicUnits, BasisPoints, Rate},
    values::{Base58Address, ChainAddress, CurrencyCode},
};

/// How long a swap waits for its deposit (Treasury contract, section 4).
pub const DEPOSIT_WINDOW: TimeDelta = TimeDelta::minutes(30);

/// Until when the swap of this id waits for its deposit.
#[must_use]
pub fn expires_at(swap: SwapId) -> DateTime<Utc> {
    swap.created_at() + DEPOSIT_WINDOW
}

/// Which currency is given for which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What is deposited.
    pub from: CurrencyCode,
    /// What is paid out.
    pub to: CurrencyCode,
}

/// What is to be swapped, and where the result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapOrder {
    /// The currencies.
    pub pair: Pair,
    /// How much is to be deposited.
    pub amount: Amount,
    /// Who is paid.
    pub destination: Base58Address,
}

/// A caller's request for a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapRequest {
    /// What is to be swapped.
    pub order: SwapOrder,
    /// Whose swap it is to be.
    pub holder: HolderChoice,
}

/// What the liquidity provider promised when it took the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapTerms {
    /// The rate.
    pub rate: Rate,
    /// The provider's fee, contained in the rate: shown, never deducted.
    pub fee: BasisPoints,
    /// The account that takes the deposit.
    pub deposit_address: ChainAddress,
    /// The wallet that owns that account.
    pub deposit_wallet: ChainAddress,
}

/// A swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Its id, which also tells when it was created.
    pub id: SwapId,
    /// Whose it is.
    pub holder: Holder,
    /// What is to be swapped.
    pub order: SwapOrder,
    /// On which terms.
    pub terms: SwapTerms,
    /// How far it has come.
    pub state: SwapState,
    /// When that last changed.
    pub updated_at: DateTime<Utc>,
}

impl Swap {
    /// A swap that was just opened and waits for its deposit.
    #[must_use]
    pub fn opened(id: SwapId, holder: Holder, order: SwapOrder, terms: SwapTerms) -> Self {
        Self {
            id,
            holder,
            order,
            terms,
            state: SwapState::AwaitingDeposit,
            updated_at: id.created_at(),
        }
    }

    /// Until when a deposit is waited for.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        expires_at(self.id)
    }

    /// What the order comes to at the promised rate.
    #[must_use]
    pub fn expected_output(&self) -> AtomicUnits {
        self.order.amount.at(self.terms.rate)
    }

    /// The swap after a step that is taken at this moment.
    ///
    /// # Errors
    /// [`StepRefused`] when the step does not follow from the swap's state, and for an expiry before its time.
    pub fn after(&self, step: SwapStep, at: DateTime<Utc>) -> Result<Self, StepRefused> {
        if step == SwapStep::Expire && at < self.expires_at() {
            return Err(StepRefused {
                from: self.state.status(),
                to: SwapStatus::Expired,
            });
        }
        Ok(Self {
            state: self.state.after(step, at)?,
            updated_at: at.max(self.updated_at),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests;
