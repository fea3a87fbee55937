//! Asking who answers on the cluster's socket.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::location::Location;
use crate::{ADMIN_DATABASE, SUPERUSER};

/// A server that accepts a connection has this long to say who it is.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Who answers on the socket.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The cluster's own server, ready.
    Ours,
    /// A server that is not the cluster's, and how it is known.
    Foreign(String),
    /// A server that cannot say yet: starting, stopping, recovering, or without a free connection.
    NotReady,
    /// Nobody.
    Silence,
}

/// Asks once. Only a server that names our cluster as its data directory is ours.
pub(crate) async fn ask(location: &Location) -> Answer {
    let asked = timeout(ANSWER_TIMEOUT, data_directory(location)).await;
    match asked {
        Ok(Ok(folder)) if is_same(&folder, &location.cluster()) => Answer::Ours,
        Ok(Ok(folder)) => Answer::Foreign(format!("its data directory is {}", folder.display())),
        Ok(Err(error)) => classify(&error),
        Err(_) => Answer::NotReady,
    }
}

/// A connection to the database `postgres`.
pub(crate) async fn connect(location: &Location) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = Config::new()
        .host_path(location.socket_folder())
        .port(crate::socket::PORT)
        .user(SUPERUSER)
        .dbname(ADMIN_DATABASE)
        .connect(NoTls)
        .await?;
    // Ends when the client is dropped; its errors reach the client too.
    tokio::spawn(connection);
    Ok(client)
}

async fn data_directory(location: &Location) -> Result<PathBuf, tokio_postgres::Error> {
    let row = connect(location)
        .await?
        .query_one("SHOW data_directory", &[])
        .await?;
    Ok(PathBuf::from(row.try_get::<_, String>(0)?))
}

/// The same folder, also when one of the names goes through a symbolic link.
fn is_same(one: &Path, other: &Path) -> bool {
    let resolve = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    resolve(one) == resolve(other)
}

fn classify(error: &tokio_postgres::Error) -> Answer {
    if let Some(code) = error.code() {
        let passing = [
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ];
        return if passing.contains(code) {
            Answer::NotReady
        } else {
            Answer::Foreign(format!(
                "it refuses our superuser with SQLSTATE {}",
                code.code()
            ))
        };
    }
    let kind = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Answer::Silence,
        _ => Answer::NotReady,
    }
}
