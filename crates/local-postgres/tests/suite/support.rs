//! A data folder for one test, other processes that use it, and questions to its server.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use vouch_local_postgres::{Durability, LocalPostgres, Options, StartError};

/// No wait of a test is longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A data folder that the cluster's owner can reach, removed at the end.
pub(crate) struct DataDir(TempDir);

impl DataDir {
    pub(crate) fn new() -> Self {
        Self::with_mode(0o711)
    }

    pub(crate) fn with_mode(mode: u32) -> Self {
        let folder = tempfile::Builder::new()
            .permissions(Permissions::from_mode(mode))
            .tempdir_in("/tmp")
            .unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Unsynced, for speed.
    pub(crate) fn options(&self) -> Options {
        options(self.path())
    }

    pub(crate) async fn start(&self) -> LocalPostgres {
        self.try_start().await.expect("the server starts")
    }

    pub(crate) async fn try_start(&self) -> Result<LocalPostgres, StartError> {
        vouch_local_postgres::start(self.options()).await
    }

    pub(crate) fn postmaster(&self) -> Pid {
        postmaster(&self.join("postgres"))
    }
}

pub(crate) fn options(data_dir: &Path) -> Options {
    Options {
        durability: Durability::Fast,
        ..Options::new(data_dir)
    }
}

pub(crate) fn postmaster(cluster: &Path) -> Pid {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().trim().parse().unwrap())
}

pub(crate) fn kill_9(process: Pid) {
    kill(process, Signal::SIGKILL).unwrap();
}

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// The unprivileged user that PostgreSQL's packages make, or `nobody`.
pub(crate) fn unprivileged_user() -> User {
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).unwrap())
        .unwrap()
}

/// Whether no process of the server is left.
pub(crate) fn is_stopped(home: &Path) -> bool {
    File::open(home.join("postgres-server.lock"))
        .unwrap()
        .try_lock()
        .is_ok()
}

/// Looks at something another process does, until it is so.
#[allow(
    clippy::disallowed_methods,
    reason = "what another process does sends no event here"
)]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not happen");
        sleep(Duration::from_millis(5));
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    client
}

/// The one value that `query` has.
pub(crate) async fn ask(postgres: &LocalPostgres, query: &str) -> String {
    ask_at(&postgres.admin_url(), query).await
}

pub(crate) async fn ask_at(url: &str, query: &str) -> String {
    connect(url)
        .await
        .query_one(query, &[])
        .await
        .unwrap()
        .get(0)
}

/// Copies a program to where any user can run it. By a process of its own: a file that this process
/// writes can be inherited by whatever another test starts just then, and would be busy.
pub(crate) fn install(program: &Path, to: &Path) {
    let mut command = Command::new("install");
    command.args(["-m", "755"]).arg(program).arg(to);
    assert!(command.status().unwrap().success());
}

/// The folder of the installed PostgreSQL.
pub(crate) fn installed_binaries() -> PathBuf {
    let has_all = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_ctl"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    vouch_local_postgres::binary_folders()
        .into_iter()
        .find(has_all)
        .unwrap()
}

/// A folder of programs in which one is the shell script `script` and the others are the installed ones.
pub(crate) fn binaries_with(data_dir: &DataDir, name: &str, script: &str) -> PathBuf {
    let folder = data_dir.join("bin");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    for program in ["initdb", "postgres", "pg_ctl"] {
        symlink(installed_binaries().join(program), folder.join(program)).unwrap();
    }
    fs::remove_file(folder.join(name)).unwrap();
    let source = data_dir.join("script");
    fs::write(&source, format!("#!/bin/sh\n{script}\n")).unwrap();
    install(&source, &folder.join(name));
    folder
}

/// Another process that uses a data folder.
pub(crate) struct Holder(Child);

impl Holder {
    pub(crate) fn spawn(data_dir: &Path) -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_hold-local-postgres")),
            data_dir,
        )
    }

    /// Runs `program`, a copy of the helper, as `user`.
    pub(crate) fn spawn_as(user: &User, program: &Path, data_dir: &Path) -> Self {
        let mut command = Command::new(program);
        command
            .uid(user.uid.as_raw())
            .gid(user.gid.as_raw())
            .current_dir("/");
        Self::run(command, data_dir)
    }

    fn run(mut command: Command, data_dir: &Path) -> Self {
        command
            .arg(data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// The URL it prints when its server is ready.
    pub(crate) fn url(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.ends_with('\n'), "the helper failed");
        line.trim_end().to_owned()
    }

    pub(crate) fn kill_9(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Lets it leave in order, and waits until it has.
    pub(crate) fn let_go(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

/// A harmless process of the user who owns the cluster.
pub(crate) struct Bystander(Child);

impl Bystander {
    pub(crate) fn spawn() -> Self {
        let mut command = Command::new("sleep");
        command.arg("600").current_dir("/");
        if is_root() {
            let user = unprivileged_user();
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        Self(command.spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
