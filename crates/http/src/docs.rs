//! The OpenAPI documents, and a reference to read and try them in. Everything is inside the binary.

use std::{borrow::Cow, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        CONTENT_SECURITY_POLICY, CacheControl, CacheDirective, LOCATION, REFERRER_POLICY,
        X_FRAME_OPTIONS,
    },
};
use utoipa_swagger_ui::{Config, SwaggerFile, Url};

use crate::{
    error::{ApiError, Code},
    remittance::openapi::openapi_remittance,
    request_id::RequestId,
    treasury::openapi::openapi_treasury,
};

/// Where the Remittance API's document is.
pub(crate) const REMITTANCE: &str = "/openapi/remittance.json";
/// Where the Treasury API's document is.
pub(crate) const TREASURY: &str = "/openapi/treasury.json";

/// The page loads nothing from anywhere else, and cannot be framed. Its own style sheets are joined by styles that its
/// scripts set.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /openapi/remittance.json`
pub(crate) async fn remittance() -> HttpResponse {
    document(openapi_remittance())
}

/// `GET /openapi/treasury.json`
pub(crate) async fn treasury() -> HttpResponse {
    document(openapi_treasury())
}

fn document(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(CacheControl(vec![CacheDirective::NoCache]))
        .body(text)
}

/// `GET /docs`: the page's own links are relative to `/docs/`.
pub(crate) async fn entrance() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/docs/"))
        .finish()
}

/// `GET /docs/` and the files of the page.
pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    let file = request.match_info().get("file").unwrap_or_default();
    match utoipa_swagger_ui::serve(file, Arc::new(config())) {
        Ok(Some(file)) => found(file),
        Ok(None) => ApiError::from(Code::RouteNotFound).respond(&RequestId::of(&request)),
        Err(error) => ApiError::internal(error.to_string()).respond(&RequestId::of(&request)),
    }
}

fn config() -> Config<'static> {
    Config::new([
        Url::with_primary("Remittance API", REMITTANCE, true),
        Url::new("Treasury API", TREASURY),
    ])
    .try_it_out_enabled(true)
    .display_request_duration(true)
    // Or else the page asks a public service to validate the document.
    .validator_url("none")
}

fn found(file: SwaggerFile<'static>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type(file.content_type)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header(CacheControl(vec![CacheDirective::NoCache]));
    match file.bytes {
        Cow::Borrowed(bytes) => response.body(bytes),
        Cow::Owned(bytes) => response.body(bytes),
    }
}
