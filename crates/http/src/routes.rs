//! The route table, and the one way through it.

use std::panic::AssertUnwindSafe;

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder,
    http::Method,
    web::{self, Data, Payload, ServiceConfig},
};
use futures_util::FutureExt;
use vouch_domain::tenant::Tenant;

use crate::{
    authentication::authenticate,
    docs,
    error::{ApiError, Code},
    health,
    remittance::{customers, events},
    request_id::RequestId,
    server::State,
};

/// Where the API lives: the same under both.
pub(crate) const BASES: [&str; 2] = ["/v1", "/api/v1"];

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
    ListEvents,
}

/// Every route of the API; those of one path stand together.
pub(crate) static ROUTES: [Route; 5] = [
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
        method: Method::GET,
        path: "/events",
        operation: Operation::ListEvents,
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

/// Registers every route of the service.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for base in BASES {
        for routes in ROUTES.chunk_by(|one, next| one.path == next.path) {
            let path = format!("{base}{}", routes[0].path);
            let handler = move |request, payload, state| answer(routes, request, payload, state);
            config.service(web::resource(path).to(handler));
        }
    }
    config
        .service(public("/livez", health::live))
        .service(public("/readyz", health::ready))
        .service(public(docs::DOCUMENT, docs::document))
        .service(public("/docs", docs::entrance))
        .service(public("/docs/{file:.*}", docs::page))
        .default_service(web::to(route_not_found));
}

/// A route that needs no credentials and can only be read.
fn public<F, Args>(path: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(async |request: HttpRequest| {
            ApiError::method_not_allowed("GET, HEAD").respond(&RequestId::of(&request))
        }))
}

async fn route_not_found(request: HttpRequest) -> HttpResponse {
    ApiError::from(Code::RouteNotFound).respond(&RequestId::of(&request))
}

/// Answers whatever happens: a bug that panics is a 500 like any other.
async fn answer(
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
    let principal = authenticate(&request, &state).await?;
    let operation = operation(routes, request.method())?;
    let call = Call {
        tenant: principal.key.tenant,
        request,
        payload,
        state,
    };
    match operation {
        Operation::CreateCustomer => customers::create(call).await,
        Operation::ListCustomers => customers::list(call).await,
        Operation::RetrieveCustomer => customers::retrieve(call).await,
        Operation::AmendCustomer => customers::amend(call).await,
        Operation::ListEvents => events::list(call).await,
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
