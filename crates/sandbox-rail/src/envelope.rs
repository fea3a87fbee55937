//! What all answers have in common: a JSON body and the rate limit headers.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_TYPE, ContentType, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use serde_json::json;

use crate::server::Rail;

/// Calls left until the reset.
pub(crate) const RATE_LIMIT_REMAINING: HeaderName =
    HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The vendor's limit. The sandbox announces it, as unused, and does not enforce it.
const CALLS_PER_MINUTE: i64 = 120;

/// Puts the rate limit headers on every answer, and a JSON body on those that the framework made.
pub(crate) async fn finish(
    rail: Data<Rail>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    let json_type = ContentType::json().to_string();
    if response
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|content_type| content_type.as_bytes() != json_type.as_bytes())
    {
        let status = response.status();
        let message = status.canonical_reason().unwrap_or("Unknown error");
        response =
            response.into_response(HttpResponse::build(status).json(json!({ "message": message })));
    }
    let now = rail.now().timestamp();
    let headers = response.headers_mut();
    headers.insert(RATE_LIMIT, HeaderValue::from(CALLS_PER_MINUTE));
    headers.insert(
        RATE_LIMIT_RESET,
        HeaderValue::from(now - now.rem_euclid(60) + 60),
    );
    if !headers.contains_key(RATE_LIMIT_REMAINING) {
        headers.insert(
            RATE_LIMIT_REMAINING,
            HeaderValue::from(CALLS_PER_MINUTE - 1),
        );
    }
    Ok(response)
}
