//! One line and one measurement per request.

use std::time::{Duration, Instant};

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
};

use metrics::SharedString;

use crate::request_id::RequestId;

/// Logs and measures each request when it is answered: the route's template, never what the caller put into it.
pub(crate) async fn write(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let response = next.call(request).await?;
    let request = response.request();
    let route = request
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let took = started.elapsed();
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        millis = took.as_secs_f64() * 1_000.0,
        request_id = RequestId::of(request).as_str(),
        "request"
    );
    measure(&method, route, response.status(), took);
    Ok(response)
}

fn measure(method: &Method, route: String, status: StatusCode, took: Duration) {
    let labels = [
        ("method", SharedString::from(known(method))),
        ("route", SharedString::from(route)),
        ("status", SharedString::from(status.as_str().to_owned())),
    ];
    metrics::counter!("vouch_http_requests_total", &labels).increment(1);
    metrics::histogram!("vouch_http_request_seconds", &labels).record(took);
}

/// A caller may invent methods, but no label for each.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
