//! A pgbouncer in transaction mode between a service and its database, for a run of the whole suite through it.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_postgres::{Client, Config, config::Host};

use super::{patience::eventually, process::Process};

/// Chooses what stands between services and databases: nothing, or `pgbouncer`.
const VARIABLE: &str = "VOUCH_TEST_POOLER";

/// As the runbook has it: a pooler sets no time-outs for a session, so the role carries them, here in one database only.
const TIMEOUTS: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// A pgbouncer of one database's own, ended with this value.
pub(crate) struct Pooler {
    /// Where to connect.
    pub(crate) url: String,
    _process: Process,
    _folder: TempDir,
}

impl Pooler {
    /// A pooler before this database, if the suite is to run through one.
    pub(crate) async fn wanted(url: &str, database: &Client) -> Option<Self> {
        match env::var(VARIABLE).as_deref() {
            Err(_) => None,
            Ok("pgbouncer") => Some(Self::start(url, database).await),
            Ok(other) => panic!("{VARIABLE} may be `pgbouncer`, not {other:?}"),
        }
    }

    async fn start(url: &str, database: &Client) -> Self {
        let config: Config = url.parse().expect("a URL");
        let Some(Host::Unix(server)) = config.get_hosts().first().cloned() else {
            panic!("a local server");
        };
        let user = config.get_user().expect("a user");
        let name = config.get_dbname().expect("a database");
        for (setting, value) in TIMEOUTS {
            let sql = format!("ALTER ROLE {user} IN DATABASE {name} SET {setting} = '{value}'");
            database.batch_execute(&sql).await.expect("a setting");
        }
        let folder = tempfile::Builder::new()
            .prefix("vouch-pooler-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in("/tmp")
            .expect("a folder");
        let settings = settings(folder.path(), &server, name, user);
        fs::write(folder.path().join(SETTINGS), settings).expect("settings");
        let process = Process::start(command(folder.path(), &server));
        let socket = folder.path().join(SOCKET);
        // The socket is there a moment before anybody listens on it.
        eventually("pgbouncer", async || {
            UnixStream::connect(&socket).await.ok()
        })
        .await;
        let place = folder.path().display().to_string().replace('/', "%2F");
        Self {
            url: format!("postgresql://{user}@{place}/{name}"),
            _process: process,
            _folder: folder,
        }
    }
}

const SETTINGS: &str = "pgbouncer.ini";
const SOCKET: &str = ".s.PGSQL.5432";

/// What the runbook recommends, on a socket.
fn settings(folder: &Path, server: &Path, database: &str, user: &str) -> String {
    let (folder, server) = (folder.display(), server.display());
    format!(
        "[databases]
         {database} = host={server} port=5432 dbname={database} user={user}
         [pgbouncer]
         listen_addr =
         listen_port = 5432
         unix_socket_dir = {folder}
         auth_type = any
         pool_mode = transaction
         default_pool_size = 20
         max_client_conn = 500
        "
    )
    .replace("\n         ", "\n")
}

/// It refuses to run as root, so it runs as whoever owns the server's socket.
fn command(folder: &Path, server: &Path) -> Command {
    let settings: PathBuf = folder.join(SETTINGS);
    let mut command = Command::new("pgbouncer");
    command.arg(&settings);
    let is_root = fs::metadata(folder).expect("our folder").uid() == 0;
    if is_root {
        let owner = fs::metadata(server).expect("the server's folder");
        let user = Command::new("id")
            .args(["-nu", &owner.uid().to_string()])
            .output();
        let user = String::from_utf8(user.expect("id").stdout).expect("a name");
        command.args(["-u", user.trim()]);
        for path in [folder, &settings] {
            chown(path, Some(owner.uid()), Some(owner.gid())).expect("a change of owner");
        }
    }
    command
}
