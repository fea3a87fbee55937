//! A started PostgreSQL, from the view of its user.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;

use crate::binaries::Binaries;
use crate::error::{EnsureDatabaseError, StartError};
use crate::location::Location;
use crate::options::Options;
use crate::server::{ensure_running, stop};
use crate::{ADMIN_DATABASE, POLL_INTERVAL, SUPERUSER, lock, probe};

const ENSURE_DATABASE_TIMEOUT: Duration = Duration::from_secs(30);

/// A private PostgreSQL in use. It runs while any process has one of these for the same data
/// folder; the last to let go stops it.
///
/// [`release`](Self::release) it before the process ends. Dropping does the same but blocks the
/// thread while the server stops; after `kill -9` the server keeps running, and the next
/// [`start`] takes it over.
#[derive(Debug)]
pub struct LocalPostgres {
    location: Location,
    binaries: Binaries,
    users_lock: File,
}

/// Starts the server of a data folder, making the cluster when there is none, or joins the one that
/// runs. Several processes may do so at once. A new cluster takes about a second.
///
/// # Errors
///
/// See [`StartError`]; the server is never another than the data folder's own.
pub async fn start(options: Options) -> Result<LocalPostgres, StartError> {
    let data_dir = options.data_dir.clone();
    let folders = options.binaries.clone();
    let prepared = spawn_blocking(move || {
        let location = Location::prepare(&data_dir)?;
        let binaries = Binaries::find(&folders, &location.cluster(), location.owner())?;
        Ok((location, binaries))
    });
    let (location, binaries) = prepared
        .await
        .map_err(|error| StartError::io("prepare", &options.data_dir)(error.into()))??;
    let log = location.log();
    let joined = async {
        let users_lock = join_users(&location).await?;
        let postgres = LocalPostgres {
            location,
            binaries,
            users_lock,
        };
        ensure_running(&postgres.location, &postgres.binaries, &options).await?;
        Ok(postgres)
    };
    timeout(options.start_timeout, joined)
        .await
        .unwrap_or(Err(StartError::TimedOut {
            timeout: options.start_timeout,
            log,
        }))
}

/// Takes the users' lock, waiting while someone stops the server.
async fn join_users(location: &Location) -> Result<File, StartError> {
    let path = location.users_lock();
    let file = lock::open(&path)?;
    while !lock::is_locked(file.try_lock_shared()).map_err(StartError::io("lock", &path))? {
        sleep(POLL_INTERVAL).await;
    }
    Ok(file)
}

impl LocalPostgres {
    /// The data folder, absolute and free of symbolic links.
    pub fn data_dir(&self) -> &Path {
        self.location.data_dir()
    }

    /// The folder of the cluster itself.
    pub fn cluster_dir(&self) -> PathBuf {
        self.location.cluster()
    }

    /// The server's log.
    pub fn log_file(&self) -> PathBuf {
        self.location.log()
    }

    /// A URL for `database`, as the superuser. It holds no secret: only the cluster's owner and
    /// root can use it.
    pub fn connection_url(&self, database: &str) -> String {
        let socket_folder = self.location.socket_folder().display().to_string();
        format!(
            "postgresql://{SUPERUSER}@{}/{}",
            utf8_percent_encode(&socket_folder, NON_ALPHANUMERIC),
            utf8_percent_encode(database, NON_ALPHANUMERIC),
        )
    }

    /// A URL for the database that every cluster has, for creating and dropping others.
    pub fn admin_url(&self) -> String {
        self.connection_url(ADMIN_DATABASE)
    }

    /// Creates the database `name` if there is none, and returns its URL.
    ///
    /// # Errors
    ///
    /// [`EnsureDatabaseError::InvalidName`] unless `name` is `[a-z_][a-z0-9_]*` of at most 63
    /// bytes; otherwise whatever the server or a bound of 30 seconds prevents.
    pub async fn ensure_database(&self, name: &str) -> Result<String, EnsureDatabaseError> {
        if !is_plain_identifier(name) {
            return Err(EnsureDatabaseError::InvalidName);
        }
        timeout(ENSURE_DATABASE_TIMEOUT, self.create_if_absent(name))
            .await
            .map_err(|_| EnsureDatabaseError::TimedOut)??;
        Ok(self.connection_url(name))
    }

    async fn create_if_absent(&self, name: &str) -> Result<(), tokio_postgres::Error> {
        let client = probe::connect(&self.location).await?;
        if client
            .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
            .await?
            .is_some()
        {
            return Ok(());
        }
        let created = client
            .batch_execute(&format!("CREATE DATABASE \"{name}\""))
            .await;
        // Someone else may have been faster; a draw shows as a duplicate row in the catalogue.
        let exists_already = [SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION];
        match created {
            Err(error)
                if error
                    .code()
                    .is_some_and(|code| exists_already.contains(code)) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Lets go of the server, and stops it when nobody else uses it.
    pub async fn release(self) {
        // Only a runtime that shuts down refuses; then the value is dropped all the same.
        let _ = spawn_blocking(move || drop(self)).await;
    }

    /// Whoever is alone with the users' lock was the last.
    fn leave(&self) {
        let alone = self
            .users_lock
            .unlock()
            .and_then(|()| lock::is_locked(self.users_lock.try_lock()))
            .unwrap_or_default();
        if !alone {
            return;
        }
        if let Err(error) = stop(&self.location, &self.binaries, &self.users_lock) {
            tracing::warn!(%error, "the local PostgreSQL was not stopped");
        }
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        self.leave();
    }
}

fn is_plain_identifier(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_with_digit = name.starts_with(|first: char| first.is_ascii_digit());
    (1..=63).contains(&name.len()) && name.bytes().all(plain) && !starts_with_digit
}
