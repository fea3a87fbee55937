//! `/transactions`: the contract, section 6.

use actix_web::{HttpResponse, http::Method};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_domain::{
    access::Scope,
    ledger::{RouteDeposit, Transaction},
    payment_route::{DepositEnd, DepositFailure},
    swap::{Swap, SwapProblem, SwapState},
};

use super::{
    answers::{milliseconds, success},
    error::Fault,
    openapi::transactions as openapi,
    payment_routes::holder_filter,
    routes::{Call, Route},
};

/// The most transactions of a list.
const MOST: u8 = 200;

/// The route of the ledger.
pub(super) static ROUTES: [Route; 1] = [Route {
    method: Method::GET,
    path: "/transactions",
    scopes: &[Scope::TransfersRead],
    needs_key: false,
    handler: |call| list(call).boxed_local(),
    describe: openapi::list,
}];

/// One row of the ledger.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransactionObject<'a> {
    id: String,
    kind: &'static str,
    customer_id: String,
    customer_name: &'a str,
    status: &'static str,
    destination: String,
    amount: String,
    amount_usd: Option<String>,
    #[serde(serialize_with = "milliseconds")]
    created_at: DateTime<Utc>,
    receipt: Receipt<'a>,
}

/// What a row is the proof of.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Receipt<'a> {
    Swap(SwapReceipt<'a>),
    PaymentRouteDeposit(Box<DepositReceipt<'a>>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SwapReceipt<'a> {
    swap_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    swap_tx_signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_tx_signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DepositReceipt<'a> {
    deposit_id: String,
    relay_request_id: &'a str,
    route_id: String,
    route_name: &'a str,
    status: &'static str,
    origin: OriginReceipt<'a>,
    destination: DestinationReceipt<'a>,
    deposit_tx_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OriginReceipt<'a> {
    chain_id: i64,
    chain_name: &'a str,
    symbol: &'a str,
    amount: String,
    amount_usd: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DestinationReceipt<'a> {
    chain_id: i64,
    chain_name: &'a str,
    symbol: &'a str,
    address: &'a str,
    amount: String,
    amount_usd: String,
}

impl<'a> TransactionObject<'a> {
    fn new(transaction: &'a Transaction) -> Self {
        match transaction {
            Transaction::Swap(swap) => Self::of_swap(swap),
            Transaction::Deposit(deposit) => Self::of_deposit(deposit),
        }
    }

    fn of_swap(swap: &'a Swap) -> Self {
        let (order, status) = (&swap.order, swap.state.status().as_str());
        Self {
            id: swap.id.hyphenated().to_string(),
            kind: "swap",
            customer_id: swap.holder.id.hyphenated().to_string(),
            customer_name: swap.holder.name.as_str(),
            status,
            destination: format!(
                "{} → {}",
                order.pair.to.as_str(),
                order.destination.as_str()
            ),
            amount: format!("{} {}", order.amount, order.pair.from.as_str()),
            // A swap has no rate in dollars.
            amount_usd: None,
            created_at: swap.id.created_at(),
            receipt: Receipt::Swap(SwapReceipt::new(swap)),
        }
    }

    fn of_deposit(found: &'a RouteDeposit) -> Self {
        let deposit = &found.deposit;
        let (origin, destination) = (&deposit.origin, &deposit.destination);
        Self {
            id: deposit.id.hyphenated().to_string(),
            kind: "payment_route",
            customer_id: found.holder.id.hyphenated().to_string(),
            customer_name: found.holder.name.as_str(),
            status: deposit.status.as_str(),
            destination: format!(
                "{} · {} → {}",
                found.destination_chain.as_str(),
                destination.symbol.as_str(),
                found.destination_address.as_str()
            ),
            amount: format!("{} {}", origin.amount.decimal(), origin.symbol.as_str()),
            amount_usd: Some(origin.amount_usd.decimal()),
            created_at: deposit.id.created_at(),
            receipt: Receipt::PaymentRouteDeposit(Box::new(DepositReceipt::new(found))),
        }
    }
}

impl<'a> SwapReceipt<'a> {
    fn new(swap: &'a Swap) -> Self {
        let completion = match &swap.state {
            SwapState::Completed(completion) => Some(completion),
            _ => None,
        };
        Self {
            swap_id: swap.id.hyphenated().to_string(),
            status: swap.state.status().as_str(),
            swap_tx_signature: completion.map(|completion| completion.swap_transaction.as_str()),
            payout_tx_signature: completion
                .map(|completion| completion.payout_transaction.as_str()),
            error_message: swap.state.problem().map(SwapProblem::sentence),
        }
    }
}

impl<'a> DepositReceipt<'a> {
    fn new(found: &'a RouteDeposit) -> Self {
        let deposit = &found.deposit;
        Self {
            deposit_id: deposit.id.hyphenated().to_string(),
            relay_request_id: deposit.relay_request.as_str(),
            route_id: deposit.route.hyphenated().to_string(),
            route_name: found.route_name.as_str(),
            status: deposit.status.as_str(),
            origin: OriginReceipt::new(&deposit.origin, found.origin_chain.as_str()),
            destination: DestinationReceipt::new(found),
            deposit_tx_hash: deposit.deposit_transaction.as_str(),
            fail_reason: deposit.failure.map(DepositFailure::sentence),
        }
    }
}

impl<'a> OriginReceipt<'a> {
    fn new(end: &'a DepositEnd, chain_name: &'a str) -> Self {
        Self {
            chain_id: end.chain.number(),
            chain_name,
            symbol: end.symbol.as_str(),
            amount: end.amount.decimal(),
            amount_usd: end.amount_usd.decimal(),
        }
    }
}

impl<'a> DestinationReceipt<'a> {
    fn new(found: &'a RouteDeposit) -> Self {
        let end = &found.deposit.destination;
        Self {
            chain_id: end.chain.number(),
            chain_name: found.destination_chain.as_str(),
            symbol: end.symbol.as_str(),
            address: found.destination_address.as_str(),
            amount: end.amount.decimal(),
            amount_usd: end.amount_usd.decimal(),
        }
    }
}

#[derive(Serialize)]
struct Transactions<'a> {
    transactions: Vec<TransactionObject<'a>>,
    total: i64,
}

/// `GET /transactions`
async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let filter = holder_filter(&call)?;
    let ledger = &call.state.services.treasury.ledger;
    let listed = ledger.list_transactions(call.tenant, filter, MOST).await?;
    let data = Transactions {
        transactions: listed.rows.iter().map(TransactionObject::new).collect(),
        total: listed.total,
    };
    Ok(success("Transactions fetched", data))
}
