//! From settings to readers of the rails' callbacks.

use std::sync::Arc;

use vouch_application::callbacks::CallbackLines;
use vouch_domain::{ports::RailCallbacks, tenant::Env};
use vouch_rail::SignedCallbacks;

use crate::{
    CommandError,
    config::{RailArgs, ServeArgs},
    sandbox::Sandbox,
};

/// Where the rail of an env calls back, when the APIs are at this URL.
pub(crate) fn url(public_url: &str, env: Env) -> String {
    let base = public_url.trim_end_matches('/');
    format!("{base}/rail/webhooks/{}", env.as_str())
}

/// The readers of both envs. The sandbox has told its secret itself.
pub(crate) fn lines(
    args: &ServeArgs,
    sandbox: Option<&Sandbox>,
) -> Result<CallbackLines, CommandError> {
    let test = match sandbox {
        Some(sandbox) => sandbox.webhook_secret.as_deref().map(reader).transpose()?,
        None => configured(Env::Test, &args.test_rail.rail())?,
    };
    Ok(CallbackLines {
        test,
        live: configured(Env::Live, &args.live_rail.rail())?,
    })
}

fn configured(env: Env, args: &RailArgs) -> Result<Option<Arc<dyn RailCallbacks>>, CommandError> {
    if args.url.is_some() && args.webhook_secret.is_none() {
        tracing::warn!(
            env = env.as_str(),
            "the rail's callbacks cannot be read without its WEBHOOK_SECRET: decisions are found by looking"
        );
    }
    args.webhook_secret.as_deref().map(reader).transpose()
}

fn reader(secret: &str) -> Result<Arc<dyn RailCallbacks>, CommandError> {
    Ok(Arc::new(SignedCallbacks::new(secret)?))
}
