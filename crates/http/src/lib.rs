//! The HTTP side of Vouch: the only crate that serves our API, and the only one that knows actix-web.
//!
//! `routes` tells which of the two contracts answers; from there every request takes the way that the contract's own
//! `routes` show at a glance: credentials → address → organisation → rate limit → method → body → use case. What a caller sent becomes values of the domain here, and what the use cases answer
//! becomes JSON here; nothing is decided in between.

mod access_log;
mod body;
mod client_address;
mod credentials;
mod docs;
mod error;
mod etag;
mod health;
mod json;
mod path;
mod query;
mod rail_webhooks;
mod rate_limit;
mod remittance;
mod request_id;
mod routes;
mod server;
mod standards;
mod treasury;
mod uploads;

pub use health::{Readiness, ReadinessReport};
pub use rate_limit::{RateLimit, RateLimitSettings, RateLimits};
pub use remittance::openapi::openapi_remittance;
pub use server::{
    KycServices, MoneyServices, Server, ServerHandle, Services, Shared, TreasuryServices, app,
    serve,
};
pub use standards::PublishedStandards;
pub use treasury::openapi::openapi_treasury;
