//! Who may connect.
//!
//! `peer` authentication: the kernel tells the server which unix user connects, and the ident file
//! says who may be the superuser: the cluster's owner and root, who both can read and change its
//! files anyway. So it adds no way in, holds even where the socket folder's mode were loosened,
//! and needs no password that could be found in a file, an environment or a URL. It works for root
//! too, whose cluster belongs to another user.
//!
//! The files lie outside the cluster and are written at each start, so they name the users of
//! this machine; where root writes them, the cluster's owner cannot change them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::SUPERUSER;
use crate::error::StartError;
use crate::location::Location;

/// Writes the two files that the server reads at start.
pub(crate) fn write_files(location: &Location) -> Result<(), StartError> {
    let owner = location.owner().name();
    write_readable(
        &location.hba_file(),
        &format!("local all {SUPERUSER} peer map={SUPERUSER}\n"),
    )?;
    let map = format!("{SUPERUSER} \"{owner}\" {SUPERUSER}\n{SUPERUSER} root {SUPERUSER}\n");
    write_readable(&location.ident_file(), &map)
}

/// Root's files have to be readable by the cluster's owner, whatever the umask.
fn write_readable(path: &Path, content: &str) -> Result<(), StartError> {
    fs::write(path, content).map_err(StartError::io("write", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .map_err(StartError::io("set the mode of", path))
}
