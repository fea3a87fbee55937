//! Making a new cluster.

use std::fs::{self, File};
use std::io;
use std::process::Output;

use tokio::process::Command;

use crate::SUPERUSER;
use crate::binaries::Binaries;
use crate::error::StartError;
use crate::location::Location;
use crate::options::Durability;
use crate::socket::make_private_folder;

/// Makes the cluster under another name and renames it when it is complete: one that was cut short,
/// at whatever moment, is thrown away by the next start. The caller holds `server_lock`; so does
/// `initdb` as long as it runs, should it outlive us.
pub(crate) async fn make_cluster(
    location: &Location,
    binaries: &Binaries,
    durability: Durability,
    server_lock: &File,
) -> Result<(), StartError> {
    // `C.UTF-8` compares by code point and knows the letters of all languages. Debian and Fedora have
    // it, but not every macOS and C library: there it has to be `C`.
    let mut outcome = Err(String::new());
    for locale in ["C.UTF-8", "C"] {
        outcome = run(location, binaries, durability, server_lock, locale).await?;
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(|message| StartError::Initdb { message })?;

    let unfinished = location.unfinished_cluster();
    fs::rename(&unfinished, location.cluster()).map_err(StartError::io("rename", &unfinished))?;
    let home = location.home();
    File::open(home)
        .and_then(|folder| folder.sync_all())
        .map_err(StartError::io("sync", home))
}

/// One attempt; the inner error is what `initdb` said.
async fn run(
    location: &Location,
    binaries: &Binaries,
    durability: Durability,
    server_lock: &File,
    locale: &str,
) -> Result<Result<(), String>, StartError> {
    let folder = location.unfinished_cluster();
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StartError::io("remove", &folder)(error));
        }
        _ => {}
    }
    make_private_folder(&folder, location.owner())?;

    let program = binaries.program("initdb");
    let lock = server_lock
        .try_clone()
        .map_err(StartError::io("share the lock with", &program))?;
    let mut command = location.owner().command(&program);
    command
        .arg("-D")
        .arg(&folder)
        .arg(format!("--username={SUPERUSER}"));
    command.args(["--encoding=UTF8", &format!("--locale={locale}")]);
    // Of no effect as we pass a file of our own (see `access`); closed, should someone start the
    // cluster by hand.
    command.args(["--auth-local=peer", "--auth-host=reject"]);
    if durability == Durability::Fast {
        command.arg("--no-sync");
    }
    command.stdin(lock);
    let output = Command::from(command)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(StartError::io("run", &program))?;
    Ok(if output.status.success() {
        Ok(())
    } else {
        Err(message(&output))
    })
}

fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}
