//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use vouch_domain::{
    access::{Contract, Network, Scope},
    customer::CustomerHandle,
    id::{ApiKeyId, OrganisationId},
    tenant::Env,
    values::{Email, Rejected},
};

use crate::config::{ServeArgs, StoreArgs};

/// Customers and KYC for companies that move money across borders.
#[derive(Parser)]
#[command(name = "vouch", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the APIs (what `vouch` alone does).
    Serve(ServeArgs),
    /// Bring the database's schema up to date.
    Migrate(StoreArgs),
    /// Organisations.
    #[command(subcommand)]
    Org(OrgCommand),
    /// API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// One customer: its history, why it was rejected, closing it.
    #[command(subcommand)]
    Customer(CustomerCommand),
    /// Compare our customers with the rail's. Exits with 0 when nothing is left to do, with 3 when something is.
    Reconcile(ReconcileArgs),
    /// Run the sandbox rail alone.
    SandboxRail(SandboxRailArgs),
    /// Print an API's OpenAPI document.
    Openapi {
        /// Which API.
        contract: ContractArg,
    },
    /// Print the effective configuration, without secrets.
    CheckConfig(ServeArgs),
}

#[derive(Subcommand)]
pub(crate) enum OrgCommand {
    /// Make an organisation, with its primary customer for each env.
    Create {
        #[command(flatten)]
        store: StoreArgs,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Where to reach it.
        #[arg(long, value_parser = email)]
        email: Email,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set what an organisation may do.
    Set {
        #[command(flatten)]
        store: StoreArgs,
        /// Its id.
        #[arg(long, value_parser = organisation_id)]
        org: OrganisationId,
        /// Whether its keys open anything at all.
        #[arg(long)]
        state: OrgState,
        /// Whether the Remittance API is open to it.
        #[arg(long)]
        remittances: Switch,
    },
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key. It is shown this once.
    Create {
        #[command(flatten)]
        store: StoreArgs,
        /// The organisation's id.
        #[arg(long, value_parser = organisation_id)]
        org: OrganisationId,
        /// The API that the key opens.
        #[arg(long)]
        api: ContractArg,
        /// The data that the key opens.
        #[arg(long, value_parser = env)]
        env: Env,
        /// What it may do, for a key of the Treasury API: fx:read, transfers:read, transfers:write, collections:read or
        /// collections:write. Repeatable.
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<Scope>,
        /// From where it may be used, as an address or a CIDR range; from everywhere by default. Repeatable.
        #[arg(long = "allow-ip", value_name = "CIDR", value_parser = network)]
        allow_ip: Vec<Network>,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// List an organisation's keys.
    List {
        #[command(flatten)]
        store: StoreArgs,
        /// The organisation's id.
        #[arg(long, value_parser = organisation_id)]
        org: OrganisationId,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key for good, in every process within a second.
    Revoke {
        #[command(flatten)]
        store: StoreArgs,
        /// The key's id.
        #[arg(value_parser = api_key_id)]
        key: ApiKeyId,
    },
}

#[derive(Subcommand)]
pub(crate) enum CustomerCommand {
    /// Show its status, and every change of it that was asked for.
    Show(CustomerArgs),
    /// Close it for good.
    Close(CustomerArgs),
    /// Show why it is rejected, in the rail's own words too.
    Reason(CustomerArgs),
}

#[derive(Args)]
pub(crate) struct CustomerArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The organisation's id.
    #[arg(long, value_parser = organisation_id)]
    pub(crate) org: OrganisationId,
    /// Which of its data.
    #[arg(long, value_parser = env)]
    pub(crate) env: Env,
    /// Answer in JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The customer's id or reference.
    #[arg(value_parser = customer)]
    pub(crate) customer: CustomerHandle,
}

#[derive(Args)]
pub(crate) struct ReconcileArgs {
    /// Say what does not agree, and change nothing. Open reservations are finished by every running service.
    #[arg(long)]
    pub(crate) report: bool,
    /// Answer in JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only this env; every env with a rail by default.
    #[arg(long, value_parser = env)]
    pub(crate) env: Option<Env>,
    /// Ask the rail only about customers made on this day (UTC) or later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Args)]
pub(crate) struct SandboxRailArgs {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub(crate) listen: SocketAddr,
    /// Where its state lives.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The API key it accepts.
    #[arg(long, default_value = "sandbox-key")]
    pub(crate) api_key: String,
    /// The OAuth client it accepts.
    #[arg(long, default_value = "sandbox-client")]
    pub(crate) client_id: String,
    /// The secret of that client.
    #[arg(long, default_value = "sandbox-secret")]
    pub(crate) client_secret: String,
    /// How long its tokens live, in seconds.
    #[arg(long, default_value_t = 900)]
    pub(crate) token_life: u64,
    /// Refuse individuals that exist, which it accepts as second records otherwise.
    #[arg(long)]
    pub(crate) refuse_duplicates: bool,
    /// Refuse national identity cards, as the vendor does since 2026.
    #[arg(long)]
    pub(crate) refuse_national_ids: bool,
    /// Refuse to review a business without owners, as the vendor does.
    #[arg(long)]
    pub(crate) require_owners: bool,
    /// Refuse a virtual bank account to customers without a whole address, as the vendor does.
    #[arg(long)]
    pub(crate) require_account_details: bool,
    /// Carry out a payout again when its merchant reference is repeated, which it refuses otherwise.
    #[arg(long)]
    pub(crate) accept_repeated_payouts: bool,
    /// How long it takes for a decision, an activation or a payout, in milliseconds.
    #[arg(long, env = "VOUCH_SANDBOX_DECISION_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=86_400_000))]
    pub(crate) decision_ms: u64,
    /// How long after it was submitted again a rejected customer shows as rejected, in milliseconds.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400_000))]
    pub(crate) resubmission_ms: u64,
    /// How long after its first failure it sends a webhook again, in milliseconds; later pauses double.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(..=86_400_000))]
    pub(crate) first_retry_ms: u64,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ContractArg {
    /// The Remittance API.
    Remittance,
    /// The Treasury API.
    Treasury,
}

impl From<ContractArg> for Contract {
    fn from(api: ContractArg) -> Self {
        match api {
            ContractArg::Remittance => Self::Remittance,
            ContractArg::Treasury => Self::Treasury,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum OrgState {
    Active,
    Suspended,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

fn organisation_id(text: &str) -> Result<OrganisationId, String> {
    OrganisationId::parse(text).map_err(|error| error.to_string())
}

fn api_key_id(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::parse(text).map_err(|error| error.to_string())
}

fn customer(text: &str) -> Result<CustomerHandle, &'static str> {
    CustomerHandle::parse(text).ok_or("must be a customer's id or reference")
}

fn email(text: &str) -> Result<Email, Rejected> {
    Email::parse(text)
}

fn env(text: &str) -> Result<Env, Rejected> {
    Env::parse(text)
}

fn scope(text: &str) -> Result<Scope, Rejected> {
    Scope::parse(text)
}

pub(crate) fn network(text: &str) -> Result<Network, Rejected> {
    Network::parse(text)
}
