//! What the simulator trades, and at what rates.

use vouch_domain::{
    money::{BasisPoints, Rate},
    ports::{Currency, LiquidityFailure, Market},
    swap::Pair,
    values::{ChainAddress, CurrencyCode, Rejected},
};

/// The currencies, with their contracts on Solana.
const USDC: (&str, &str) = ("USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const EURC: (&str, &str) = ("EURC", "HzwqbKZw8HxMN6bF2yFZNrht3c2iXXzpKcFu7uBEDKtr");
/// What a USDC buys of EURC, in millionths.
const USDC_IN_EURC: i64 = 920_000;
/// The fee, in basis points.
const FEE: i32 = 30;
/// How far the price may move until the exchange, in basis points.
const SLIPPAGE: i32 = 50;

pub(crate) fn market() -> Result<Market, LiquidityFailure> {
    read_market().map_err(broken)
}

fn read_market() -> Result<Market, Rejected> {
    let currency = |(code, mint)| {
        Ok(Currency {
            code: CurrencyCode::parse(code)?,
            mint: ChainAddress::parse_account(mint)?,
        })
    };
    let currencies = vec![currency(USDC)?, currency(EURC)?];
    let pair = |from: usize, to: usize| Pair {
        from: currencies[from].code.clone(),
        to: currencies[to].code.clone(),
    };
    Ok(Market {
        chain: "solana".to_owned(),
        pairs: vec![pair(0, 1), pair(1, 0)],
        currencies,
    })
}

/// The rate of a pair, if it is traded.
pub(crate) fn rate(pair: &Pair) -> Result<Option<Rate>, LiquidityFailure> {
    let rate = Rate::from_millionths(USDC_IN_EURC).map_err(broken)?;
    Ok(match (pair.from.as_str(), pair.to.as_str()) {
        ("USDC", "EURC") => Some(rate),
        ("EURC", "USDC") => Some(rate.inverse()),
        _ => None,
    })
}

pub(crate) fn fee() -> Result<BasisPoints, LiquidityFailure> {
    BasisPoints::new(FEE).map_err(broken)
}

pub(crate) fn slippage() -> Result<BasisPoints, LiquidityFailure> {
    BasisPoints::new(SLIPPAGE).map_err(broken)
}

fn broken(_: Rejected) -> LiquidityFailure {
    LiquidityFailure::Unavailable {
        cause: "the simulated market breaks a rule".to_owned(),
    }
}
