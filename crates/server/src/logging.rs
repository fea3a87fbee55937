//! Logs go to standard error: one pretty line each on a terminal, JSON otherwise.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Our own events; of actix-server's, which announce every thread, only what is wrong.
const DEFAULT: &str = "info,actix_server=warn";

/// `VOUCH_LOG` chooses what is logged, in the syntax of `tracing-subscriber`'s `EnvFilter`.
pub(crate) fn init() {
    let filter = EnvFilter::try_from_env("VOUCH_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let registry = tracing_subscriber::registry().with(filter);
    if io::stderr().is_terminal() {
        registry
            .with(fmt::layer().compact().with_writer(io::stderr))
            .init();
    } else {
        registry
            .with(fmt::layer().json().with_writer(io::stderr))
            .init();
    }
}
