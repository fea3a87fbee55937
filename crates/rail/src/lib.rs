//! The KYC rail (Blaaiz) over HTTP: the adapter of the domain's [`Rail`](vouch_domain::ports::Rail) port, of
//! [`RailAccounts`](vouch_domain::ports::RailAccounts) and [`RailPayouts`](vouch_domain::ports::RailPayouts), and the
//! reader of its callbacks.
//!
//! Four promises shape this crate.
//!
//! * A create is sent once. What the client library, a stale connection or a redirect could repeat, they do not; only a
//!   401, which says that nothing was carried out, is followed by a second attempt with a fresh access token.
//! * *Nothing was sent* or *the rail answered* ([`Unavailable`]) is told apart from *nobody knows* ([`Unclear`]).
//! * While the rail is down, calls fail at once and nothing is sent; see [`Circuit`].
//! * No address, body or message of the rail leaves this crate: failures carry fixed texts.
//!
//! [`Unavailable`]: vouch_domain::ports::RailFailure::Unavailable
//! [`Unclear`]: vouch_domain::ports::RailFailure::Unclear

mod accounts;
mod adapter;
mod allowance;
mod answer;
mod auth;
mod breaker;
mod callbacks;
mod client;
mod failure;
mod kyc;
mod look_up;
mod money_wire;
mod notice;
mod payouts;
mod settings;
mod transport;
mod wallets;
mod wire;

pub use adapter::HttpRail;
pub use breaker::Circuit;
pub use callbacks::{NoSecret, SignedCallbacks};
pub use reqwest::Url;
pub use settings::{Credentials, OpensOn, RailSettings, RailSetupError};
