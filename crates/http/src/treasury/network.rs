//! `/payment-routes/chains`, `…/corridors` and `…/currencies`: the contract, section 5.

use actix_web::{HttpResponse, http::Method};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::payment_routes::NetworkError;
use vouch_domain::{
    access::Scope,
    payment_route::Token,
    ports::{Chain, ChainCurrencies, Corridor},
};

use super::{
    answers::success,
    error::Fault,
    openapi::payment_routes as openapi,
    payment_routes::TokenObject,
    routes::{Call, Route},
};

/// The routes of what is served.
pub(super) static ROUTES: [Route; 3] = [
    Route {
        method: Method::GET,
        path: "/payment-routes/chains",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| chains(call).boxed_local(),
        describe: openapi::chains,
    },
    Route {
        method: Method::GET,
        path: "/payment-routes/corridors",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| corridors(call).boxed_local(),
        describe: openapi::corridors,
    },
    Route {
        method: Method::GET,
        path: "/payment-routes/currencies",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| currencies(call).boxed_local(),
        describe: openapi::currencies,
    },
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChainObject<'a> {
    chain_id: i64,
    name: &'a str,
    display_name: &'a str,
    vm_type: &'static str,
}

impl<'a> ChainObject<'a> {
    fn new(chain: &'a Chain) -> Self {
        Self {
            chain_id: chain.id.number(),
            name: &chain.name,
            display_name: chain.display_name.as_str(),
            vm_type: chain.vm.as_str(),
        }
    }
}

/// `GET /payment-routes/chains`
async fn chains(call: Call) -> Result<HttpResponse, Fault> {
    let desk = &call.state.services.treasury.route_desk;
    let network = desk.network(call.tenant.env).await?;
    let chains: Vec<_> = network.chains.iter().map(ChainObject::new).collect();
    Ok(success("Supported chains fetched", chains))
}

#[derive(Serialize)]
struct Corridors<'a> {
    settlements: Vec<SettlementObject<'a>>,
    corridors: Vec<CorridorObject<'a>>,
}

/// The token of a chain that deposits usually have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SettlementObject<'a> {
    chain_id: i64,
    symbol: &'a str,
    address: &'a str,
}

impl<'a> SettlementObject<'a> {
    fn new(of_chain: &'a ChainCurrencies) -> Option<Self> {
        let Token { symbol, address } = of_chain.currencies.first()?;
        Some(Self {
            chain_id: of_chain.chain.number(),
            symbol: symbol.as_str(),
            address: address.as_str(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CorridorObject<'a> {
    origin_chain_id: i64,
    destination_chain_id: i64,
    label: &'a str,
}

impl<'a> CorridorObject<'a> {
    fn new(corridor: &'a Corridor) -> Self {
        Self {
            origin_chain_id: corridor.origin.number(),
            destination_chain_id: corridor.destination.number(),
            label: &corridor.label,
        }
    }
}

/// `GET /payment-routes/corridors`
async fn corridors(call: Call) -> Result<HttpResponse, Fault> {
    let desk = &call.state.services.treasury.route_desk;
    let network = desk.network(call.tenant.env).await?;
    let settlements = network.currencies.iter();
    let data = Corridors {
        settlements: settlements.filter_map(SettlementObject::new).collect(),
        corridors: network.corridors.iter().map(CorridorObject::new).collect(),
    };
    Ok(success("Recommended corridors fetched", data))
}

#[derive(Serialize)]
struct Currencies<'a> {
    settlements: Vec<CurrenciesObject<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrenciesObject<'a> {
    chain_id: i64,
    currencies: Vec<TokenObject<'a>>,
}

impl<'a> CurrenciesObject<'a> {
    fn new(of_chain: &'a ChainCurrencies) -> Self {
        Self {
            chain_id: of_chain.chain.number(),
            currencies: of_chain.currencies.iter().map(TokenObject::new).collect(),
        }
    }
}

/// `GET /payment-routes/currencies`
async fn currencies(call: Call) -> Result<HttpResponse, Fault> {
    let desk = &call.state.services.treasury.route_desk;
    let network = desk.network(call.tenant.env).await?;
    let settlements = network.currencies.iter();
    let data = Currencies {
        settlements: settlements.map(CurrenciesObject::new).collect(),
    };
    Ok(success("Currency config fetched", data))
}

impl From<NetworkError> for Fault {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::NoProvider => Self::NoProvider,
            NetworkError::Provider(_) => Self::Unavailable(error.to_string()),
        }
    }
}
