//! From settings to rails.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use vouch_application::{
    money_lines::{MoneyLine, MoneyLines},
    rails::{RailLine, Rails},
};
use vouch_domain::tenant::Env;
use vouch_rail::{Circuit, Credentials, HttpRail, RailSettings, Url};

use crate::{
    CommandError,
    config::{RailArgs, ServeArgs},
    sandbox::Sandbox,
};

/// The rails of both envs, as the use cases see them and as adapters that tell whether they get through.
pub(crate) struct ConfiguredRails {
    pub(crate) rails: Rails,
    pub(crate) money: MoneyLines,
    adapters: Vec<(Env, Arc<HttpRail>)>,
}

impl ConfiguredRails {
    /// From the settings. The sandbox serves test data unless another rail is set for it.
    pub(crate) fn new(args: &ServeArgs, sandbox: Option<&Sandbox>) -> Result<Self, CommandError> {
        let mut configured = Self {
            rails: Rails::default(),
            money: MoneyLines::default(),
            adapters: Vec::new(),
        };
        let (test, live) = (args.test_rail.rail(), args.live_rail.rail());
        refuse_idle_credentials(Env::Test, &test)?;
        refuse_idle_credentials(Env::Live, &live)?;
        let test = match sandbox {
            Some(sandbox) if !sandbox.is_ours => None,
            Some(sandbox) => Some(of_sandbox(&test, sandbox)),
            None => test.url.is_some().then_some(test),
        };
        let live = live.url.is_some().then_some(live);
        (configured.rails.test, configured.money.test) = configured.lines(Env::Test, test)?;
        (configured.rails.live, configured.money.live) = configured.lines(Env::Live, live)?;
        Ok(configured)
    }

    /// The envs whose rail is down.
    pub(crate) fn down(&self) -> impl Iterator<Item = Env> {
        let is_down = |(_, rail): &&(Env, Arc<HttpRail>)| rail.circuit() != Circuit::Closed;
        self.adapters.iter().filter(is_down).map(|(env, _)| *env)
    }

    /// One adapter of one rail, as all who use it see it.
    fn lines(
        &mut self,
        env: Env,
        args: Option<RailArgs>,
    ) -> Result<(Option<RailLine>, Option<MoneyLine>), CommandError> {
        let Some(args) = args else {
            return Ok((None, None));
        };
        let rail = Arc::new(HttpRail::new(settings(env, &args)?)?);
        self.adapters.push((env, Arc::clone(&rail)));
        let money = MoneyLine {
            accounts: Arc::clone(&rail) as _,
            payouts: Arc::clone(&rail) as _,
            terms: args.terms,
        };
        let line = RailLine {
            rail: Arc::clone(&rail) as _,
            kyc: rail,
            terms: args.terms,
        };
        Ok((Some(line), Some(money)))
    }
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

fn settings(env: Env, args: &RailArgs) -> Result<RailSettings, CommandError> {
    let url = args.url.as_deref().unwrap_or_default();
    let url: Url = url
        .parse()
        .map_err(|error| format!("the {} rail's URL: {error}", env.as_str()))?;
    if env == Env::Live && url.scheme() != "https" && !is_loopback(&url) {
        return Err("the live rail's URL must be https: personal data goes there".into());
    }
    Ok(RailSettings {
        look_up_timeout: args.terms.look_up,
        create_timeout: args.terms.create,
        per_minute: NonZeroU32::new(args.per_minute),
        per_hour: NonZeroU32::new(args.per_hour),
        ..RailSettings::new(env, url, credentials(env, args)?)
    })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Nothing starts under settings that it would ignore.
fn refuse_idle_credentials(env: Env, args: &RailArgs) -> Result<(), CommandError> {
    let given = [
        &args.api_key,
        &args.client_id,
        &args.client_secret,
        &args.webhook_secret,
    ];
    if args.url.is_some() || given.iter().all(|setting| setting.is_none()) {
        return Ok(());
    }
    let env = env.as_str();
    let variable = format!("VOUCH_RAIL_{}_URL", env.to_uppercase());
    Err(format!("the {env} rail has credentials, but no {variable}").into())
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
