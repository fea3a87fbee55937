//! Whether the process lives, and whether it can serve.

use actix_web::{HttpResponse, web::Data};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{server::State, treasury::milliseconds};

/// What the process needs in order to serve: asked at every `GET /readyz`.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Looks now. Must not take long: whoever asks has a time-out of its own.
    async fn check(&self) -> ReadinessReport;
}

/// How ready a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadinessReport {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// What does not work, in words that anybody may read: no addresses, no secrets, no personal data.
    pub degraded: Vec<String>,
}

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    degraded: Vec<String>,
}

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    env: &'a str,
    #[serde(serialize_with = "milliseconds")]
    ts: DateTime<Utc>,
}

/// `GET /health`: the Treasury contract, section 9.
pub(crate) async fn health(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(Health {
        status: "ok",
        env: &state.shared.deployment,
        ts: state.shared.clock.now(),
    })
}

/// `GET /livez`
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Live { status: "live" })
}

/// `GET /readyz`
pub(crate) async fn ready(state: Data<State>) -> HttpResponse {
    let ReadinessReport { ready, degraded } = state.shared.readiness.check().await;
    let (mut response, status) = match ready {
        true => (HttpResponse::Ok(), "ready"),
        false => (HttpResponse::ServiceUnavailable(), "not_ready"),
    };
    response.json(Ready { status, degraded })
}
