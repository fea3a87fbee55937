//! A PostgreSQL of the suite's own, which loses nothing that was committed, and may be killed.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use vouch_local_postgres::{LocalPostgres, Options};

use crate::{patience::within, program::vouch};

/// Any will do; all processes have the same.
pub(crate) const MASTER_KEY: &str = "ZmF1bHQtc3VpdGUtbWFzdGVyLWtleS0zMi1ieXRlcyE=";
/// Migrated, with organisations and their keys: every run's database is a copy.
const TEMPLATE: &str = "template_of_runs";
const ORGANISATIONS: usize = 2;

/// A private server, and a template of what each run begins with.
pub(crate) struct Cluster {
    server: LocalPostgres,
    /// One API key for the test env of each organisation.
    pub(crate) keys: Vec<String>,
    // Removed after the server has stopped.
    folder: TempDir,
}

/// A way to end a server without a warning.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// What `pg_ctl stop -m immediate` sends.
    Immediate,
    /// `kill -9` of the postmaster.
    Kill,
}

impl Cluster {
    pub(crate) async fn new() -> Self {
        let folder = folder("vouch-faults-cluster-");
        let server = start(folder.path()).await;
        let url = server.ensure_database(TEMPLATE).await.expect("a database");
        let command = |arguments: &[&str]| json_of(&url, folder.path(), arguments);
        command(&["migrate"]);
        let key = |_| {
            let organisation = command(&[
                "org",
                "create",
                "--name",
                "Acme",
                "--email",
                "a@example.com",
                "--json",
            ]);
            let id = organisation["organisation_id"].as_str().expect("an id");
            let key = command(&[
                "key",
                "create",
                "--org",
                id,
                "--api",
                "remittance",
                "--env",
                "test",
                "--json",
            ]);
            key["key"].as_str().expect("a key").to_owned()
        };
        let keys = (0..ORGANISATIONS).map(key).collect();
        Self {
            server,
            keys,
            folder,
        }
    }

    /// A new database like the template; one of the same name is dropped.
    pub(crate) async fn database(&self, name: &str) -> String {
        let admin = connect(&self.server.admin_url())
            .await
            .expect("a connection");
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        admin.batch_execute(&drop).await.expect("no such database");
        let create = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        admin.batch_execute(&create).await.expect("a database");
        self.server.connection_url(name)
    }

    /// Ends the server without a warning, and starts it again.
    pub(crate) async fn restart(&mut self, ending: Ending) {
        let signal = match ending {
            Ending::Immediate => "QUIT",
            Ending::Kill => "KILL",
        };
        send(signal, &[self.postmaster()]);
        // It must not be taken for the one that is started next.
        let url = self.server.admin_url();
        let ended = within(Duration::from_secs(30), async || {
            connect(&url).await.is_none().then_some(())
        });
        ended.await.expect("the end of the server");
        self.server = start(self.folder.path()).await;
    }
}

impl Cluster {
    /// Stops the server with all its connections open, as a machine that hangs; it goes on when the answer is dropped.
    pub(crate) fn freeze(&self) -> Frozen {
        let postmaster = self.postmaster();
        // First, so that no process is added to those below.
        let mut frozen = Frozen(vec![postmaster.clone()]);
        send("STOP", &frozen.0);
        let all = Command::new("ps")
            .args(["-A", "-o", "pid=", "-o", "ppid="])
            .output();
        let all = String::from_utf8(all.expect("ps").stdout).expect("process ids");
        let child = |line: &str| {
            let (process, parent) = line.trim().split_once(' ')?;
            (parent.trim() == postmaster).then(|| process.to_owned())
        };
        frozen.0.extend(all.lines().filter_map(child));
        // One that ends meanwhile still counts, as nobody takes note of its end.
        send("STOP", &frozen.0);
        frozen
    }

    fn postmaster(&self) -> String {
        let file = self.server.cluster_dir().join("postmaster.pid");
        let file = fs::read_to_string(file).expect("a server that runs");
        file.lines().next().expect("a process id").to_owned()
    }
}

/// The processes of a server that does nothing.
pub(crate) struct Frozen(Vec<String>);

impl Drop for Frozen {
    fn drop(&mut self) {
        send("CONT", &self.0);
    }
}

fn send(signal: &str, processes: &[String]) {
    let sent = Command::new("kill")
        .args(["-s", signal])
        .args(processes)
        .status();
    assert!(sent.expect("kill").success(), "{signal} was not sent");
}

async fn start(folder: &Path) -> LocalPostgres {
    let mut options = Options::new(folder);
    options.settings = vec![("max_connections".to_owned(), "200".to_owned())];
    vouch_local_postgres::start(options)
        .await
        .expect("a PostgreSQL server")
}

/// A connection for plain SQL; none when there is no server.
pub(crate) async fn connect(url: &str) -> Option<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
    // Ends with the client.
    tokio::spawn(connection);
    Some(client)
}

/// Cuts about half of a database's connections; none when the server is away.
pub(crate) async fn disconnect_some(url: &str) {
    const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5";
    if let Some(client) = connect(url).await {
        // It may go away meanwhile.
        let _ = client.query(DISCONNECT, &[]).await;
    }
}

/// A folder that the owner of a cluster can reach: in memory where the system offers that, as every process may be killed
/// here but nothing cuts the power.
pub(crate) fn folder(prefix: &str) -> TempDir {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory
    } else {
        Path::new("/tmp")
    };
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(prefix)
        .permissions(Permissions::from_mode(0o711));
    builder.tempdir_in(parent).expect("a folder")
}

/// Runs an operator's command and answers what it printed.
fn json_of(database: &str, folder: &Path, arguments: &[&str]) -> Value {
    let mut command = program();
    command
        .args(arguments)
        .env("DATABASE_URL", database)
        .env("VOUCH_MASTER_KEY", MASTER_KEY);
    let output = command
        .env("VOUCH_DATA_DIR", folder)
        .output()
        .expect("vouch");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// `vouch`, without the suite's own settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(vouch());
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"VOUCH_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
}
