//! `/swaps`: the contract, section 4.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::{
    kept_answers::Unwritten,
    swaps::{CancelSwapError, OpenSwapError},
};
use vouch_domain::{
    access::Scope,
    customer::HolderFilter,
    form::parse_swap,
    idempotency::KeptAnswer,
    swap::{Completion, Pair, Swap, SwapProblem, SwapState},
};

use super::{
    answers::{answered, maybe_milliseconds, milliseconds, success, to_keep},
    error::Fault,
    number::Number,
    openapi::swaps as openapi,
    path,
    routes::{Call, Route},
};
use crate::{
    body::{read_json, read_optional_json},
    query::Query,
};

/// The most swaps of a list.
const MOST: u8 = 50;

/// The routes of swaps.
pub(super) static ROUTES: [Route; 4] = [
    Route {
        method: Method::GET,
        path: "/swaps",
        scopes: &[Scope::TransfersRead],
        needs_key: false,
        handler: |call| list(call).boxed_local(),
        describe: openapi::list,
    },
    Route {
        method: Method::POST,
        path: "/swaps",
        scopes: &[Scope::TransfersWrite],
        needs_key: true,
        handler: |call| create(call).boxed_local(),
        describe: openapi::create,
    },
    Route {
        method: Method::GET,
        path: "/swaps/{id}",
        scopes: &[Scope::TransfersRead],
        needs_key: false,
        handler: |call| retrieve(call).boxed_local(),
        describe: openapi::retrieve,
    },
    Route {
        method: Method::POST,
        path: "/swaps/{id}/cancel",
        scopes: &[Scope::TransfersWrite],
        needs_key: true,
        handler: |call| cancel(call).boxed_local(),
        describe: openapi::cancel,
    },
];

/// The swap object. Sums in atomic units are texts, all others numbers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SwapObject<'a> {
    id: String,
    customer_id: String,
    customer_name: &'a str,
    status: &'static str,
    from: &'a str,
    to: &'a str,
    amount: Number,
    expected_amount: String,
    received_amount: Option<String>,
    output_amount: Option<String>,
    rate: Number,
    fee_bps: i32,
    deposit_address: &'a str,
    deposit_wallet: &'a str,
    destination_address: &'a str,
    swap_tx_signature: Option<&'a str>,
    payout_tx_signature: Option<&'a str>,
    error_message: Option<&'static str>,
    #[serde(serialize_with = "milliseconds")]
    expires_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_milliseconds")]
    completed_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "milliseconds")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "milliseconds")]
    updated_at: DateTime<Utc>,
    expected_output: Number,
    received_output: Option<Number>,
}

impl<'a> SwapObject<'a> {
    pub(super) fn new(swap: &'a Swap) -> Self {
        let (order, terms, state) = (&swap.order, &swap.terms, &swap.state);
        let completion = completion(state);
        Self {
            id: swap.id.hyphenated().to_string(),
            customer_id: swap.holder.id.hyphenated().to_string(),
            customer_name: swap.holder.name.as_str(),
            status: state.status().as_str(),
            from: order.pair.from.as_str(),
            to: order.pair.to.as_str(),
            amount: Number::new(order.amount),
            expected_amount: order.amount.units().to_string(),
            received_amount: state.received().map(|sum| sum.units().to_string()),
            output_amount: completion.map(|completion| completion.output.to_string()),
            rate: Number::new(terms.rate),
            fee_bps: terms.fee.count(),
            deposit_address: terms.deposit_address.as_str(),
            deposit_wallet: terms.deposit_wallet.as_str(),
            destination_address: order.destination.as_str(),
            swap_tx_signature: completion.map(|completion| completion.swap_transaction.as_str()),
            payout_tx_signature: completion
                .map(|completion| completion.payout_transaction.as_str()),
            error_message: state.problem().map(SwapProblem::sentence),
            expires_at: swap.expires_at(),
            completed_at: completion.map(|completion| completion.at),
            created_at: swap.id.created_at(),
            updated_at: swap.updated_at,
            expected_output: Number::new(swap.expected_output().decimal()),
            received_output: completion.map(|completion| Number::new(completion.output.decimal())),
        }
    }
}

fn completion(state: &SwapState) -> Option<&Completion> {
    match state {
        SwapState::Completed(completion) => Some(completion),
        _ => None,
    }
}

#[derive(Serialize)]
struct Swaps<'a> {
    swaps: Vec<SwapObject<'a>>,
    total: i64,
}

/// `GET /swaps`
async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let mut query = Query::new(call.request.query_string());
    let filter = query.optional("customerId", HolderFilter::parse);
    query.finish_ignoring_unknown()?;
    let filter = filter.unwrap_or(HolderFilter::All);
    let swaps = &call.state.services.treasury.swaps;
    let listed = swaps.list_swaps(call.tenant, filter, MOST).await?;
    let data = Swaps {
        swaps: listed.rows.iter().map(SwapObject::new).collect(),
        total: listed.total,
    };
    Ok(success("Swaps fetched", data))
}

/// `POST /swaps`
async fn create(mut call: Call) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_json(&call.request, call.payload).await?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let desk = &call.state.services.treasury.swap_desk;
    let opened = desk.open(call.tenant, &claim, parse_swap(&body.form), opened);
    answered(opened.await?)
}

fn opened(swap: &Swap) -> Result<KeptAnswer, Unwritten> {
    let message = "Swap created. Deposit to the address provided.";
    to_keep(StatusCode::CREATED, message, SwapObject::new(swap))
}

/// `GET /swaps/{id}`
async fn retrieve(call: Call) -> Result<HttpResponse, Fault> {
    let id = path::id(&call.request).ok_or(Fault::SwapNotFound)?;
    let swaps = &call.state.services.treasury.swaps;
    let found = swaps.find_swap(call.tenant, id).await?;
    let swap = found.ok_or(Fault::SwapNotFound)?;
    Ok(success("Swap fetched", SwapObject::new(&swap)))
}

/// `POST /swaps/{id}/cancel`
async fn cancel(mut call: Call) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_optional_json(&call.request, call.payload).await?;
    let id = path::id(&call.request).ok_or(Fault::SwapNotFound)?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let desk = &call.state.services.treasury.swap_desk;
    answered(desk.cancel(call.tenant, &claim, id, cancelled).await?)
}

fn cancelled(swap: &Swap) -> Result<KeptAnswer, Unwritten> {
    to_keep(StatusCode::OK, "Swap cancelled", SwapObject::new(swap))
}

impl From<OpenSwapError> for Fault {
    fn from(error: OpenSwapError) -> Self {
        match error {
            OpenSwapError::Invalid(problems) => Self::Invalid(problems),
            OpenSwapError::UnknownCustomer => Self::CustomerNotFound,
            OpenSwapError::UnsupportedPair(Pair { from, to }) => Self::PairNotSupported {
                from: from.as_str().to_owned(),
                to: to.as_str().to_owned(),
            },
            OpenSwapError::NoProvider => Self::NoProvider,
            OpenSwapError::NoTerms { pair, .. } => Self::NoRate(pair),
            OpenSwapError::Key(error) => error.into(),
            OpenSwapError::Store(error) => error.into(),
        }
    }
}

impl From<CancelSwapError> for Fault {
    fn from(error: CancelSwapError) -> Self {
        match error {
            CancelSwapError::Unknown => Self::SwapNotFound,
            CancelSwapError::NotPending => Self::SwapNotPending,
            CancelSwapError::NoProvider => Self::NoProvider,
            CancelSwapError::ProviderFailed => Self::Unavailable(error.to_string()),
            CancelSwapError::Key(error) => error.into(),
            CancelSwapError::Store(error) => error.into(),
        }
    }
}
