//! `/payment-routes/…/deposits`: the contract, section 5.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::{
    forward::ForwardError, kept_answers::Unwritten, payment_routes::SyncDepositsError,
};
use vouch_domain::{
    access::Scope,
    id::PaymentRouteId,
    idempotency::KeptAnswer,
    ledger::RouteDeposit,
    payment_route::{DepositEnd, DepositFailure},
    ports::DepositFilter,
    values::TransactionHash,
};

use super::{
    answers::{answered, milliseconds, success, to_keep},
    error::Fault,
    openapi::deposits as openapi,
    path,
    payment_routes::holder_filter,
    routes::{Call, Route},
};
use crate::body::read_optional_json;

/// The most deposits of a list.
const MOST: u8 = 200;

/// The routes of deposits.
pub(super) static ROUTES: [Route; 3] = [
    Route {
        method: Method::GET,
        path: "/payment-routes/deposits",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| list(call).boxed_local(),
        describe: openapi::list,
    },
    Route {
        method: Method::GET,
        path: "/payment-routes/{id}/deposits",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| list_of_route(call).boxed_local(),
        describe: openapi::list_of_route,
    },
    Route {
        method: Method::POST,
        path: "/payment-routes/{id}/deposits/sync",
        scopes: &[Scope::CollectionsWrite],
        needs_key: true,
        handler: |call| sync(call).boxed_local(),
        describe: openapi::sync,
    },
];

/// The deposit object. Sums are texts: decimals of whole units.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DepositObject<'a> {
    id: String,
    payment_route_id: String,
    route_name: &'a str,
    relay_request_id: &'a str,
    status: &'static str,
    origin: EndObject<'a>,
    destination: EndObject<'a>,
    amount_in: String,
    amount_in_usd: String,
    amount_out: String,
    amount_out_usd: String,
    deposit_tx_hash: &'a str,
    in_tx_hashes: Vec<&'a str>,
    out_tx_hashes: Vec<&'a str>,
    fail_reason: Option<&'static str>,
    #[serde(serialize_with = "milliseconds")]
    relay_updated_at: DateTime<Utc>,
    #[serde(serialize_with = "milliseconds")]
    created_at: DateTime<Utc>,
}

/// One end of a deposit's way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndObject<'a> {
    chain_id: i64,
    symbol: &'a str,
}

impl<'a> EndObject<'a> {
    fn new(end: &'a DepositEnd) -> Self {
        Self {
            chain_id: end.chain.number(),
            symbol: end.symbol.as_str(),
        }
    }
}

impl<'a> DepositObject<'a> {
    pub(super) fn new(found: &'a RouteDeposit) -> Self {
        let deposit = &found.deposit;
        let (origin, destination) = (&deposit.origin, &deposit.destination);
        Self {
            id: deposit.id.hyphenated().to_string(),
            payment_route_id: deposit.route.hyphenated().to_string(),
            route_name: found.route_name.as_str(),
            relay_request_id: deposit.relay_request.as_str(),
            status: deposit.status.as_str(),
            origin: EndObject::new(origin),
            destination: EndObject::new(destination),
            amount_in: origin.amount.decimal(),
            amount_in_usd: origin.amount_usd.decimal(),
            amount_out: destination.amount.decimal(),
            amount_out_usd: destination.amount_usd.decimal(),
            deposit_tx_hash: deposit.deposit_transaction.as_str(),
            in_tx_hashes: hashes(&origin.transactions),
            out_tx_hashes: hashes(&destination.transactions),
            fail_reason: deposit.failure.map(DepositFailure::sentence),
            relay_updated_at: deposit.relay_updated_at,
            created_at: deposit.id.created_at(),
        }
    }
}

fn hashes(transactions: &[TransactionHash]) -> Vec<&str> {
    transactions.iter().map(TransactionHash::as_str).collect()
}

#[derive(Serialize)]
struct Deposits<'a> {
    deposits: Vec<DepositObject<'a>>,
    total: i64,
}

/// `GET /payment-routes/deposits`
async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let filter = DepositFilter::Holder(holder_filter(&call)?);
    listed(&call, filter).await
}

/// `GET /payment-routes/{id}/deposits`
async fn list_of_route(call: Call) -> Result<HttpResponse, Fault> {
    let id = path::id(&call.request).ok_or(Fault::PaymentRouteNotFound)?;
    let routes = &call.state.services.treasury.payment_routes;
    let found = routes.find_route(call.tenant, id).await?;
    let route = found.ok_or(Fault::PaymentRouteNotFound)?;
    listed(&call, DepositFilter::Route(route.id)).await
}

async fn listed(call: &Call, filter: DepositFilter) -> Result<HttpResponse, Fault> {
    let deposits = &call.state.services.treasury.deposits;
    let listed = deposits.list_deposits(call.tenant, filter, MOST).await?;
    let data = Deposits {
        deposits: listed.rows.iter().map(DepositObject::new).collect(),
        total: listed.total,
    };
    Ok(success("Payment route deposits fetched", data))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Synced {
    /// How many deposits were new or had ended.
    synced: usize,
    route_id: String,
}

/// `POST /payment-routes/{id}/deposits/sync`
async fn sync(mut call: Call) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_optional_json(&call.request, call.payload).await?;
    let id = path::id(&call.request).ok_or(Fault::PaymentRouteNotFound)?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let desk = &call.state.services.treasury.route_desk;
    answered(desk.sync(call.tenant, &claim, id, synced).await?)
}

fn synced(route: PaymentRouteId, synced: usize) -> Result<KeptAnswer, Unwritten> {
    let data = Synced {
        synced,
        route_id: route.hyphenated().to_string(),
    };
    to_keep(StatusCode::OK, "Payment route deposits synced", data)
}

impl From<SyncDepositsError> for Fault {
    fn from(error: SyncDepositsError) -> Self {
        match error {
            SyncDepositsError::Unknown => Self::PaymentRouteNotFound,
            SyncDepositsError::Forward(ForwardError::NoProvider) => Self::NoProvider,
            SyncDepositsError::Forward(ForwardError::Provider(_)) => {
                Self::Unavailable(error.to_string())
            }
            SyncDepositsError::Key(error) => error.into(),
            SyncDepositsError::Store(error)
            | SyncDepositsError::Forward(ForwardError::Store(error)) => error.into(),
        }
    }
}
