//! The database that everything is measured on.

use std::{env, fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use vouch_local_postgres::{LocalPostgres, Options, start};
use vouch_postgres::{Database, PoolSettings, migrate};

use crate::Failure;

/// The service's pools, `pgbench` at its widest, and whoever looks on.
const MAX_CONNECTIONS: &str = "200";

const DATABASE: &str = "vouch";

/// A PostgreSQL of its own, as durable as in production, in a folder that goes with this value.
pub struct Home {
    folder: TempDir,
    postgres: LocalPostgres,
    /// Where the migrated database is.
    pub url: String,
}

impl Home {
    /// Starts a new server and brings the schema.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in(target_folder()?)?;
        let mut options = Options::new(folder.path());
        options.settings = vec![("max_connections".to_owned(), MAX_CONNECTIONS.to_owned())];
        let postgres = start(options).await?;
        let url = postgres.ensure_database(DATABASE).await?;
        migrate(&Database::new(&url, PoolSettings::direct(1))?).await?;
        Ok(Self {
            folder,
            postgres,
            url,
        })
    }

    /// A path of this name, for a file that goes with this value.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The process of the server, whose children are its connections.
    ///
    /// # Errors
    /// When the server has left no word of it.
    pub fn postmaster(&self) -> Result<u32, Failure> {
        let file = std::fs::read_to_string(self.postgres.cluster_dir().join("postmaster.pid"))?;
        let first = file.lines().next().ok_or("an empty postmaster.pid")?;
        Ok(first.trim().parse()?)
    }

    /// Copies the database, which nobody may be connected to. Answers where the copy is.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn copy(&self, name: &str) -> Result<String, Failure> {
        let elsewhere = connect(&self.postgres.ensure_database("elsewhere").await?).await?;
        let copy = format!("CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy");
        elsewhere.batch_execute(&copy).await?;
        Ok(self.postgres.ensure_database(name).await?)
    }

    /// Stops the server.
    pub async fn close(self) {
        self.postgres.release().await;
    }
}

/// A connection for plain SQL.
///
/// # Errors
/// When the server does not take it.
pub async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Ends with the client.
    tokio::spawn(connection);
    Ok(client)
}

/// Cargo's target folder: on a disk, unlike many a folder for temporary files.
///
/// # Errors
/// When this program is not where Cargo puts programs.
pub fn target_folder() -> Result<PathBuf, Failure> {
    let program = env::current_exe()?;
    let target = program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists());
    Ok(target.ok_or("not in a target folder of Cargo")?.to_owned())
}
