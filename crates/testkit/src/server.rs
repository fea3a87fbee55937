//! The one PostgreSQL server of all tests, and the template that each test's database is a copy of.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use vouch_local_postgres::{Durability, LocalPostgres, Options, start};
use vouch_postgres::{Database, PoolSettings, migrate};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Many test processes use the server at once.
const MAX_CONNECTIONS: &str = "300";
const TEST_PREFIX: &str = "vouch_test_";
const TEMPLATE_PREFIX: &str = "vouch_template_";
/// In seconds. No test runs this long: what is older was left by a run that was killed.
const STALE_AFTER: i64 = 60 * 60;
/// One maker of templates at a time: an arbitrary number that nobody else locks.
const TAKE_TURNS: &str = "SELECT pg_advisory_lock(7205147113)";

/// The server of this process. It is not stopped when the process ends, because the next test process will want it;
/// `kill` it, or remove the target folder, to be rid of it.
static SERVER: OnceCell<LocalPostgres> = OnceCell::const_new();
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A new database that belongs to one test.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) admin_url: String,
}

/// A new database with our schema.
pub(crate) async fn migrated() -> Place {
    let server = server().await;
    let template = TEMPLATE.get_or_init(|| template(server)).await;
    create(server, &format!("TEMPLATE {template}")).await
}

/// A new database with nothing in it.
pub(crate) async fn empty() -> Place {
    create(server().await, "TEMPLATE template0").await
}

pub(crate) async fn drop_database(admin_url: &str, name: &str) {
    let admin = connect(admin_url).await;
    run(
        &admin,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
}

/// A connection for plain SQL.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("a connection");
    // Ends with the client.
    tokio::spawn(connection);
    client
}

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .expect("an answer to plain SQL");
}

async fn create(server: &LocalPostgres, template: &str) -> Place {
    let admin = connect(&server.admin_url()).await;
    let name = format!(
        "{TEST_PREFIX}{}_{}",
        now(&admin).await,
        Uuid::new_v4().simple()
    );
    run(&admin, &format!("CREATE DATABASE {name} {template}")).await;
    Place {
        url: server.connection_url(&name),
        admin_url: server.admin_url(),
        name,
    }
}

async fn server() -> &'static LocalPostgres {
    SERVER
        .get_or_init(|| async {
            let mut options = Options::new(Path::new(WORKSPACE).join("target/test-postgres"));
            options.durability = Durability::Fast;
            options.settings = vec![("max_connections".to_owned(), MAX_CONNECTIONS.to_owned())];
            let server = start(options).await.expect("a PostgreSQL server");
            sweep(&connect(&server.admin_url()).await).await;
            server
        })
        .await
}

/// Seconds since 1970 by the server's clock.
async fn now(admin: &Client) -> i64 {
    let now = "SELECT extract(epoch FROM now())::bigint";
    admin.query_one(now, &[]).await.expect("the time").get(0)
}

/// Drops what killed runs left behind.
async fn sweep(admin: &Client) {
    let oldest = now(admin).await - STALE_AFTER;
    let names = admin
        .query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
            &[&TEST_PREFIX],
        )
        .await
        .expect("the databases");
    for name in names.iter().map(|row| row.get::<_, &str>(0)) {
        let made = name[TEST_PREFIX.len()..]
            .split('_')
            .next()
            .and_then(|made| made.parse().ok());
        if made.is_some_and(|made: i64| made < oldest) {
            run(
                admin,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await;
        }
    }
}

/// Makes the template unless this schema has one. It appears under its name only when it is complete.
async fn template(server: &LocalPostgres) -> String {
    let name = format!("{TEMPLATE_PREFIX}{:016x}", schema_hash());
    let admin = connect(&server.admin_url()).await;
    run(&admin, TAKE_TURNS).await;
    let known = admin
        .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
        .await
        .expect("the databases");
    if known.is_some() {
        return name;
    }
    let draft = format!("{name}_draft");
    run(
        &admin,
        &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"),
    )
    .await;
    run(
        &admin,
        &format!("CREATE DATABASE {draft} TEMPLATE template0"),
    )
    .await;
    let database = Database::new(&server.connection_url(&draft), PoolSettings::direct(1));
    migrate(&database.expect("a URL"))
        .await
        .expect("a migrated database");
    // Nobody can connect any more, and who still is connected is put out: a copy needs an idle template.
    run(
        &admin,
        &format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false"),
    )
    .await;
    let put_out = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    admin
        .query(put_out, &[&draft])
        .await
        .expect("an idle template");
    run(&admin, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    name
}

/// Changes with every change of a migration.
fn schema_hash() -> u64 {
    let mut files = Vec::new();
    collect(&Path::new(WORKSPACE).join("migrations"), &mut files);
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        std::fs::read(file).expect("a migration").hash(&mut hasher);
    }
    hasher.finish()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the migrations") {
        let path = entry.expect("a migration").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
