//! Connections, and the store that lives on them.

use std::{sync::Arc, time::Duration};

use diesel::ConnectionError;
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError as Backend, RecyclingMethod,
        deadpool::{Object, Pool, PoolError},
    },
};
use vouch_domain::ports::StoreError;

use crate::{
    connect::{establish, establish_through_pooler},
    hashing::Hashing,
    installation::Installation,
    sealing::MasterKeys,
    shared_connection::SharedConnection,
    statement::statement,
};

/// Nothing that the service asks of the database takes this long; what does is stopped, by the database and by us.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a new connection may take, whichever of the URL's hosts it comes to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// How to use connections.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// At most so many at once, but not fewer than the shared one and one more; opened when first needed.
    pub connections: usize,
    /// What stands between us and the database.
    pub pooler: Pooler,
}

impl PoolSettings {
    /// So many connections, with nothing in between.
    #[must_use]
    pub fn direct(connections: usize) -> Self {
        Self {
            connections,
            pooler: Pooler::None,
        }
    }
}

/// What stands between us and the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler that gives each of our connections a session of its own.
    None,
    /// A pooler that may give every transaction another session, such as pgbouncer in transaction mode before 1.21: no
    /// statement stays prepared, and time-outs are set by `ALTER ROLE`.
    Transaction,
}

/// A pool of connections to one database, and one connection more that small reads share.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    pub(crate) shared: Arc<SharedConnection>,
    pub(crate) pooler: Pooler,
}

/// A pool could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the database URL cannot be used")]
pub struct ConnectError;

impl Database {
    /// A pool on this database. Opens nothing yet.
    ///
    /// # Errors
    /// [`ConnectError`] when the URL is malformed.
    pub fn new(url: &str, settings: PoolSettings) -> Result<Self, ConnectError> {
        url.parse::<tokio_postgres::Config>()
            .map_err(|_| ConnectError)?;
        let mut config = ManagerConfig::default();
        // A ping before every use would cost a round trip; a broken connection shows itself all the same.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = match settings.pooler {
            Pooler::None => Box::new(establish),
            Pooler::Transaction => Box::new(establish_through_pooler),
        };
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pooled = match settings.pooler {
            // One more is shared.
            Pooler::None => settings.connections.saturating_sub(1).max(1),
            Pooler::Transaction => settings.connections,
        };
        let pool = Pool::builder(manager)
            .max_size(pooled)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .build()
            .map_err(|_| ConnectError)?;
        Ok(Self {
            pool,
            shared: Arc::new(SharedConnection::new(url)),
            pooler: settings.pooler,
        })
    }

    pub(crate) async fn connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(why(&error)))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.affected(|| statement("SELECT")).await?;
        Ok(())
    }
}

fn why(error: &PoolError) -> String {
    match error {
        PoolError::Backend(Backend::ConnectionError(error)) => why_not_connected(error),
        PoolError::Timeout(_) => "no connection came free in time".to_owned(),
        _ => "no connection could be opened: it could not be set up".to_owned(),
    }
}

pub(crate) fn why_not_connected(error: &ConnectionError) -> String {
    let reason = match error {
        ConnectionError::BadConnection(reason) => reason,
        _ => "it could not be set up",
    };
    format!("no connection could be opened: {reason}")
}

/// All the storage ports, on one pool.
#[derive(Clone)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) master_keys: Arc<MasterKeys>,
    pub(crate) hashing: Arc<Hashing>,
}

impl Store {
    /// The store of this installation on this pool.
    #[must_use]
    pub fn new(database: Database, installation: &Installation) -> Self {
        Self {
            database,
            master_keys: Arc::clone(&installation.master_keys),
            hashing: Arc::new(Hashing::new(installation.hash_key())),
        }
    }
}
