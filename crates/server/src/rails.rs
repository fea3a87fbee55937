//! From settings to rails.

use std::{num::NonZeroU32, sync::Arc};

use vouch_application::rails::{RailLine, Rails};
use vouch_domain::tenant::Env;
use vouch_rail::{Credentials, HttpRail, RailSettings};

use crate::{
    CommandError,
    config::{RailArgs, ServeArgs},
    sandbox::Sandbox,
};

/// The rails of both envs. The sandbox serves test data unless another rail is set for it.
pub(crate) fn rails(args: &ServeArgs, sandbox: Option<&Sandbox>) -> Result<Rails, CommandError> {
    let test = args.test_rail.rail();
    let test = match sandbox {
        Some(sandbox) if !sandbox.is_ours => None,
        Some(sandbox) => Some(line(Env::Test, &of_sandbox(&test, sandbox))?),
        None => Some(line(Env::Test, &test)?),
    };
    let live = args.live_rail.rail();
    let live = match live.url {
        Some(_) => Some(line(Env::Live, &live)?),
        None => None,
    };
    Ok(Rails { test, live })
}

fn of_sandbox(args: &RailArgs, sandbox: &Sandbox) -> RailArgs {
    RailArgs {
        url: Some(sandbox.url.clone()),
        api_key: Some("sandbox-key".to_owned()),
        client_id: None,
        client_secret: None,
        ..args.clone()
    }
}

fn line(env: Env, args: &RailArgs) -> Result<RailLine, CommandError> {
    let url = args.url.as_deref().unwrap_or_default();
    let settings = RailSettings {
        base_url: url
            .parse()
            .map_err(|error| format!("the {} rail's URL: {error}", env.as_str()))?,
        credentials: credentials(env, args)?,
        look_up_timeout: args.terms.look_up,
        create_timeout: args.terms.create,
        per_minute: NonZeroU32::new(args.per_minute),
        per_hour: NonZeroU32::new(args.per_hour),
    };
    Ok(RailLine {
        rail: Arc::new(HttpRail::new(settings)?),
        terms: args.terms,
    })
}

fn credentials(env: Env, args: &RailArgs) -> Result<Credentials, CommandError> {
    match (&args.client_id, &args.client_secret, &args.api_key) {
        (Some(id), Some(secret), _) => Ok(Credentials::Client {
            id: id.clone(),
            secret: secret.clone(),
        }),
        (None, None, Some(key)) => Ok(Credentials::ApiKey(key.clone())),
        _ => {
            let prefix = format!("VOUCH_RAIL_{}", env.as_str().to_uppercase());
            Err(format!(
                "the {} rail needs {prefix}_API_KEY, or both {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET",
                env.as_str()
            )
            .into())
        }
    }
}
