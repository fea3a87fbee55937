//! Logs go to standard error: one pretty line each on a terminal, JSON otherwise.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::CommandError;

/// Our own events; of actix-server's, which announce every thread, only what is wrong; and none of actix-http's, to which
/// every stranger's malformed request is an error.
const DEFAULT: &str = "info,actix_server=warn,actix_http=off";

/// `VOUCH_LOG` chooses what is logged, in the syntax of `tracing-subscriber`'s `EnvFilter`.
///
/// # Errors
/// When the variable is not such a filter.
pub(crate) fn init() -> Result<(), CommandError> {
    let filter = match std::env::var("VOUCH_LOG") {
        Ok(filter) => EnvFilter::try_new(filter).map_err(|error| format!("VOUCH_LOG: {error}"))?,
        Err(_) => EnvFilter::new(DEFAULT),
    };
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
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Logs where a panic happened, and not what it says: a message of the standard library may quote a value.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "a bug: panicked");
}
