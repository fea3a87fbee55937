//! The HTTP side of Vouch: the only crate that serves our API, and the only one that knows actix-web.
//!
//! Every request takes the same way, which `routes` shows at a glance: route → credentials → address → organisation →
//! method → body → use case. What a caller sent becomes values of the domain here, and what the use cases answer
//! becomes JSON here; nothing is decided in between.

mod access_log;
mod authentication;
mod body;
mod client_address;
mod docs;
mod error;
mod etag;
mod health;
mod idempotency;
mod json;
mod path;
mod query;
mod remittance;
mod request_id;
mod routes;
mod server;
mod standards;

pub use health::{Readiness, ReadinessReport};
pub use remittance::openapi::openapi_remittance;
pub use server::{Server, ServerHandle, Services, Shared, app, serve};
pub use standards::PublishedStandards;
