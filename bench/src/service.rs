//! A running `vouch serve`, and what its operators need to do first.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use vouch_domain::{id::OrganisationId, tenant::Tenant};
use vouch_postgres::{MasterKey, MasterKeys};

use crate::Failure;

const MASTER_KEY: [u8; 32] = [7; 32];

/// The master keys of every measured service.
///
/// # Errors
/// None in truth: there is a key.
pub fn master_keys() -> Result<MasterKeys, Failure> {
    Ok(MasterKeys::new(vec![MasterKey(MASTER_KEY)])?)
}

/// What a key opens.
#[derive(Clone, Copy)]
pub enum Api {
    /// The Remittance API.
    Remittance,
    /// The Treasury API's reads.
    Treasury,
}

impl Api {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Remittance => &["--api", "remittance"],
            Self::Treasury => &["--api", "treasury", "--scope", "transfers:read"],
        }
    }
}

/// `vouch` with the settings of a measurement.
pub struct Program {
    path: PathBuf,
    settings: Vec<(String, String)>,
}

impl Program {
    /// On this database, with this rail for test data, in this data folder.
    #[must_use]
    pub fn new(path: PathBuf, database_url: &str, rail_url: &str, data_dir: &str) -> Self {
        let program = Self {
            path,
            settings: Vec::new(),
        };
        program
            .set("DATABASE_URL", database_url)
            .set("VOUCH_MASTER_KEY", &STANDARD.encode(MASTER_KEY))
            .set("VOUCH_DATA_DIR", data_dir)
            .set("VOUCH_LISTEN", "127.0.0.1:0")
            .set("VOUCH_OPS_LISTEN", "127.0.0.1:0")
            .set("VOUCH_LOG", "warn")
            .set("VOUCH_RATE_LIMIT_READ", "0")
            .set("VOUCH_RATE_LIMIT_WRITE", "0")
            .set("VOUCH_RAIL_TEST_URL", rail_url)
            .set("VOUCH_RAIL_TEST_API_KEY", "bench")
    }

    /// With this variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes an organisation.
    ///
    /// # Errors
    /// When `vouch` refuses.
    pub fn organisation(&self) -> Result<OrganisationId, Failure> {
        let arguments = [
            "org",
            "create",
            "--name",
            "Bench",
            "--email",
            "bench@example.com",
        ];
        Ok(OrganisationId::parse(&self.output(&arguments)?)?)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// When `vouch` refuses.
    pub fn key(&self, tenant: Tenant, api: Api) -> Result<String, Failure> {
        let organisation = tenant.organisation.to_string();
        let env = tenant.env.as_str();
        let key = ["key", "create", "--org", &organisation, "--env", env];
        self.output(&[&key[..], api.arguments()].concat())
    }

    /// Starts a service and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn serve(&self) -> Result<Service, Failure> {
        // What this process's client needs for any request, encrypted or not. It may have been done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let started = Instant::now();
        let mut child = self.command(&["serve"]).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut service = Service {
            child,
            url: String::new(),
            start: Duration::ZERO,
        };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line
            .strip_prefix("Vouch serves ")
            .and_then(|rest| rest.split(' ').next());
        service.url = url.ok_or("vouch serve has ended")?.to_owned();
        let ready = reqwest::get(format!("{}/readyz", service.url)).await?;
        ready.error_for_status()?;
        service.start = started.elapsed();
        Ok(service)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        let settings = self.settings.iter().map(|(name, value)| (name, value));
        command.args(arguments).envs(settings).stdin(Stdio::null());
        command
    }

    fn output(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("vouch {} failed", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// A running service; killed with this value.
pub struct Service {
    child: Child,
    /// Where it answers.
    pub url: String,
    /// How long it took from its start until it was ready.
    pub start: Duration,
}

impl Service {
    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
