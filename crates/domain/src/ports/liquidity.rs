use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    id::{DepositId, PaymentRouteId, SwapId},
    money::{AtomicUnits, BasisPoints, Rate},
    payment_route::{Deposit, PaymentRoute, RouteOrder, RouteTerms, Token},
    simulation::Simulation,
    swap::{Pair, Swap, SwapOrder, SwapStep, SwapTerms},
    values::{ChainAddress, ChainId, ChainName, CurrencyCode},
};

/// Who exchanges currencies and pays out.
///
/// Every call has a deadline. Everything is named by our own id, so that whatever ended unclear may be repeated.
#[async_trait]
pub trait SwapProvider: Send + Sync {
    /// Which currencies are exchanged.
    async fn market(&self) -> Result<Market, LiquidityFailure>;

    /// The rate of a pair of the market, or nothing while there is none.
    async fn rate(
        &self,
        pair: &Pair,
        now: DateTime<Utc>,
    ) -> Result<Option<MarketRate>, LiquidityFailure>;

    /// Takes an order under this id and answers on which terms. Repeated for the same id it takes no second order, and
    /// answers as at first.
    async fn open_swap(&self, id: SwapId, order: &SwapOrder)
    -> Result<SwapTerms, LiquidityFailure>;

    /// What happens to a swap next, from the state it is in here: nothing yet, or the one step that follows.
    async fn next_step(
        &self,
        swap: &Swap,
        now: DateTime<Utc>,
    ) -> Result<NextStep, LiquidityFailure>;

    /// Withdraws an order that waits for its deposit. Answers whether it did: a deposit may have come first. Repeated it
    /// answers as at first.
    async fn cancel_swap(&self, swap: &Swap, now: DateTime<Utc>) -> Result<bool, LiquidityFailure>;
}

/// What happens to a swap next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// This, now.
    Now(SwapStep),
    /// Nothing yet. It is worth looking again after this time.
    LookAgain(Duration),
    /// Nothing by itself.
    Never,
}

/// Which currencies are exchanged, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// The chain, by the provider's word for it.
    pub chain: String,
    /// The currencies.
    pub currencies: Vec<Currency>,
    /// Which of them are exchanged for which.
    pub pairs: Vec<Pair>,
}

/// A currency of the market. All have six decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// Its code.
    pub code: CurrencyCode,
    /// Its contract.
    pub mint: ChainAddress,
}

/// What a pair trades at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketRate {
    /// The pair.
    pub pair: Pair,
    /// How much of the second a unit of the first buys.
    pub rate: Rate,
    /// The sum that was asked about.
    pub in_amount: AtomicUnits,
    /// What it buys.
    pub out_amount: AtomicUnits,
    /// How much a sum like that moves the price.
    pub price_impact: BasisPoints,
    /// How far the price may move until the exchange.
    pub slippage: BasisPoints,
    /// The contract of the first currency.
    pub input_mint: ChainAddress,
    /// The contract of the second.
    pub output_mint: ChainAddress,
    /// When the provider said so.
    pub fetched_at: DateTime<Utc>,
}

/// Who passes deposits on from chain to chain.
///
/// Every call has a deadline. Everything is named by our own id, so that whatever ended unclear may be repeated.
#[async_trait]
pub trait RouteProvider: Send + Sync {
    /// The chains, corridors and currencies it serves.
    async fn network(&self) -> Result<Network, LiquidityFailure>;

    /// Opens a route under this id and answers on which terms. Repeated for the same id it opens no second route, and
    /// answers as at first.
    async fn open_route(
        &self,
        id: PaymentRouteId,
        order: &RouteOrder,
    ) -> Result<Result<RouteTerms, RouteUnserved>, LiquidityFailure>;

    /// What is to be said of a route's deposits now: those that arrived, and how those have ended that are `pending` so
    /// far. The deposits of a route that does not pass on stay pending. What was said before may be said again.
    ///
    /// Nobody asks about a route at which nothing waits, unless its owner does: a provider at whose addresses deposits arrive
    /// by themselves has to bring them.
    async fn deposits(
        &self,
        route: &PaymentRoute,
        pending: &[Deposit],
        now: DateTime<Utc>,
    ) -> Result<Vec<Deposit>, LiquidityFailure>;
}

/// A provider of routes that plays. It remembers nothing: what it is told about a deposit says how the deposit ends.
pub trait RouteSimulator: RouteProvider {
    /// The deposit that arrives under this id by the word of a simulation: it waits at a route that is paused, and has
    /// ended at one that is active.
    ///
    /// # Errors
    /// [`LiquidityFailure`] when it cannot be played.
    fn arrive(
        &self,
        route: &PaymentRoute,
        id: DepositId,
        simulation: &Simulation,
    ) -> Result<Deposit, LiquidityFailure>;
}

/// What a provider of routes serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The chains.
    pub chains: Vec<Chain>,
    /// Which of them are joined.
    pub corridors: Vec<Corridor>,
    /// The tokens of each chain, the usual one first.
    pub currencies: Vec<ChainCurrencies>,
}

/// A blockchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its number.
    pub id: ChainId,
    /// Its name as an identifier, such as `polygon`.
    pub name: String,
    /// Its name for people.
    pub display_name: ChainName,
    /// The kind of machine that it is.
    pub vm: VmType,
}

/// The kind of machine that a blockchain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VmType {
    /// Solana's.
    Svm,
    /// Ethereum's.
    Evm,
}

impl VmType {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Svm => "svm",
            Self::Evm => "evm",
        }
    }
}

/// Two chains between which deposits are passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corridor {
    /// Where deposits arrive.
    pub origin: ChainId,
    /// Where they are paid out.
    pub destination: ChainId,
    /// For people.
    pub label: String,
}

/// The tokens of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainCurrencies {
    /// The chain.
    pub chain: ChainId,
    /// Its tokens.
    pub currencies: Vec<Token>,
}

/// Why a route cannot be served, though its form is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteUnserved {
    /// The two chains are not joined.
    #[error("the corridor is not supported")]
    Corridor,
    /// The first chain has no such token.
    #[error("the origin currency is not supported")]
    OriginCurrency,
    /// The second chain has no such token.
    #[error("the destination currency is not supported")]
    DestinationCurrency,
}

/// A provider that plays: whatever it does is decided by what it is told, so a restart loses nothing.
pub trait Simulator: SwapProvider {
    /// How long after its creation a swap settles by itself; nothing when it never does.
    fn settles_after(&self) -> Option<Duration>;

    /// The step that follows for a swap which goes the way of a simulation; none once it has ended.
    fn play(
        &self,
        swap: &Swap,
        simulation: &Simulation,
    ) -> Result<Option<SwapStep>, LiquidityFailure>;
}

/// Why a call to a provider brought no result. In each case it may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiquidityFailure {
    /// The request may or may not have been carried out.
    #[error("the liquidity provider's answer is unclear: {cause}")]
    Unclear {
        /// For the log: no address, no data.
        cause: String,
    },
    /// Nothing was carried out.
    #[error("the liquidity provider is unavailable: {cause}")]
    Unavailable {
        /// For the log: no address, no data.
        cause: String,
    },
}

impl LiquidityFailure {
    /// Whether the request may have been carried out.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        matches!(self, Self::Unclear { .. })
    }
}
