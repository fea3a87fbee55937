//! What an operator says of the rail.

use std::{fmt, num::NonZeroU32, time::Duration};

use reqwest::Url;
use vouch_domain::tenant::Env;

/// How to reach the rail of one env, and how much may be asked of it.
#[derive(Clone)]
pub struct RailSettings {
    /// Whose rail it is, for logs and metrics.
    pub env: Env,
    /// Where the rail is: `http` or `https`. The paths of the rail's contract are appended.
    pub base_url: Url,
    /// Who we are there.
    pub credentials: Credentials,
    /// The deadline of everything but a create.
    pub look_up_timeout: Duration,
    /// The deadline of a create.
    pub create_timeout: Duration,
    /// The most calls in any minute; none: no limit.
    pub per_minute: Option<NonZeroU32>,
    /// The most calls in any hour; none: no limit.
    pub per_hour: Option<NonZeroU32>,
    /// Which failures open the circuit.
    pub opens_on: OpensOn,
}

/// Which failures open the circuit, when they are half of at least twenty calls in ten seconds. Refusals, `429` and
/// answers that a sandbox rail was ordered to give never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpensOn {
    /// No connection, no whole answer, or a status of 500 and above.
    AnyFailure,
    /// Only connections that were never made: for a rail that is made to fail on purpose.
    NoConnection,
}

impl RailSettings {
    /// The defaults: look-ups within 3 s, creates within 10 s, no limits. The circuit to a live rail opens on any
    /// failure.
    #[must_use]
    pub fn new(env: Env, base_url: Url, credentials: Credentials) -> Self {
        Self {
            env,
            base_url,
            credentials,
            look_up_timeout: Duration::from_secs(3),
            create_timeout: Duration::from_secs(10),
            per_minute: None,
            per_hour: None,
            opens_on: match env {
                Env::Test => OpensOn::NoConnection,
                Env::Live => OpensOn::AnyFailure,
            },
        }
    }
}

impl fmt::Debug for RailSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RailSettings")
            .field("env", &self.env)
            // Of the address only what can hold no password.
            .field("origin", &self.base_url.origin().ascii_serialization())
            .field("credentials", &self.credentials)
            .field("look_up_timeout", &self.look_up_timeout)
            .field("create_timeout", &self.create_timeout)
            .field("per_minute", &self.per_minute)
            .field("per_hour", &self.per_hour)
            .field("opens_on", &self.opens_on)
            .finish()
    }
}

/// What proves to the rail who calls.
#[derive(Clone)]
pub enum Credentials {
    /// The older scheme: a key in a header of each call.
    ApiKey(String),
    /// OAuth 2.0 client credentials (RFC 6749, section 4.4).
    Client {
        /// The client's id.
        id: String,
        /// The client's secret.
        secret: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ApiKey(_) => "ApiKey(…)",
            Self::Client { .. } => "Client(…)",
        })
    }
}

/// Why the adapter cannot work with its settings.
#[derive(Debug, thiserror::Error)]
pub enum RailSetupError {
    /// The address cannot be that of the rail.
    #[error("the rail's base URL must be http or https, without credentials, query and fragment")]
    BaseUrl,
    /// The key cannot be sent in a header.
    #[error("the rail's API key must be visible ASCII characters")]
    ApiKey,
    /// The HTTP client cannot be made; for one, no trusted root certificates were found on this machine.
    #[error("the HTTP client cannot be made")]
    HttpClient(#[source] reqwest::Error),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let url = Url::parse("https://user:hidden@rail.example/hidden?hidden#hidden").unwrap();
        for credentials in [
            Credentials::ApiKey("hidden".to_owned()),
            Credentials::Client {
                id: "hidden".to_owned(),
                secret: "hidden".to_owned(),
            },
        ] {
            let shown = format!(
                "{:?}",
                RailSettings::new(Env::Live, url.clone(), credentials)
            );
            assert!(shown.contains("https://rail.example"), "{shown}");
            assert!(!shown.contains("hidden"), "{shown}");
        }
    }
}
