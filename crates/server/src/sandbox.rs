//! The sandbox rail: inside `serve` for the test env, or alone.

use std::{fs, io::ErrorKind, path::Path, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};
use vouch_postgres::Database;
use vouch_sandbox_rail::{
    AccountDetails, Duplicates, NationalIds, OpenError, Options, Owners, RepeatedPayouts,
    SandboxRail, StartError,
};

use crate::{CommandError, cli::SandboxRailArgs, config::ServeArgs, output, private_file};

const STATE: &str = "sandbox-rail";
const ADDRESS_FILE: &str = "sandbox-rail.json";
const JOIN_DEADLINE: Duration = Duration::from_secs(5);
const JOIN_PAUSE: Duration = Duration::from_millis(50);

/// Where the sandbox of a data folder answers; other processes on the folder read it.
#[derive(Serialize, Deserialize)]
struct Address {
    url: String,
    id: uuid::Uuid,
    /// What signs its callbacks.
    #[serde(default)]
    webhook_secret: Option<String>,
}

/// The sandbox rail that serves this process's test env.
pub(crate) struct Sandbox {
    /// Where it answers.
    pub(crate) url: String,
    /// Whether the database knows the customers of this sandbox and no other.
    pub(crate) is_ours: bool,
    /// What signs its callbacks: the same for every process on the data folder. None where they would be about customers
    /// that the database does not know.
    pub(crate) webhook_secret: Option<String>,
    /// None where another process on the same data folder runs it.
    running: Option<SandboxRail>,
}

impl Sandbox {
    /// Starts the data folder's sandbox, which from then on calls back at this URL, or joins the process that runs it.
    pub(crate) async fn open(
        args: &ServeArgs,
        database: &Database,
        callback_url: &str,
    ) -> Result<Self, CommandError> {
        let data_dir = &args.store.data_dir;
        let mut options = Options::new(data_dir.join(STATE));
        options.listen = args.sandbox_listen;
        options.decision_delay = Duration::from_millis(args.sandbox_decision_ms);
        let file = data_dir.join(ADDRESS_FILE);
        match vouch_sandbox_rail::start(options).await {
            Ok(rail) => Self::run(rail, database, callback_url, &file).await,
            Err(StartError::State(OpenError::InUse(_))) => {
                Self::at(running_elsewhere(&file).await?, database).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn run(
        rail: SandboxRail,
        database: &Database,
        callback_url: &str,
        file: &Path,
    ) -> Result<Self, CommandError> {
        let address = Address {
            url: rail.url().to_owned(),
            id: rail.instance_id(),
            webhook_secret: Some(rail.call_back_at(callback_url).await?),
        };
        private_file::write(file, &serde_json::to_vec_pretty(&address)?)?;
        Ok(Self {
            running: Some(rail),
            ..Self::at(address, database).await?
        })
    }

    /// The data folder's sandbox where another process has it running, or had. Starts none.
    pub(crate) async fn elsewhere(
        data_dir: &Path,
        database: &Database,
    ) -> Result<Option<Self>, CommandError> {
        match fs::read(data_dir.join(ADDRESS_FILE)) {
            Ok(bytes) => {
                let address = serde_json::from_slice(&bytes)?;
                Ok(Some(Self::at(address, database).await?))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn at(address: Address, database: &Database) -> Result<Self, CommandError> {
        let is_ours = database.claim_sandbox(address.id).await?;
        if !is_ours {
            tracing::error!(
                "the database knows the customers of another sandbox rail: set VOUCH_RAIL_TEST_URL to that one; \
                 test customers cannot be created until then"
            );
        }
        Ok(Self {
            url: address.url,
            is_ours,
            webhook_secret: address.webhook_secret.filter(|_| is_ours),
            running: None,
        })
    }

    /// Stops it, where this process runs it.
    pub(crate) async fn close(self) {
        if let Some(rail) = self.running {
            rail.stop().await;
        }
    }
}

/// Where the process that holds the sandbox's folder serves it. It may have to write that down yet, and the file of a
/// process that is gone names a port that does not answer.
async fn running_elsewhere(file: &Path) -> Result<Address, CommandError> {
    let deadline = Instant::now() + JOIN_DEADLINE;
    loop {
        if let Some(address) = answering(file).await {
            return Ok(address);
        }
        if Instant::now() >= deadline {
            return Err("another process holds the sandbox rail, but does not serve it".into());
        }
        sleep(JOIN_PAUSE).await;
    }
}

async fn answering(file: &Path) -> Option<Address> {
    let address: Address = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let socket = address.url.strip_prefix("http://")?;
    TcpStream::connect(socket).await.ok()?;
    Some(address)
}

/// `vouch sandbox-rail`.
pub(crate) async fn run_alone(args: SandboxRailArgs) -> Result<(), CommandError> {
    let mut options = Options::new(args.data);
    options.listen = args.listen;
    options.api_key = args.api_key;
    options.client_id = args.client_id;
    options.client_secret = args.client_secret;
    options.token_life = Duration::from_secs(args.token_life);
    if args.refuse_duplicates {
        options.individual_duplicates = Duplicates::Refuse;
    }
    if args.refuse_national_ids {
        options.national_ids = NationalIds::Refuse;
    }
    if args.require_owners {
        options.owners = Owners::Required;
    }
    if args.require_account_details {
        options.account_details = AccountDetails::Required;
    }
    if args.accept_repeated_payouts {
        options.repeated_payouts = RepeatedPayouts::Accept;
    }
    options.decision_delay = Duration::from_millis(args.decision_ms);
    options.resubmission_delay = Duration::from_millis(args.resubmission_ms);
    options.first_retry = Duration::from_millis(args.first_retry_ms);
    let rail = vouch_sandbox_rail::start(options).await?;
    output::line(&format!("sandbox rail at {}", rail.url()))?;
    crate::serve::asked_to_stop().await?;
    rail.stop().await;
    Ok(())
}
