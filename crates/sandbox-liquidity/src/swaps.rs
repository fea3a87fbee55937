//! Swaps, played.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use vouch_domain::{
    id::SwapId,
    money::{Amount, AtomicUnits, BasisPoints},
    ports::{LiquidityFailure, Market, MarketRate, NextStep, Simulator, SwapProvider},
    simulation::{Outcome, Simulation},
    swap::{Pair, Swap, SwapFailure, SwapOrder, SwapState, SwapStep, SwapTerms},
    values::{ChainAddress, CurrencyCode},
};

use crate::{SandboxLiquidity, market};

/// The sum that rates are quoted for: one whole unit.
const QUOTED: i64 = 1_000_000;

/// How a swap goes that nobody told otherwise.
const BY_ITSELF: Simulation = Simulation {
    outcome: Outcome::Completed,
    amount: None,
};

#[async_trait]
impl SwapProvider for SandboxLiquidity {
    async fn market(&self) -> Result<Market, LiquidityFailure> {
        market::market()
    }

    async fn rate(
        &self,
        pair: &Pair,
        now: DateTime<Utc>,
    ) -> Result<Option<MarketRate>, LiquidityFailure> {
        let Some(rate) = market::rate(pair)? else {
            return Ok(None);
        };
        let market = market::market()?;
        let mint = |code: &CurrencyCode| mint(&market, code);
        let quoted = AtomicUnits::new(QUOTED).and_then(Amount::from_units);
        let quoted = quoted.map_err(|_| unknown())?;
        Ok(Some(MarketRate {
            pair: pair.clone(),
            rate,
            in_amount: quoted.units(),
            out_amount: quoted.at(rate),
            price_impact: BasisPoints::ZERO,
            slippage: market::slippage()?,
            input_mint: mint(&pair.from)?,
            output_mint: mint(&pair.to)?,
            fetched_at: now,
        }))
    }

    async fn open_swap(
        &self,
        id: SwapId,
        order: &SwapOrder,
    ) -> Result<SwapTerms, LiquidityFailure> {
        Ok(SwapTerms {
            rate: market::rate(&order.pair)?.ok_or_else(unknown)?,
            fee: market::fee()?,
            deposit_address: self.address("deposit account of a swap", id.uuid())?,
            deposit_wallet: self.address("deposit wallet of a swap", id.uuid())?,
        })
    }

    async fn next_step(
        &self,
        swap: &Swap,
        now: DateTime<Utc>,
    ) -> Result<NextStep, LiquidityFailure> {
        if swap.state != SwapState::AwaitingDeposit {
            let step = self.play(swap, &BY_ITSELF)?;
            return Ok(step.map_or(NextStep::Never, NextStep::Now));
        }
        let Some(settles_after) = self.settles_after else {
            return Ok(NextStep::Never);
        };
        let age = (now - swap.id.created_at()).to_std().unwrap_or_default();
        if age < settles_after {
            return Ok(NextStep::LookAgain(settles_after - age));
        }
        let step = self.play(swap, &BY_ITSELF)?;
        Ok(step.map_or(NextStep::Never, NextStep::Now))
    }

    /// The simulator has taken no order that it could not drop.
    async fn cancel_swap(&self, swap: &Swap, _: DateTime<Utc>) -> Result<bool, LiquidityFailure> {
        Ok(swap.state == SwapState::AwaitingDeposit)
    }
}

impl Simulator for SandboxLiquidity {
    fn settles_after(&self) -> Option<Duration> {
        self.settles_after
    }

    fn play(
        &self,
        swap: &Swap,
        simulation: &Simulation,
    ) -> Result<Option<SwapStep>, LiquidityFailure> {
        Ok(match &swap.state {
            SwapState::AwaitingDeposit => Some(SwapStep::ReceiveDeposit {
                received: simulation.amount.unwrap_or(swap.order.amount),
            }),
            SwapState::DepositReceived { .. } => Some(SwapStep::Begin),
            SwapState::Swapping { received } => Some(match simulation.outcome {
                Outcome::Completed => SwapStep::Complete {
                    output: received.at(swap.terms.rate),
                    swap_transaction: self.signature("exchange of a swap", swap.id.uuid())?,
                    payout_transaction: self.signature("payout of a swap", swap.id.uuid())?,
                },
                Outcome::Failed => SwapStep::Fail {
                    failure: SwapFailure::Exchange,
                },
            }),
            SwapState::Completed(_)
            | SwapState::Failed { .. }
            | SwapState::Expired
            | SwapState::Cancelled => None,
        })
    }
}

fn mint(market: &Market, code: &CurrencyCode) -> Result<ChainAddress, LiquidityFailure> {
    let found = market.currencies.iter().find(|one| one.code == *code);
    found.map(|one| one.mint.clone()).ok_or_else(unknown)
}

fn unknown() -> LiquidityFailure {
    LiquidityFailure::Unavailable {
        cause: "the simulator does not trade this".to_owned(),
    }
}

#[cfg(test)]
mod tests;
