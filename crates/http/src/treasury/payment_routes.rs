//! `/payment-routes`: the contract, section 5.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::{
    kept_answers::Unwritten,
    payment_routes::{ChangeRouteError, OpenRouteError},
};
use vouch_domain::{
    access::Scope,
    customer::HolderFilter,
    form::parse_payment_route,
    idempotency::KeptAnswer,
    payment_route::{PaymentRoute, RouteAction, RouteEnd, Token},
};

use super::{
    answers::{answered, milliseconds, success, to_keep},
    error::Fault,
    openapi::payment_routes as openapi,
    path,
    routes::{Call, Route},
};
use crate::{
    body::{read_json, read_optional_json},
    query::Query,
};

/// The most payment routes of a list.
const MOST: u8 = 200;

/// The routes of payment routes.
pub(super) static ROUTES: [Route; 6] = [
    Route {
        method: Method::GET,
        path: "/payment-routes",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| list(call).boxed_local(),
        describe: openapi::list,
    },
    Route {
        method: Method::POST,
        path: "/payment-routes",
        scopes: &[Scope::CollectionsWrite],
        needs_key: true,
        handler: |call| create(call).boxed_local(),
        describe: openapi::create,
    },
    Route {
        method: Method::GET,
        path: "/payment-routes/{id}",
        scopes: &[Scope::CollectionsRead],
        needs_key: false,
        handler: |call| retrieve(call).boxed_local(),
        describe: openapi::retrieve,
    },
    Route {
        method: Method::DELETE,
        path: "/payment-routes/{id}",
        scopes: &[Scope::CollectionsWrite],
        needs_key: true,
        handler: |call| change(call, RouteAction::Archive, archived).boxed_local(),
        describe: openapi::archive,
    },
    Route {
        method: Method::POST,
        path: "/payment-routes/{id}/pause",
        scopes: &[Scope::CollectionsWrite],
        needs_key: true,
        handler: |call| change(call, RouteAction::Pause, paused).boxed_local(),
        describe: openapi::pause,
    },
    Route {
        method: Method::POST,
        path: "/payment-routes/{id}/activate",
        scopes: &[Scope::CollectionsWrite],
        needs_key: true,
        handler: |call| change(call, RouteAction::Activate, activated).boxed_local(),
        describe: openapi::activate,
    },
];

/// The payment route object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentRouteObject<'a> {
    id: String,
    name: &'a str,
    status: &'static str,
    customer_id: String,
    customer_name: &'a str,
    origin: OriginObject<'a>,
    destination: DestinationObject<'a>,
    refund_to: Option<&'a str>,
    deposit_address: &'a str,
    relay_request_id: Option<&'a str>,
    strict: bool,
    #[serde(serialize_with = "milliseconds")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "milliseconds")]
    updated_at: DateTime<Utc>,
}

/// Where deposits arrive.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OriginObject<'a> {
    chain_id: i64,
    chain_name: &'a str,
    /// The token's contract.
    currency: &'a str,
    symbol: &'a str,
    acceptable_tokens: Vec<TokenObject<'a>>,
}

/// Where deposits are passed on to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DestinationObject<'a> {
    chain_id: i64,
    chain_name: &'a str,
    /// The token's contract.
    currency: &'a str,
    symbol: &'a str,
    /// Who is paid.
    address: &'a str,
}

/// A token.
#[derive(Serialize)]
pub(super) struct TokenObject<'a> {
    symbol: &'a str,
    address: &'a str,
}

impl<'a> TokenObject<'a> {
    pub(super) fn new(token: &'a Token) -> Self {
        Self {
            symbol: token.symbol.as_str(),
            address: token.address.as_str(),
        }
    }
}

impl<'a> PaymentRouteObject<'a> {
    fn new(route: &'a PaymentRoute) -> Self {
        let terms = &route.terms;
        Self {
            id: route.id.hyphenated().to_string(),
            name: route.name.as_str(),
            status: route.status.as_str(),
            customer_id: route.holder.id.hyphenated().to_string(),
            customer_name: route.holder.name.as_str(),
            origin: OriginObject::new(&terms.origin, &terms.acceptable),
            destination: DestinationObject::new(
                &terms.destination,
                route.destination_address.as_str(),
            ),
            refund_to: route.refund_to.as_ref().map(|address| address.as_str()),
            deposit_address: terms.deposit_address.as_str(),
            relay_request_id: terms.relay_request.as_ref().map(|request| request.as_str()),
            strict: route.strict,
            created_at: route.id.created_at(),
            updated_at: route.updated_at,
        }
    }
}

impl<'a> OriginObject<'a> {
    fn new(end: &'a RouteEnd, acceptable: &'a [Token]) -> Self {
        Self {
            chain_id: end.chain.number(),
            chain_name: end.chain_name.as_str(),
            currency: end.token.address.as_str(),
            symbol: end.token.symbol.as_str(),
            acceptable_tokens: acceptable.iter().map(TokenObject::new).collect(),
        }
    }
}

impl<'a> DestinationObject<'a> {
    fn new(end: &'a RouteEnd, address: &'a str) -> Self {
        Self {
            chain_id: end.chain.number(),
            chain_name: end.chain_name.as_str(),
            currency: end.token.address.as_str(),
            symbol: end.token.symbol.as_str(),
            address,
        }
    }
}

#[derive(Serialize)]
struct PaymentRoutes<'a> {
    routes: Vec<PaymentRouteObject<'a>>,
    total: i64,
}

/// `GET /payment-routes`
async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let filter = holder_filter(&call)?;
    let routes = &call.state.services.treasury.payment_routes;
    let listed = routes.list_routes(call.tenant, filter, MOST).await?;
    let data = PaymentRoutes {
        routes: listed.rows.iter().map(PaymentRouteObject::new).collect(),
        total: listed.total,
    };
    Ok(success("Payment routes fetched", data))
}

/// Whose rows a list is to show, by its `customerId`.
pub(super) fn holder_filter(call: &Call) -> Result<HolderFilter, Fault> {
    let mut query = Query::new(call.request.query_string());
    let filter = query.optional("customerId", HolderFilter::parse);
    query.finish_ignoring_unknown()?;
    Ok(filter.unwrap_or(HolderFilter::All))
}

/// `POST /payment-routes`
async fn create(mut call: Call) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_json(&call.request, call.payload).await?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let desk = &call.state.services.treasury.route_desk;
    let form = parse_payment_route(&body.form);
    answered(desk.open(call.tenant, &claim, form, created).await?)
}

/// `GET /payment-routes/{id}`
async fn retrieve(call: Call) -> Result<HttpResponse, Fault> {
    let id = path::id(&call.request).ok_or(Fault::PaymentRouteNotFound)?;
    let routes = &call.state.services.treasury.payment_routes;
    let found = routes.find_route(call.tenant, id).await?;
    let route = found.ok_or(Fault::PaymentRouteNotFound)?;
    let object = PaymentRouteObject::new(&route);
    Ok(success("Payment route fetched", object))
}

/// `DELETE /payment-routes/{id}`, `POST /payment-routes/{id}/pause` and `…/activate`
async fn change(
    mut call: Call,
    action: RouteAction,
    render: fn(&PaymentRoute) -> Result<KeptAnswer, Unwritten>,
) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_optional_json(&call.request, call.payload).await?;
    let id = path::id(&call.request).ok_or(Fault::PaymentRouteNotFound)?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let desk = &call.state.services.treasury.route_desk;
    let changed = desk.change(call.tenant, &claim, id, action, render);
    answered(changed.await?)
}

fn created(route: &PaymentRoute) -> Result<KeptAnswer, Unwritten> {
    let object = PaymentRouteObject::new(route);
    to_keep(StatusCode::CREATED, "Payment route created", object)
}

fn archived(route: &PaymentRoute) -> Result<KeptAnswer, Unwritten> {
    let object = PaymentRouteObject::new(route);
    to_keep(StatusCode::OK, "Payment route archived", object)
}

fn paused(route: &PaymentRoute) -> Result<KeptAnswer, Unwritten> {
    let object = PaymentRouteObject::new(route);
    to_keep(StatusCode::OK, "Payment route paused", object)
}

fn activated(route: &PaymentRoute) -> Result<KeptAnswer, Unwritten> {
    let object = PaymentRouteObject::new(route);
    to_keep(StatusCode::OK, "Payment route activated", object)
}

impl From<OpenRouteError> for Fault {
    fn from(error: OpenRouteError) -> Self {
        match error {
            OpenRouteError::Invalid(problems) => Self::Invalid(problems),
            OpenRouteError::UnknownCustomer => Self::CustomerNotFound,
            OpenRouteError::Unserved { order, why } => Self::RouteNotSupported { order, why },
            OpenRouteError::NoProvider => Self::NoProvider,
            OpenRouteError::Provider(_) => Self::Unavailable(error.to_string()),
            OpenRouteError::Key(error) => error.into(),
            OpenRouteError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeRouteError> for Fault {
    fn from(error: ChangeRouteError) -> Self {
        match error {
            ChangeRouteError::Unknown => Self::PaymentRouteNotFound,
            ChangeRouteError::Refused(refused) => Self::PaymentRouteIsAlready(refused.already),
            ChangeRouteError::Key(error) => error.into(),
            ChangeRouteError::Store(error) => error.into(),
        }
    }
}
