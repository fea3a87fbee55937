//! A PostgreSQL database of a test's own.

use std::thread;

use tokio::runtime::Builder;
use tokio_postgres::Client;
use vouch_postgres::{Database, Installation, MasterKey, MasterKeys, PoolSettings, Store};

use crate::server::{self, Place};

/// Connections of one test's pool: enough for its races, few enough for many tests at once.
const CONNECTIONS: usize = 8;

/// A new database, dropped with this value.
pub struct ScratchDatabase {
    place: Place,
}

impl ScratchDatabase {
    /// A database with nothing in it, for tests of migrations.
    pub async fn empty() -> Self {
        Self {
            place: server::empty().await,
        }
    }

    /// A database with the schema, and without an installation.
    pub async fn migrated() -> Self {
        Self {
            place: server::migrated().await,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.place.url
    }

    /// A pool on it.
    #[must_use]
    pub fn pool(&self) -> Database {
        pool(&self.place.url)
    }

    /// A connection for plain SQL.
    pub async fn client(&self) -> Client {
        server::connect(&self.place.url).await
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let (admin_url, name) = (self.place.admin_url.clone(), self.place.name.clone());
        // A thread with a runtime of its own, as that of the test cannot be waited for here.
        let dropped = thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(server::drop_database(&admin_url, &name));
        });
        // What could not be dropped is swept by a later run.
        let _ = dropped.join();
    }
}

/// A database with the schema and an installation under a fixed master key, and the store on it.
pub struct TestDatabase {
    /// The store.
    pub store: Store,
    /// The pool that the store uses.
    pub database: Database,
    /// Its installation.
    pub installation: Installation,
    place: ScratchDatabase,
}

impl TestDatabase {
    /// A database like no other test has.
    pub async fn new() -> Self {
        let place = ScratchDatabase::migrated().await;
        let database = place.pool();
        let installation = open(&database).await;
        Self {
            store: Store::new(database.clone(), &installation),
            database,
            installation,
            place,
        }
    }

    /// The master keys of every test.
    #[must_use]
    pub fn master_keys() -> MasterKeys {
        MasterKeys::new(vec![MasterKey([7; 32])]).expect("a key")
    }

    /// Where the database is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.place.url()
    }

    /// A connection for plain SQL.
    pub async fn client(&self) -> Client {
        self.place.client().await
    }

    /// The same installation's store as another process would have it, on a pool of its own behind this URL.
    pub async fn store_at(&self, url: &str, connections: usize) -> Store {
        let database = Database::new(url, PoolSettings::direct(connections)).expect("a URL");
        Store::new(database.clone(), &open(&database).await)
    }
}

fn pool(url: &str) -> Database {
    let settings = PoolSettings::direct(CONNECTIONS);
    Database::new(url, settings).expect("a URL")
}

async fn open(database: &Database) -> Installation {
    Installation::open(database, TestDatabase::master_keys())
        .await
        .expect("an installation")
}
