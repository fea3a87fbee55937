//! What currencies trade at.

use std::sync::Arc;

use futures_util::future::join_all;
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
    /// The provider has none at the moment, or failed.
    #[error("there is no rate at the moment")]
    NoRate(Pair),
    /// The provider does not say what it exchanges.
    #[error(transparent)]
    NoMarket(LiquidityFailure),
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
        let market = line.within(line.swaps.market()).await;
        market.map_err(RatesError::NoMarket)
    }

    /// The market with the rates that there are. A rate that the provider fails to tell is not among them.
    ///
    /// # Errors
    /// See [`RatesError`].
    pub async fn all(&self, env: Env) -> Result<(Market, Vec<MarketRate>), RatesError> {
        let line = self.line(env)?;
        let market = self.market(env).await?;
        let asked = market.pairs.iter().map(|pair| self.rate(line, pair));
        let rates = join_all(asked).await.into_iter().flatten().collect();
        Ok((market, rates))
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
        let Ok(market) = self.market(env).await else {
            return Err(RatesError::NoRate(pair));
        };
        if !market.pairs.contains(&pair) {
            return Err(unsupported());
        }
        let rate = self.rate(line, &pair).await;
        rate.ok_or(RatesError::NoRate(pair))
    }

    async fn rate(&self, line: &LiquidityLine, pair: &Pair) -> Option<MarketRate> {
        let told = line.within(line.swaps.rate(pair, self.clock.now())).await;
        told.unwrap_or_else(|failure| {
            let (from, to) = (pair.from.as_str(), pair.to.as_str());
            tracing::warn!(from, to, %failure, "a rate was not told");
            None
        })
    }

    fn line(&self, env: Env) -> Result<&LiquidityLine, RatesError> {
        self.lines.of(env).ok_or(RatesError::NoProvider)
    }
}
