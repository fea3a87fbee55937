//! `/rates`: the contract, section 7.

use actix_web::{HttpResponse, http::Method};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::rates::RatesError;
use vouch_domain::{
    access::Scope,
    ports::{Currency, MarketRate},
    swap::Pair,
};

use super::{
    answers::{maybe_milliseconds, milliseconds, success},
    error::Fault,
    number::Number,
    openapi::rates as openapi,
    routes::{Call, Route},
};

/// Every currency of the contract has as many.
const DECIMALS: u8 = 6;

/// The routes of rates.
pub(super) static ROUTES: [Route; 3] = [
    Route {
        method: Method::GET,
        path: "/rates",
        scopes: &[Scope::FxRead],
        needs_key: false,
        handler: |call| list(call).boxed_local(),
        describe: openapi::list,
    },
    Route {
        method: Method::GET,
        path: "/rates/currencies",
        scopes: &[Scope::FxRead],
        needs_key: false,
        handler: |call| currencies(call).boxed_local(),
        describe: openapi::currencies,
    },
    Route {
        method: Method::GET,
        path: "/rates/{from}/{to}",
        scopes: &[Scope::FxRead],
        needs_key: false,
        handler: |call| retrieve(call).boxed_local(),
        describe: openapi::retrieve,
    },
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RateObject<'a> {
    from: &'a str,
    to: &'a str,
    rate: Number,
    inverse_rate: Number,
    in_amount: String,
    out_amount: String,
    price_impact_pct: String,
    slippage_bps: i32,
    input_mint: &'a str,
    output_mint: &'a str,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: DateTime<Utc>,
}

impl<'a> RateObject<'a> {
    fn new(rate: &'a MarketRate) -> Self {
        Self {
            from: rate.pair.from.as_str(),
            to: rate.pair.to.as_str(),
            rate: Number::new(rate.rate),
            inverse_rate: Number::new(rate.rate.inverse()),
            in_amount: rate.in_amount.to_string(),
            out_amount: rate.out_amount.to_string(),
            price_impact_pct: rate.price_impact.percent(),
            slippage_bps: rate.slippage.count(),
            input_mint: rate.input_mint.as_str(),
            output_mint: rate.output_mint.as_str(),
            fetched_at: rate.fetched_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rates<'a> {
    chain: &'a str,
    #[serde(serialize_with = "maybe_milliseconds")]
    updated_at: Option<DateTime<Utc>>,
    refreshing: bool,
    rates: Vec<RateObject<'a>>,
}

/// `GET /rates`
async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let rates = &call.state.services.treasury.rates;
    let (market, rates) = rates.all(call.tenant.env).await?;
    let data = Rates {
        chain: &market.chain,
        updated_at: rates.iter().map(|rate| rate.fetched_at).max(),
        // Every answer is the provider's present one.
        refreshing: false,
        rates: rates.iter().map(RateObject::new).collect(),
    };
    Ok(success("Rates fetched", data))
}

#[derive(Serialize)]
struct Currencies<'a> {
    chain: &'a str,
    currencies: Vec<CurrencyObject<'a>>,
    pairs: Vec<PairObject<'a>>,
}

#[derive(Serialize)]
struct CurrencyObject<'a> {
    code: &'a str,
    mint: &'a str,
    decimals: u8,
}

impl<'a> CurrencyObject<'a> {
    fn new(currency: &'a Currency) -> Self {
        Self {
            code: currency.code.as_str(),
            mint: currency.mint.as_str(),
            decimals: DECIMALS,
        }
    }
}

#[derive(Serialize)]
struct PairObject<'a> {
    from: &'a str,
    to: &'a str,
}

impl<'a> PairObject<'a> {
    fn new(pair: &'a Pair) -> Self {
        Self {
            from: pair.from.as_str(),
            to: pair.to.as_str(),
        }
    }
}

/// `GET /rates/currencies`
async fn currencies(call: Call) -> Result<HttpResponse, Fault> {
    let rates = &call.state.services.treasury.rates;
    let market = rates.market(call.tenant.env).await?;
    let data = Currencies {
        chain: &market.chain,
        currencies: market.currencies.iter().map(CurrencyObject::new).collect(),
        pairs: market.pairs.iter().map(PairObject::new).collect(),
    };
    Ok(success("Currencies fetched", data))
}

/// `GET /rates/{from}/{to}`
async fn retrieve(call: Call) -> Result<HttpResponse, Fault> {
    let segment = |name| call.request.match_info().get(name).unwrap_or_default();
    let rates = &call.state.services.treasury.rates;
    let found = rates.one(call.tenant.env, segment("from"), segment("to"));
    let rate = found.await?;
    Ok(success("Rate fetched", RateObject::new(&rate)))
}

impl From<RatesError> for Fault {
    fn from(error: RatesError) -> Self {
        match error {
            RatesError::NoProvider => Self::NoProvider,
            RatesError::UnsupportedPair { from, to } => Self::PairNotSupported { from, to },
            RatesError::NoRate(pair) => Self::NoRate(pair),
            RatesError::NoMarket(_) => Self::Unavailable(error.to_string()),
        }
    }
}
