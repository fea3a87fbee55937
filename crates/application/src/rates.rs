//! What currencies trade at.

use std::sync::Arc;

use futures_util::future::try_join_all;
use vouch_domain::{
    ports::{Clock, LiquidityFailure, Market, MarketRate},
    swap::Pair,
    tenant::Env,
    values::CurrencyCode,
};

use crate::liquidity::{LiquidityLine, LiquidityLines};

/// Why there is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// Nobody exchanges these currencies. They are named as the caller did.
    #[error("the pair is not supported")]
    UnsupportedPair {
        /// What would be given.
        from: String,
        /// What would be got.
        to: String,
    },
    /// The provider has none at the moment.
    #[error("there is no rate at the moment")]
    NoRate(Pair),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] LiquidityFailure),
}

/// The use case.
#[derive(Clone)]
pub struct Rates {
    lines: LiquidityLines,
    clock: Arc<dyn Clock>,
}

impl Rates {
    /// The rates of these providers.
    #[must_use]
    pub fn new(lines: LiquidityLines, clock: Arc<dyn Clock>) -> Self {
        Self { lines, clock }
    }

    /// Which currencies are exchanged.
    ///
    /// # Errors
    /// See [`RatesError`].
    pub async fn market(&self, env: Env) -> Result<Market, RatesError> {
        let line = self.line(env)?;
        Ok(line.within(line.swaps.market()).await?)
    }

    /// The market with the rates that there are.
    ///
    /// # Errors
    /// See [`RatesError`].
    pub async fn all(&self, env: Env) -> Result<(Market, Vec<MarketRate>), RatesError> {
        let line = self.line(env)?;
        let market = line.within(line.swaps.market()).await?;
        let now = self.clock.now();
        let asked = market
            .pairs
            .iter()
            .map(|pair| line.within(line.swaps.rate(pair, now)));
        let rates = try_join_all(asked).await?;
        Ok((market, rates.into_iter().flatten().collect()))
    }

    /// The rate of one pair.
    ///
    /// # Errors
    /// See [`RatesError`].
    pub async fn one(&self, env: Env, from: &str, to: &str) -> Result<MarketRate, RatesError> {
        let line = self.line(env)?;
        let unsupported = || RatesError::UnsupportedPair {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let codes = CurrencyCode::parse(from).and_then(|from| Ok((from, CurrencyCode::parse(to)?)));
        let (from, to) = codes.map_err(|_| unsupported())?;
        let pair = Pair { from, to };
        let market = line.within(line.swaps.market()).await?;
        if !market.pairs.contains(&pair) {
            return Err(unsupported());
        }
        let rate = line
            .within(line.swaps.rate(&pair, self.clock.now()))
            .await?;
        rate.ok_or(RatesError::NoRate(pair))
    }

    fn line(&self, env: Env) -> Result<&LiquidityLine, RatesError> {
        self.lines.of(env).ok_or(RatesError::NoProvider)
    }
}
