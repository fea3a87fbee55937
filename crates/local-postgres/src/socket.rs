//! The folder of the server's unix socket: private, and with a path short enough.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use crate::error::StartError;
use crate::location::hash;
use crate::owner::Owner;

/// PostgreSQL names its sockets by port. Each cluster has a folder of its own, so all use this one.
pub(crate) const PORT: u16 = 5432;

/// The longest path of a socket in bytes. Linux takes 107 (unix(7)), macOS 103; one limit for
/// both keeps the place predictable.
const PATH_LIMIT: usize = 103;

/// The socket in `folder`.
pub(crate) fn path_in(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// PostgreSQL's own lock file beside the socket in `folder`.
pub(crate) fn lock_file_in(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}.lock"))
}

/// The socket folder of the cluster in `home`. It depends on nothing else, the environment least
/// of all: every process has to find the same one.
pub(crate) fn folder_for(home: &Path) -> PathBuf {
    let folder = home.join("postgres-socket");
    if path_in(&folder).as_os_str().len() <= PATH_LIMIT {
        return folder;
    }
    Path::new("/tmp").join(format!("vouch-{}", hash(home)))
}

/// Makes `folder` with mode 0700 for `owner`, or checks that it is such a folder and was not
/// planted by someone else: names below `/tmp` can be foreseen.
pub(crate) fn make_private_folder(folder: &Path, owner: &Owner) -> Result<(), StartError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(StartError::io("make", folder)(error));
        }
        _ => {}
    }
    let metadata = fs::symlink_metadata(folder).map_err(StartError::io("look at", folder))?;
    let refuse = |problem| {
        Err(StartError::UnsafeFolder {
            folder: folder.to_owned(),
            problem,
        })
    };
    if !metadata.is_dir() {
        return refuse("is not a folder");
    }
    if metadata.mode() & 0o077 != 0 {
        return refuse("is open to others");
    }
    if metadata.uid() == owner.uid() {
        return Ok(());
    }
    if metadata.uid() != geteuid().as_raw() {
        return refuse("belongs to someone else");
    }
    lchown(folder, Some(owner.uid()), Some(owner.gid()))
        .map_err(StartError::io("hand over", folder))
}
