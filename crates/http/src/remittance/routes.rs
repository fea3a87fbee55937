//! The route table of the Remittance API, and the one way through it.

use std::{cell::Cell, panic::AssertUnwindSafe};

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};
use futures_util::FutureExt;
use vouch_domain::{access::Contract, tenant::Tenant};

use super::{close, customers, events, files, kyc, payouts, virtual_accounts};
use crate::{
    credentials::{Denied, admit},
    error::{ApiError, Code},
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
    pub(crate) operation: Operation,
}

impl HasMethod for Route {
    fn method(&self) -> &Method {
        &self.method
    }
}

/// What the API can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateCustomer,
    ListCustomers,
    RetrieveCustomer,
    AmendCustomer,
    AddFile,
    AttachFiles,
    SubmitKyc,
    ListSubmissions,
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
        path: "/customers/{id}/files",
        operation: Operation::AddFile,
    },
    Route {
        method: Method::POST,
        path: "/customers/{id}/files/attach",
        operation: Operation::AttachFiles,
    },
    Route {
        method: Method::GET,
        path: "/customers/{id}/kyc",
        operation: Operation::ListSubmissions,
    },
    Route {
        method: Method::POST,
        path: "/customers/{id}/kyc",
        operation: Operation::SubmitKyc,
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
    let allowance = Cell::new(None);
    let outcome = AssertUnwindSafe(carry_out(routes, request, payload, state, &allowance))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(ApiError::internal("a handler panicked")));
    let response = outcome.unwrap_or_else(|error| error.respond(&request_id));
    stamped(response, allowance.get())
}

/// The order of checks of the contract, section 1. Says what is left of the key's limit, once that is known.
async fn carry_out(
    routes: &'static [Route],
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
    allowance: &Cell<Option<Allowance>>,
) -> Result<HttpResponse, ApiError> {
    if routes.is_empty() {
        return Err(Code::RouteNotFound.into());
    }
    let principal = admit(&request, &state, Contract::Remittance).await?;
    if !principal.standing.remittances_enabled {
        return Err(Code::RemittancesNotEnabled.into());
    }
    let (key, limits) = (&principal.key, &state.shared.rate_limits);
    allowance.set(limits.count(key.id, request.method())?);
    let route = of_method(routes, request.method()).map_err(ApiError::method_not_allowed)?;
    let call = Call {
        tenant: key.tenant,
        request,
        payload,
        state,
    };
    match route.operation {
        Operation::CreateCustomer => customers::create(call).await,
        Operation::ListCustomers => customers::list(call).await,
        Operation::RetrieveCustomer => customers::retrieve(call).await,
        Operation::AmendCustomer => customers::amend(call).await,
        Operation::AddFile => files::add(call).await,
        Operation::AttachFiles => files::attach(call).await,
        Operation::SubmitKyc => kyc::submit(call).await,
        Operation::ListSubmissions => kyc::list(call).await,
        Operation::CloseCustomer => close::close(call).await,
        Operation::ListEvents => events::list(call).await,
        Operation::OpenVirtualAccount => virtual_accounts::open(call).await,
        Operation::ListVirtualAccounts => virtual_accounts::list(call).await,
        Operation::CreatePayout => payouts::create(call).await,
        Operation::ListPayouts => payouts::list(call).await,
        Operation::RetrievePayout => payouts::retrieve(call).await,
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoKey => Code::MissingApiKey.into(),
            Denied::InvalidKey => Code::InvalidApiKey.into(),
            Denied::TooMany(exceeded) => exceeded.into(),
            Denied::AddressNotAllowed => Code::IpNotAllowed.into(),
            Denied::Suspended => Code::MerchantSuspended.into(),
            Denied::Store(error) => error.into(),
        }
    }
}
