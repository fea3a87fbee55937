//! One line per request.

use std::time::Instant;

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::request_id::RequestId;

/// Logs each request when it is answered: the route's template, never what the caller put into it.
pub(crate) async fn write(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let response = next.call(request).await?;
    let request = response.request();
    tracing::info!(
        %method,
        route = request.match_pattern().as_deref().unwrap_or("unmatched"),
        status = response.status().as_u16(),
        millis = started.elapsed().as_secs_f64() * 1_000.0,
        request_id = RequestId::of(request).as_str(),
        "request"
    );
    Ok(response)
}
