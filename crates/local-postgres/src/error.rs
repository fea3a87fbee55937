use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why no private PostgreSQL could be had. Every message is one line that an operator can act on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No folder has `initdb`, `postgres` and `pg_ctl`.
    #[error("PostgreSQL is not installed: {install} (or set DATABASE_URL to a server of your own)")]
    NoBinaries {
        /// How to install the package on this platform.
        install: &'static str,
    },
    /// The cluster was made by a major version that is not installed (any more).
    #[error("the cluster in {} was made by PostgreSQL {version}, which is not installed", .cluster.display())]
    VersionMissing {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version that made it.
        version: String,
    },
    /// The data folder's resolved path is not UTF-8, so no connection URL could name it.
    #[error("the data folder {} is not valid UTF-8", .0.display())]
    DataDirNotUtf8(PathBuf),
    /// PostgreSQL refuses to run as root, and there is no user to run it as.
    #[error("PostgreSQL does not run as root and neither user `postgres` nor `nobody` exists")]
    NoUnprivilegedUser,
    /// The user database does not know a user, but PostgreSQL needs its name.
    #[error("user id {uid} has no entry in the user database")]
    UnknownUser {
        /// The user's number.
        uid: u32,
    },
    /// An existing cluster is out of reach of the user that owns it.
    #[error("user `{user}`, who owns the cluster, cannot reach {}", .folder.display())]
    OutOfReach {
        /// The cluster's owner.
        user: String,
        /// The folder it cannot enter.
        folder: PathBuf,
    },
    /// The data folder was moved or copied while its cluster stayed behind.
    #[error(
        "the data folder was moved or copied: its cluster is still in {}; move that to {} and correct {}",
        .recorded.display(), .expected.display(), .record.display()
    )]
    Moved {
        /// Where the cluster was put.
        recorded: PathBuf,
        /// Where the cluster of a data folder at this path belongs.
        expected: PathBuf,
        /// The file that says so.
        record: PathBuf,
    },
    /// The data folder is new, but an earlier one at the same path left its cluster elsewhere.
    #[error(
        "an earlier data folder left its cluster in {}: remove that, or bring back {}",
        .cluster.display(), .record.display()
    )]
    LeftOver {
        /// The cluster.
        cluster: PathBuf,
        /// The file that named it.
        record: PathBuf,
    },
    /// A folder that must be private is not: someone else may have planted it.
    #[error("{} {problem}; remove it", .folder.display())]
    UnsafeFolder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `initdb` made no cluster.
    #[error("initdb failed: {message}")]
    Initdb {
        /// What it said, on one line.
        message: String,
    },
    /// The server stopped before it accepted connections.
    #[error("PostgreSQL stopped while starting; its log is {}", .log.display())]
    ServerExited {
        /// The server's log.
        log: PathBuf,
    },
    /// Something else answers on the cluster's socket. It is never used.
    #[error("another server answers on {}: {found}", .socket.display())]
    ForeignServer {
        /// The socket.
        socket: PathBuf,
        /// How it was recognised as foreign.
        found: String,
    },
    /// Not ready in time; another process may hold the cluster.
    #[error("PostgreSQL was not ready within {timeout:?}; its log is {}", .log.display())]
    TimedOut {
        /// [`Options::start_timeout`](crate::Options::start_timeout).
        timeout: Duration,
        /// The server's log.
        log: PathBuf,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl StartError {
    /// For `map_err`: what was tried with which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Why [`LocalPostgres::ensure_database`](crate::LocalPostgres::ensure_database) failed.
#[derive(Debug, thiserror::Error)]
pub enum EnsureDatabaseError {
    /// The name is not `[a-z_][a-z0-9_]*` of at most 63 bytes.
    #[error("a database name has 1 to 63 of a-z, 0-9 and _, and does not begin with a digit")]
    InvalidName,
    /// The server did not do it.
    #[error("cannot create the database")]
    Postgres(#[from] tokio_postgres::Error),
    /// The server did not answer in time.
    #[error("the server did not create the database in time")]
    TimedOut,
}
