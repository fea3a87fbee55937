//! Advisory locks on files. The standard library opens every file close-on-exec, so a child
//! process holds a lock only when it is given the file on purpose.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::StartError;

/// Opens the lock file at `path`, making it when absent.
pub(crate) fn open(path: &Path) -> Result<File, StartError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    options.open(path).map_err(StartError::io("open", path))
}

/// Opens and locks `path` exclusively; `None` when someone else holds it.
pub(crate) fn try_exclusive(path: &Path) -> Result<Option<File>, StartError> {
    let file = open(path)?;
    let locked = is_locked(file.try_lock()).map_err(StartError::io("lock", path))?;
    Ok(locked.then_some(file))
}

/// Whether a lock was had at once.
pub(crate) fn is_locked(outcome: Result<(), TryLockError>) -> io::Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
