//! PostgreSQL's own benchmark, `pgbench`: what the database can do on this machine.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use vouch_local_postgres::binary_folders;

use crate::{Failure, script::Script};

/// Runs scripts.
pub struct Pgbench {
    program: PathBuf,
    url: String,
    variables: Vec<(&'static str, String)>,
    file: PathBuf,
}

impl Pgbench {
    /// On this database; `sealed` are a customer's data key and personal data, in hexadecimal.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn new(url: &str, sealed: [String; 2], file: PathBuf) -> Result<Self, Failure> {
        let [data_key, personal_data] = sealed;
        let folders = binary_folders();
        let program = folders
            .into_iter()
            .map(|folder| folder.join("pgbench"))
            .find(|path| path.exists());
        Ok(Self {
            program: program
                .ok_or("pgbench is not installed: `apt-get install postgresql-contrib`")?,
            url: url.to_owned(),
            variables: vec![
                ("env", "test".to_owned()),
                ("hashes", format!("\\x{}", "5a".repeat(144))),
                ("fingerprint", format!("\\x{}", "5a".repeat(32))),
                ("data_key", format!("\\x{data_key}")),
                ("personal_data", format!("\\x{personal_data}")),
            ],
            file,
        })
    }

    /// Runs a script so long on so many connections. Answers operations per second.
    ///
    /// # Errors
    /// When any statement fails.
    pub async fn run(
        &self,
        script: &Script,
        connections: u16,
        seconds: u16,
    ) -> Result<f64, Failure> {
        std::fs::write(&self.file, &script.sql)?;
        let threads = connections.min(2);
        let mut command = Command::new(&self.program);
        command
            .env("PGOPTIONS", "-c jit=off")
            .args([
                "-n",
                "-M",
                "prepared",
                "-c",
                &connections.to_string(),
                "-j",
                &threads.to_string(),
            ])
            .args(["-T", &seconds.to_string(), "-f", path(&self.file)?]);
        for (name, value) in self.variables.iter().chain(&script.variables) {
            command.args(["-D", &format!("{name}={value}")]);
        }
        let output = command.arg(&self.url).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let rate = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        match (output.status.success(), rate) {
            (true, Some(rate)) => Ok(rate.parse::<f64>()? * script.operations),
            _ => Err(format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

fn path(path: &Path) -> Result<&str, Failure> {
    Ok(path.to_str().ok_or("a path that is not UTF-8")?)
}
