//! Starting the server and stopping it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::POLL_INTERVAL;
use crate::binaries::Binaries;
use crate::error::StartError;
use crate::initdb::make_cluster;
use crate::location::{Location, exists};
use crate::options::Options;
use crate::probe::{Answer, ask};
use crate::{access, lock, settings, socket};

/// How long a server may take to stop, in seconds; afterwards it is left to itself.
const STOP_TIMEOUT_SECONDS: &str = "60";

/// Returns once the cluster's own server is ready, started by us or by anyone else. The caller
/// bounds the time, and holds the users' lock so that nobody stops the server meanwhile.
pub(crate) async fn ensure_running(
    location: &Location,
    binaries: &Binaries,
    options: &Options,
) -> Result<(), StartError> {
    let mut started: Option<Child> = None;
    loop {
        let silence = match ask(location).await {
            Answer::Ours => return Ok(()),
            Answer::Foreign(found) => {
                let socket = socket::path_in(location.socket_folder());
                return Err(StartError::ForeignServer { socket, found });
            }
            Answer::NotReady => false,
            Answer::Silence => true,
        };
        if let Some(child) = &mut started {
            let exited = child
                .try_wait()
                .map_err(StartError::io("wait for", &location.log()))?;
            if exited.is_some() {
                return Err(StartError::ServerExited {
                    log: location.log(),
                });
            }
        } else if silence && let Some(server_lock) = lock::try_exclusive(&location.server_lock())? {
            started = Some(launch(location, binaries, options, server_lock).await?);
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Starts `postgres`, which inherits `server_lock`: no process of an earlier server is left.
async fn launch(
    location: &Location,
    binaries: &Binaries,
    options: &Options,
    server_lock: File,
) -> Result<Child, StartError> {
    let cluster = location.cluster();
    if !exists(&cluster)? {
        make_cluster(location, binaries, options.durability, &server_lock).await?;
    }
    access::write_files(location)?;
    remove_stale_socket_lock(location)?;

    let log_path = location.log();
    let log = open_log(&log_path).map_err(StartError::io("open", &log_path))?;
    let errors = log.try_clone().map_err(StartError::io("open", &log_path))?;
    let program = binaries.program("postgres");
    let mut command = location.owner().command(&program);
    command.arg("-D").arg(&cluster);
    for setting in settings::all(options, location) {
        command.args(["-c", &setting]);
    }
    if let Some(pid) = recorded_pid(&cluster) {
        // The pid in a stale `postmaster.pid` may be another process's by now, and PostgreSQL would
        // take that for a running server. It disregards the pid in this variable, which is meant
        // for `pg_ctl`'s parent, and still checks the shared memory of the earlier server
        // (CreateLockFile in src/backend/utils/init/miscinit.c).
        command.env("PG_GRANDPARENT_PID", pid.to_string());
    }
    // A group of its own: an interrupt typed in the terminal is for us, and we stop the server. Not
    // one of our pipes: whoever reads them would wait for the server to end.
    command
        .process_group(0)
        .stdin(server_lock)
        .stdout(log)
        .stderr(errors);
    Command::from(command)
        .spawn()
        .map_err(StartError::io("run", &program))
}

/// Stops the cluster's server, if one runs, and waits until it has. The caller holds `users_lock`
/// exclusively.
pub(crate) fn stop(
    location: &Location,
    binaries: &Binaries,
    users_lock: &File,
) -> Result<(), StopError> {
    // Without a server process, `pg_ctl` would signal whoever has the pid in a stale file.
    let runs = lock::try_exclusive(&location.server_lock())?.is_none();
    if !runs || recorded_pid(&location.cluster()).is_none() {
        return Ok(());
    }
    let mut command = location.owner().command(&binaries.program("pg_ctl"));
    command
        .args(["stop", "-m", "fast", "-w", "-t", STOP_TIMEOUT_SECONDS, "-D"])
        .arg(location.cluster());
    // Should we be killed now, nobody may join the server before `pg_ctl` has stopped it.
    command.stdin(users_lock.try_clone()?);
    let output = command.output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(StopError::PgCtl)
    }
}

/// Why the server was not stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StopError {
    #[error("pg_ctl did not stop the server in time")]
    PgCtl,
    #[error(transparent)]
    Lock(#[from] StartError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The pid in `postmaster.pid`, whether that process lives or not.
fn recorded_pid(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("postmaster.pid"))
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
}

/// The file names a pid too, and could name another one than `postmaster.pid`.
fn remove_stale_socket_lock(location: &Location) -> Result<(), StartError> {
    let path = socket::lock_file_in(location.socket_folder());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StartError::io("remove", &path)(error))
        }
        _ => Ok(()),
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}
