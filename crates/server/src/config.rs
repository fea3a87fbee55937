//! Settings: options of the command line, each with an environment variable. `docs/configuration.md` lists them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, CommandFactory, ValueEnum};
use vouch_domain::{
    access::Network,
    ports::LeaseTerms,
    values::{Policy, TinChecks, TinKinds},
};
use vouch_http::{RateLimit, RateLimitSettings};

use crate::{
    CommandError,
    cli::{Cli, network},
};

const PREFIX: &str = "VOUCH_";
/// Read by the logging, before there is a command line; and, in builds for tests, by the fault suite's hook.
#[cfg(not(debug_assertions))]
const VARIABLES_WITHOUT_OPTION: [&str; 1] = ["VOUCH_LOG"];
#[cfg(debug_assertions)]
const VARIABLES_WITHOUT_OPTION: [&str; 2] = ["VOUCH_LOG", crate::crash::VARIABLE];

/// Where the data is.
#[derive(Args, Clone)]
pub(crate) struct StoreArgs {
    /// Folder of everything that is kept outside a database of yours.
    #[arg(long, env = "VOUCH_DATA_DIR", default_value = ".vouch")]
    pub(crate) data_dir: PathBuf,
    /// PostgreSQL to use; a private one is started in the data folder otherwise.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Base64 of 32 bytes each, separated by commas: the first seals, all open. Made and kept in the data folder by
    /// default; required with a database URL.
    #[arg(long, env = "VOUCH_MASTER_KEY", hide_env_values = true)]
    pub(crate) master_key: Option<String>,
    /// What stands between this process and the database: `transaction` for a pooler such as pgbouncer in transaction
    /// mode.
    #[arg(long, env = "VOUCH_DB_POOLER", default_value = "none")]
    pub(crate) db_pooler: PoolerArg,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PoolerArg {
    None,
    Transaction,
}

/// How to serve.
#[derive(Args, Clone)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Where the APIs listen.
    #[arg(long, env = "VOUCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where metrics are served, at `/metrics`.
    #[arg(long, env = "VOUCH_OPS_LISTEN", default_value = "127.0.0.1:8081")]
    pub(crate) ops_listen: SocketAddr,
    /// Under which URL callers reach the APIs; http and the bound address by default.
    #[arg(long, env = "VOUCH_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// What this deployment is called in `GET /health`.
    #[arg(long, env = "VOUCH_DEPLOYMENT", default_value = "local")]
    pub(crate) deployment: String,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or CIDR ranges.
    #[arg(long, env = "VOUCH_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub(crate) trusted_proxies: Vec<Network>,
    /// Threads that serve requests; one per core by default.
    #[arg(long, env = "VOUCH_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Most database connections for requests in this process; 8 per worker, at most 32, by default.
    #[arg(long, env = "VOUCH_DB_CONNECTIONS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) db_connections: Option<u16>,
    /// Where the in-process sandbox rail listens; the operating system chooses the port by default.
    #[arg(long, env = "VOUCH_SANDBOX_LISTEN", default_value = "127.0.0.1:0")]
    pub(crate) sandbox_listen: SocketAddr,
    /// How long the in-process sandbox rail takes for a decision, an activation or a payout, in milliseconds.
    #[arg(long, env = "VOUCH_SANDBOX_DECISION_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=86_400_000))]
    pub(crate) sandbox_decision_ms: u64,
    /// How long after its creation a swap of test data settles by itself, in milliseconds; 0: only when simulated.
    #[arg(long, env = "VOUCH_SANDBOX_SETTLE_MS", default_value_t = 8_000, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    pub(crate) sandbox_settle_ms: u64,
    /// How many requests a second one API key may read by, twice as many at once; 0 for no limit.
    #[arg(long, env = "VOUCH_RATE_LIMIT_READ", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) rate_limit_read: u32,
    /// How many requests a second one API key may write by, twice as many at once; 0 for no limit.
    #[arg(long, env = "VOUCH_RATE_LIMIT_WRITE", default_value_t = 50, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) rate_limit_write: u32,
    /// How many requests a minute one address may send without a good key; 0 for no limit.
    #[arg(long, env = "VOUCH_RATE_LIMIT_ANONYMOUS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) rate_limit_anonymous: u32,
    /// When check digits of tax numbers are judged.
    #[arg(long, env = "VOUCH_TIN_CHECKS", default_value = "live")]
    pub(crate) tin_checks: TinChecksArg,
    /// Which kinds of tax number are taken.
    #[arg(long, env = "VOUCH_TIN_KINDS", default_value = "all")]
    pub(crate) tin_kinds: TinKindsArg,
    /// The least age of an individual, in years.
    #[arg(long, env = "VOUCH_MINIMUM_AGE", default_value_t = 18)]
    pub(crate) minimum_age: u32,
    /// How many uploads of files this process takes in at once; an organisation has at most half of them in each env, and at least one.
    #[arg(long, env = "VOUCH_UPLOADS_AT_ONCE", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) uploads_at_once: u16,
    /// How long idempotency keys are kept, in days.
    #[arg(long, env = "VOUCH_IDEMPOTENCY_KEY_DAYS", default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) idempotency_key_days: u32,
    #[command(flatten)]
    pub(crate) documents: DocumentsArgs,
    #[command(flatten)]
    pub(crate) test_rail: TestRailArgs,
    #[command(flatten)]
    pub(crate) live_rail: LiveRailArgs,
}

/// Where the files of customers are kept: in the data folder, unless a bucket is named.
#[derive(Args, Clone)]
pub(crate) struct DocumentsArgs {
    /// A bucket of S3, or of a store that speaks its protocol.
    #[arg(long, env = "VOUCH_DOCUMENTS_S3_BUCKET")]
    pub(crate) documents_s3_bucket: Option<String>,
    /// Its region.
    #[arg(long, env = "VOUCH_DOCUMENTS_S3_REGION", default_value = "us-east-1")]
    pub(crate) documents_s3_region: String,
    /// Where the store is, unless it is Amazon's.
    #[arg(long, env = "VOUCH_DOCUMENTS_S3_ENDPOINT")]
    pub(crate) documents_s3_endpoint: Option<String>,
    /// Who we are there.
    #[arg(long, env = "VOUCH_DOCUMENTS_S3_ACCESS_KEY_ID")]
    pub(crate) documents_s3_access_key_id: Option<String>,
    /// What proves it.
    #[arg(
        long,
        env = "VOUCH_DOCUMENTS_S3_SECRET_ACCESS_KEY",
        hide_env_values = true
    )]
    pub(crate) documents_s3_secret_access_key: Option<String>,
}

impl ServeArgs {
    pub(crate) fn worker_count(&self) -> usize {
        match self.workers {
            Some(workers) => usize::from(workers),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// The share of one worker: at least one connection.
    pub(crate) fn connections_per_worker(&self) -> usize {
        let workers = self.worker_count();
        let total = self
            .db_connections
            .map_or((8 * workers).min(32), usize::from);
        (total / workers).max(1)
    }

    pub(crate) fn key_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.idempotency_key_days) * 24 * 60 * 60)
    }

    pub(crate) fn rate_limits(&self) -> RateLimitSettings {
        RateLimitSettings {
            read: RateLimit::per_second(self.rate_limit_read),
            write: RateLimit::per_second(self.rate_limit_write),
            anonymous: RateLimit::per_minute(self.rate_limit_anonymous),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy {
            tin_checks: match self.tin_checks {
                TinChecksArg::Live => TinChecks::Live,
                TinChecksArg::Always => TinChecks::Always,
                TinChecksArg::Never => TinChecks::Never,
            },
            tin_kinds: match self.tin_kinds {
                TinKindsArg::All => TinKinds::All,
                TinKindsArg::Page => TinKinds::Page,
            },
            minimum_age: self.minimum_age,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TinChecksArg {
    Live,
    Always,
    Never,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TinKindsArg {
    All,
    Page,
}

/// The settings of one rail, whatever its env.
#[derive(Clone)]
pub(crate) struct RailArgs {
    pub(crate) url: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<String>,
    pub(crate) per_minute: u32,
    pub(crate) per_hour: u32,
    pub(crate) terms: LeaseTerms,
    pub(crate) webhook_secret: Option<String>,
    pub(crate) overdue: Duration,
}

macro_rules! rail_args {
    ($name:ident, $env:literal, $id:literal, $settle:literal, $per_minute:literal, $per_hour:literal, $overdue:literal) => {
        #[doc = concat!("The rail of the ", $id, " env.")]
        #[derive(Args, Clone)]
        pub(crate) struct $name {
            /// Where the rail is.
            #[arg(id = concat!($id, "_rail_url"), long = concat!($id, "-rail-url"), env = concat!("VOUCH_RAIL_", $env, "_URL"))]
            url: Option<String>,
            /// Its API key.
            #[arg(id = concat!($id, "_rail_api_key"), long = concat!($id, "-rail-api-key"), env = concat!("VOUCH_RAIL_", $env, "_API_KEY"), hide_env_values = true)]
            api_key: Option<String>,
            /// Its OAuth client; goes before the API key.
            #[arg(id = concat!($id, "_rail_client_id"), long = concat!($id, "-rail-client-id"), env = concat!("VOUCH_RAIL_", $env, "_CLIENT_ID"))]
            client_id: Option<String>,
            /// The secret of that client.
            #[arg(id = concat!($id, "_rail_client_secret"), long = concat!($id, "-rail-client-secret"), env = concat!("VOUCH_RAIL_", $env, "_CLIENT_SECRET"), hide_env_values = true)]
            client_secret: Option<String>,
            /// How long after the end of an unclear create the rail may still commit it, in milliseconds.
            #[arg(id = concat!($id, "_rail_settle_ms"), long = concat!($id, "-rail-settle-ms"), env = concat!("VOUCH_RAIL_", $env, "_SETTLE_MS"), default_value_t = $settle, value_parser = clap::value_parser!(u64).range(50..=600_000))]
            settle_ms: u64,
            /// Calls to it in a minute; 0 for no limit.
            #[arg(id = concat!($id, "_rail_per_minute"), long = concat!($id, "-rail-per-minute"), env = concat!("VOUCH_RAIL_", $env, "_PER_MINUTE"), default_value_t = $per_minute)]
            per_minute: u32,
            /// Calls to it in an hour; 0 for no limit.
            #[arg(id = concat!($id, "_rail_per_hour"), long = concat!($id, "-rail-per-hour"), env = concat!("VOUCH_RAIL_", $env, "_PER_HOUR"), default_value_t = $per_hour)]
            per_hour: u32,
            /// The deadline of a look-up, in milliseconds.
            #[arg(id = concat!($id, "_rail_lookup_timeout_ms"), long = concat!($id, "-rail-lookup-timeout-ms"), env = concat!("VOUCH_RAIL_", $env, "_LOOKUP_TIMEOUT_MS"), default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(50..=600_000))]
            lookup_timeout_ms: u64,
            /// The deadline of a create, in milliseconds.
            #[arg(id = concat!($id, "_rail_create_timeout_ms"), long = concat!($id, "-rail-create-timeout-ms"), env = concat!("VOUCH_RAIL_", $env, "_CREATE_TIMEOUT_MS"), default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(50..=600_000))]
            create_timeout_ms: u64,
            /// What signs its callbacks.
            #[arg(id = concat!($id, "_rail_webhook_secret"), long = concat!($id, "-rail-webhook-secret"), env = concat!("VOUCH_RAIL_", $env, "_WEBHOOK_SECRET"), hide_env_values = true)]
            webhook_secret: Option<String>,
            /// After how long without a decision it is asked for one, in milliseconds.
            #[arg(id = concat!($id, "_rail_overdue_ms"), long = concat!($id, "-rail-overdue-ms"), env = concat!("VOUCH_RAIL_", $env, "_OVERDUE_MS"), default_value_t = $overdue, value_parser = clap::value_parser!(u64).range(50..=604_800_000))]
            overdue_ms: u64,
        }

        impl $name {
            /// The same settings, without the env in their type.
            pub(crate) fn rail(&self) -> RailArgs {
                RailArgs {
                    url: self.url.clone(),
                    api_key: self.api_key.clone(),
                    client_id: self.client_id.clone(),
                    client_secret: self.client_secret.clone(),
                    per_minute: self.per_minute,
                    per_hour: self.per_hour,
                    terms: LeaseTerms {
                        look_up: Duration::from_millis(self.lookup_timeout_ms),
                        create: Duration::from_millis(self.create_timeout_ms),
                        settle: Duration::from_millis(self.settle_ms),
                    },
                    webhook_secret: self.webhook_secret.clone(),
                    overdue: Duration::from_millis(self.overdue_ms),
                }
            }
        }
    };
}

rail_args!(TestRailArgs, "TEST", "test", 2_000, 0, 0, 10_000);
rail_args!(LiveRailArgs, "LIVE", "live", 30_000, 110, 1_400, 7_200_000);

/// Environment variables with our prefix that nothing reads: most often a slip of the pen.
pub(crate) fn unknown_variables() -> Vec<String> {
    let command = Cli::command();
    let known: Vec<_> = command
        .get_subcommands()
        .chain([&command])
        .flat_map(|command| command.get_arguments())
        .filter_map(|argument| argument.get_env())
        .collect();
    let mut unknown: Vec<String> = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| !known.contains(&name.as_os_str()))
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| {
            name.starts_with(PREFIX) && !VARIABLES_WITHOUT_OPTION.contains(&name.as_str())
        })
        .collect();
    unknown.sort();
    unknown
}

/// A service does not start under settings that it would ignore.
pub(crate) fn refuse_unknown(unknown: &[String]) -> Result<(), CommandError> {
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!(
        "unknown settings in the environment: {}",
        unknown.join(", ")
    )
    .into())
}

pub(crate) fn warn_of_unknown(unknown: &[String]) {
    for name in unknown {
        tracing::warn!(name, "unknown setting in the environment");
    }
}
