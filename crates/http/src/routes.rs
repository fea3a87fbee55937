//! Where everything is, and which contract answers.
//!
//! Both contracts have the same host, port and paths: the beginning of the bearer key tells which of them is meant. A
//! request without a key of either goes by its path.

use std::collections::BTreeMap;

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder,
    web::{self, Data, Payload, ServiceConfig},
};
use vouch_domain::access::Contract;

use crate::{
    credentials::Presented, docs, error::ApiError, health, rail_webhooks, remittance,
    request_id::RequestId, server::State, treasury,
};

/// Where the APIs live: the same under both.
pub(crate) const BASES: [&str; 2] = ["/v1", "/api/v1"];

/// The routes of one path, of either contract.
#[derive(Clone, Copy, Default)]
struct PathRoutes {
    remittance: &'static [remittance::Route],
    treasury: &'static [treasury::Route],
}

/// Registers every route of the service.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for base in BASES {
        for (path, routes) in paths() {
            let handler = move |request, payload, state| answer(routes, request, payload, state);
            config.service(web::resource(format!("{base}{path}")).to(handler));
        }
    }
    config
        .service(public("/livez", health::live))
        .service(public("/readyz", health::ready))
        .service(public("/health", health::health))
        .service(public(docs::REMITTANCE, docs::remittance))
        .service(public(docs::TREASURY, docs::treasury))
        .service(public("/docs", docs::entrance))
        .service(public("/docs/{file:.*}", docs::page))
        .service(
            web::resource(rail_webhooks::PATH)
                .route(web::post().to(rail_webhooks::receive))
                .default_service(web::to(async |request: HttpRequest| {
                    ApiError::method_not_allowed("POST").respond(&RequestId::of(&request))
                })),
        )
        .default_service(web::to(|request, payload, state| {
            answer(PathRoutes::default(), request, payload, state)
        }));
}

/// Every path below a base, those with a fixed segment before those with a parameter in its place: `{` sorts behind all
/// letters.
fn paths() -> BTreeMap<&'static str, PathRoutes> {
    let mut paths = BTreeMap::<_, PathRoutes>::new();
    for routes in remittance::ROUTES.chunk_by(|one, next| one.path == next.path) {
        paths.entry(routes[0].path).or_default().remittance = routes;
    }
    for subject in treasury::SUBJECTS {
        for routes in subject.chunk_by(|one, next| one.path == next.path) {
            paths.entry(routes[0].path).or_default().treasury = routes;
        }
    }
    paths
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

async fn answer(
    routes: PathRoutes,
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    match contract(&request) {
        Contract::Remittance => {
            remittance::answer(routes.remittance, request, payload, state).await
        }
        Contract::Treasury => treasury::answer(routes.treasury, request, payload, state).await,
    }
}

/// The contract that answers a request.
fn contract(request: &HttpRequest) -> Contract {
    match Presented::by(request) {
        Presented::Key(contract, _) => contract,
        Presented::Nothing | Presented::Foreign if treasury::is_only_here(below_base(request)) => {
            Contract::Treasury
        }
        Presented::Nothing | Presented::Foreign => Contract::Remittance,
    }
}

/// The path of a request without its base, as it was sent; empty for a path that is under neither.
pub(crate) fn below_base(request: &HttpRequest) -> &str {
    let path = request.uri().path();
    let below = BASES.iter().find_map(|base| path.strip_prefix(base));
    below.unwrap_or_default()
}
