//! The route table of the Remittance API, and the one way through it.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};
use futures_util::FutureExt;
use vouch_domain::{access::Contract, tenant::Tenant};

use super::{close, customers, events, payouts, virtual_accounts};
use crate::{
    credentials::{Denied, Presented, admit},
    error::{ApiError, Code},
    request_id::RequestId,
    server::State,
};

/// One operation of the API and where it is found.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below a base.
    pub(crate) path: &'static str,
    pub(crate) operation: Operation,
}

/// What the API can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateCustomer,
    ListCustomers,
    RetrieveCustomer,
    AmendCustomer,
    CloseCustomer,
    ListEvents,
    OpenVirtualAccount,
    ListVirtualAccounts,
    CreatePayout,
    ListPayouts,
    RetrievePayout,
}

/// Every route of the API; those of one path stand together.
pub(crate) static ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/customers",
        operation: Operation::ListCustomers,
    },
    Route {
        method: Method::POST,
        path: "/customers",
        operation: Operation::CreateCustomer,
    },
    Route {
        method: Method::GET,
        path: "/customers/{id}",
        operation: Operation::RetrieveCustomer,
    },
    Route {
        method: Method::PATCH,
        path: "/customers/{id}",
        operation: Operation::AmendCustomer,
    },
    Route {
        method: Method::POST,
        path: "/customers/{id}/close",
        operation: Operation::CloseCustomer,
    },
    Route {
        method: Method::GET,
        path: "/customers/{id}/virtual_accounts",
        operation: Operation::ListVirtualAccounts,
    },
    Route {
        method: Method::POST,
        path: "/customers/{id}/virtual_accounts",
        operation: Operation::OpenVirtualAccount,
    },
    Route {
        method: Method::GET,
        path: "/events",
        operation: Operation::ListEvents,
    },
    Route {
        method: Method::GET,
        path: "/payouts",
        operation: Operation::ListPayouts,
    },
    Route {
        method: Method::POST,
        path: "/payouts",
        operation: Operation::CreatePayout,
    },
    Route {
        method: Method::GET,
        path: "/payouts/{id}",
        operation: Operation::RetrievePayout,
    },
];

/// A request that may be carried out.
pub(crate) struct Call {
    /// Whose data it is about.
    pub(crate) tenant: Tenant,
    pub(crate) request: HttpRequest,
    pub(crate) payload: Payload,
    pub(crate) state: Data<State>,
}

/// Answers whatever happens: a bug that panics is a 500 like any other.
pub(crate) async fn answer(
    routes: &'static [Route],
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let request_id = RequestId::of(&request);
    let outcome = AssertUnwindSafe(carry_out(routes, request, payload, state))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(ApiError::internal("a handler panicked")));
    outcome.unwrap_or_else(|error| error.respond(&request_id))
}

/// The order of checks of the contract, section 1.
async fn carry_out(
    routes: &'static [Route],
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    if routes.is_empty() {
        return Err(Code::RouteNotFound.into());
    }
    let tenant = authenticate(&request, &state).await?;
    let operation = operation(routes, request.method())?;
    let call = Call {
        tenant,
        request,
        payload,
        state,
    };
    match operation {
        Operation::CreateCustomer => customers::create(call).await,
        Operation::ListCustomers => customers::list(call).await,
        Operation::RetrieveCustomer => customers::retrieve(call).await,
        Operation::AmendCustomer => customers::amend(call).await,
        Operation::CloseCustomer => close::close(call).await,
        Operation::ListEvents => events::list(call).await,
        Operation::OpenVirtualAccount => virtual_accounts::open(call).await,
        Operation::ListVirtualAccounts => virtual_accounts::list(call).await,
        Operation::CreatePayout => payouts::create(call).await,
        Operation::ListPayouts => payouts::list(call).await,
        Operation::RetrievePayout => payouts::retrieve(call).await,
    }
}

/// The data that a request may act on, when its key is good and its organisation may use this API.
async fn authenticate(request: &HttpRequest, state: &State) -> Result<Tenant, ApiError> {
    let key = match Presented::by(request) {
        Presented::Key(Contract::Remittance, key) => key,
        Presented::Nothing => return Err(Code::MissingApiKey.into()),
        Presented::Key(Contract::Treasury, _) | Presented::Foreign => {
            return Err(Code::InvalidApiKey.into());
        }
    };
    let principal = admit(request, state, Contract::Remittance, key).await?;
    if !principal.standing.remittances_enabled {
        return Err(Code::RemittancesNotEnabled.into());
    }
    Ok(principal.key.tenant)
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::InvalidKey => Code::InvalidApiKey.into(),
            Denied::AddressNotAllowed => Code::IpNotAllowed.into(),
            Denied::Suspended => Code::MerchantSuspended.into(),
            Denied::Store(error) => error.into(),
        }
    }
}

/// The operation behind a method. HEAD is GET whose body is not sent.
fn operation(routes: &[Route], method: &Method) -> Result<Operation, ApiError> {
    let method = match *method {
        Method::HEAD => &Method::GET,
        _ => method,
    };
    let route = routes.iter().find(|route| route.method == *method);
    route
        .map(|route| route.operation)
        .ok_or_else(|| ApiError::method_not_allowed(allowed(routes)))
}

fn allowed(routes: &[Route]) -> String {
    let methods = routes.iter().flat_map(|route| match route.method {
        Method::GET => vec!["GET", "HEAD"],
        ref other => vec![other.as_str()],
    });
    methods.collect::<Vec<_>>().join(", ")
}
