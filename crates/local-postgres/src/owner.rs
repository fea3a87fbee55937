//! The unix user that owns the cluster and runs its processes.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use crate::error::StartError;

/// Who may own a cluster that root starts, the best first.
const UNPRIVILEGED_USERS: [&str; 2] = ["postgres", "nobody"];

/// A user that owns a cluster: ourselves, or an unprivileged one when we are root, as which
/// PostgreSQL refuses to run.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    uid: u32,
    gid: u32,
    name: String,
    /// Whether a process has to change its user to become this one.
    switch: bool,
}

impl Owner {
    /// Who shall own a cluster that does not exist yet.
    pub(crate) fn of_new_cluster() -> Result<Self, StartError> {
        if !geteuid().is_root() {
            return Self::by_uid(geteuid());
        }
        first_existing(&UNPRIVILEGED_USERS)
            .map(Self::from)
            .ok_or(StartError::NoUnprivilegedUser)
    }

    /// Who owns the existing cluster in `folder`. For anyone but root that can only be oneself:
    /// PostgreSQL refuses the files of others.
    pub(crate) fn of_existing_cluster(folder: &Path) -> Result<Self, StartError> {
        let metadata = fs::symlink_metadata(folder).map_err(StartError::io("look at", folder))?;
        match Uid::from_raw(metadata.uid()) {
            owner if geteuid().is_root() && !owner.is_root() => Self::by_uid(owner),
            _ => Self::of_new_cluster(),
        }
    }

    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    pub(crate) fn gid(&self) -> u32 {
        self.gid
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A command that runs `program` as this user, without input and with nothing in its
    /// environment that changes what PostgreSQL's programs do.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if self.switch {
            // Supplementary groups are dropped by the standard library.
            command.uid(self.uid).gid(self.gid);
        }
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // The user may be unable to enter our current folder.
        command
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null());
        command
    }

    /// Whether this user can enter `folder`. The kernel is asked, by entering it: modes alone do
    /// not tell, for there are access control lists too.
    pub(crate) fn can_enter(&self, folder: &Path) -> Result<bool, StartError> {
        if !self.switch {
            return Ok(true);
        }
        let entered = self
            .command(Path::new("/bin/sh"))
            .args(["-c", ":"])
            .current_dir(folder)
            .status();
        match entered {
            Ok(status) => Ok(status.success()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(StartError::io("enter", folder)(error)),
        }
    }

    fn by_uid(uid: Uid) -> Result<Self, StartError> {
        let user = User::from_uid(uid).ok().flatten();
        user.map(Self::from)
            .ok_or(StartError::UnknownUser { uid: uid.as_raw() })
    }
}

impl From<User> for Owner {
    fn from(user: User) -> Self {
        Self {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            switch: user.uid != geteuid(),
            name: user.name,
        }
    }
}

/// Whether the process runs as root.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

fn first_existing(names: &[&str]) -> Option<User> {
    names
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_taken_where_the_better_user_is_missing() {
        let chosen = first_existing(&["no-such-user-here", "nobody"]);
        assert_eq!(chosen.map(|user| user.name).as_deref(), Some("nobody"));
        assert!(first_existing(&["no-such-user-here"]).is_none());
    }
}
