//! A data folder, and the PostgreSQL that may run in it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::process::signal;

/// A folder that the owner of a local cluster can reach, removed at the end.
pub(crate) struct DataFolder(TempDir);

impl DataFolder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("vouch-acceptance-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in("/tmp");
        Self(folder.expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The process of the local PostgreSQL, if one runs.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        let file = fs::read_to_string(self.join("postgres/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    /// Where the local PostgreSQL's database is.
    pub(crate) fn database_url(&self) -> String {
        let socket = self.join("postgres-socket").display().to_string();
        format!("postgresql://vouch@{}/vouch", socket.replace('/', "%2F"))
    }

    /// The log of the local PostgreSQL.
    pub(crate) fn postgres_log(&self) -> String {
        fs::read_to_string(self.join("postgres.log")).expect("the log of PostgreSQL")
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if let Some(postmaster) = self.postmaster() {
            signal(postmaster, "QUIT");
        }
    }
}
