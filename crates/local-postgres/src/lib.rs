//! Starts a private PostgreSQL from the binaries installed on the machine, so that running the
//! service or its tests needs no set-up.
//!
//! # What lies where
//!
//! | Path | Content |
//! |---|---|
//! | `<data dir>/postgres.lock` | every user of the cluster holds a shared lock on it |
//! | `<data dir>/postgres-location` | the home, only when it is not the data folder itself |
//! | `<home>/postgres` | the cluster |
//! | `<home>/postgres-server.lock` | every process of the server holds an exclusive lock on it |
//! | `<home>/postgres-socket` | the socket folder, mode 0700; below `/tmp` where this path is too long |
//! | `<home>/postgres-hba.conf`, `postgres-ident.conf` | who may connect |
//! | `<home>/postgres.log` | the server's log: no statements, no values |
//!
//! The home is the data folder. Only when the process runs as root, and the unprivileged user that
//! must own the cluster cannot reach the data folder, is it `/var/lib/vouch/<hash of the data folder>`.
//!
//! # Two locks
//!
//! A *user* takes `postgres.lock` shared before it looks for the server, and whoever gets it
//! exclusively when leaving stops the server. A *starter* takes `postgres-server.lock` exclusively
//! and hands the open file to `initdb` and then to `postgres` as their standard input, which all
//! children inherit: the kernel frees the lock when the last of those processes is gone. So that
//! lock being free proves that no server process is left, whatever pid a stale `postmaster.pid`
//! names; and since no lock is ever converted from exclusive to shared, there is no moment in
//! which a server that just started can be stopped by someone who is leaving.

mod access;
mod binaries;
mod error;
mod handle;
mod initdb;
mod location;
mod lock;
mod options;
mod owner;
mod probe;
mod server;
mod settings;
mod socket;

pub use binaries::binary_folders;
pub use error::{EnsureDatabaseError, StartError};
pub use handle::{LocalPostgres, start};
pub use options::{Durability, Options};

/// The cluster's only role: its superuser.
const SUPERUSER: &str = "vouch";

/// The database that every cluster has, used to ask the server about itself.
const ADMIN_DATABASE: &str = "postgres";

/// How long to wait before looking again at something another process does.
const POLL_INTERVAL: std::time::Duration = std::time::Duration::from_millis(20);
