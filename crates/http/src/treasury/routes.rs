//! The route table of the Treasury API, and the one way through it.

use std::{cell::Cell, panic::AssertUnwindSafe};

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use vouch_domain::{
    access::{Contract, Principal, Scope, Scopes},
    tenant::Tenant,
};

use super::{
    customers, deposits,
    error::Fault,
    idempotency::{PresentedKey, required_key},
    network,
    openapi::Description,
    payment_routes, rates, sandbox, swaps, transactions,
};
use crate::{
    credentials::{Denied, admit},
    rate_limit::{Allowance, stamped},
    request_id::RequestId,
    routes::{HasMethod, of_method},
    server::State,
};

/// One operation of the API and where it is found.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below a base.
    pub(crate) path: &'static str,
    /// What a key needs for it: all of them.
    pub(crate) scopes: &'static [Scope],
    /// Whether the request needs an `Idempotency-Key`.
    pub(crate) needs_key: bool,
    pub(crate) handler: fn(Call) -> LocalBoxFuture<'static, Result<HttpResponse, Fault>>,
    /// What the OpenAPI document says of it.
    pub(crate) describe: fn() -> Description,
}

impl HasMethod for Route {
    fn method(&self) -> &Method {
        &self.method
    }
}

/// Every route of the API, by subject; those of one path stand together.
pub(crate) static SUBJECTS: [&[Route]; 8] = [
    &customers::ROUTES,
    &swaps::ROUTES,
    &rates::ROUTES,
    &sandbox::ROUTES,
    &network::ROUTES,
    &payment_routes::ROUTES,
    &deposits::ROUTES,
    &transactions::ROUTES,
];

/// Where the paths begin that the other contract does not have.
const ONLY_HERE: [&str; 5] = [
    "/swaps",
    "/payment-routes",
    "/transactions",
    "/rates",
    "/sandbox",
];

/// A request that may be carried out.
pub(crate) struct Call {
    /// Whose data it is about.
    pub(crate) tenant: Tenant,
    /// What its key may do, for those routes to which several scopes open the way.
    pub(crate) scopes: Scopes,
    pub(crate) request: HttpRequest,
    pub(crate) payload: Payload,
    pub(crate) state: Data<State>,
    key: Option<PresentedKey>,
}

impl Call {
    /// The idempotency key of a request whose route needs one.
    pub(crate) fn key(&mut self) -> Result<PresentedKey, Fault> {
        self.key.take().ok_or(Fault::IdempotencyKeyRequired)
    }
}

/// Whether a path below a base can only be meant for this contract.
pub(crate) fn is_only_here(path: &str) -> bool {
    ONLY_HERE.iter().any(|beginning| {
        let rest = path.strip_prefix(beginning);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Answers whatever happens: a bug that panics is a 500 like any other.
pub(crate) async fn answer(
    routes: &'static [Route],
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let request_id = RequestId::of(&request);
    let allowance = Cell::new(None);
    let outcome = AssertUnwindSafe(carry_out(routes, request, payload, state, &allowance))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Fault::Internal("a handler panicked".to_owned())));
    let response = outcome.unwrap_or_else(|fault| fault.respond(&request_id));
    stamped(response, allowance.get())
}

/// The order of checks of the contract, section 1. Says what is left of the key's limit, once that is known.
async fn carry_out(
    routes: &'static [Route],
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
    allowance: &Cell<Option<Allowance>>,
) -> Result<HttpResponse, Fault> {
    let principal = admit(&request, &state, Contract::Treasury).await?;
    if routes.is_empty() {
        return Err(Fault::RouteNotFound);
    }
    let route = of_method(routes, request.method()).map_err(Fault::MethodNotAllowed)?;
    demand_scopes(&principal, route.scopes)?;
    let limits = &state.shared.rate_limits;
    allowance.set(limits.count(principal.key.id, request.method())?);
    let key = match route.needs_key {
        true => Some(required_key(&request)?),
        false => None,
    };
    let call = Call {
        tenant: principal.key.tenant,
        scopes: principal.key.scopes.clone(),
        request,
        payload,
        state,
        key,
    };
    (route.handler)(call).await
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoKey => Self::NoToken,
            Denied::InvalidKey => Self::InvalidKey,
            Denied::TooMany(exceeded) => exceeded.into(),
            Denied::AddressNotAllowed => Self::AddressNotAllowed,
            Denied::Suspended => Self::Suspended,
            Denied::Store(error) => error.into(),
        }
    }
}

fn demand_scopes(principal: &Principal, needed: &[Scope]) -> Result<(), Fault> {
    let missing: Vec<Scope> = needed
        .iter()
        .copied()
        .filter(|scope| !principal.key.scopes.contains(*scope))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Fault::MissingScopes(missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_contract_alone_are_known_by_their_beginning() {
        for (path, expected) in [
            ("/swaps", true),
            ("/swaps/", true),
            ("/swaps/1/cancel", true),
            ("/payment-routes/chains", true),
            ("/swapsies", false),
            ("/customers", false),
            ("/events", false),
            ("", false),
        ] {
            assert_eq!(is_only_here(path), expected, "{path}");
        }
    }

    #[test]
    fn what_changes_something_needs_a_key() {
        for route in SUBJECTS.into_iter().flatten() {
            // A simulation may be repeated without one: the contract, section 1.
            let needs_none = route.method == Method::GET || route.path == "/sandbox/simulate";
            assert_eq!(
                route.needs_key, !needs_none,
                "{} {}",
                route.method, route.path
            );
        }
    }
}
