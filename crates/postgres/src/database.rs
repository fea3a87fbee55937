//! Connections, and the store that lives on them.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, connection::CacheSize};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError as Backend, RecyclingMethod,
        deadpool::{Object, Pool, PoolError},
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use tokio_postgres::{NoTls, config::LoadBalanceHosts};
use vouch_domain::ports::StoreError;

use crate::{
    execution::BEGIN, hashing::Hashing, installation::Installation, sealing::MasterKeys,
    statement::statement,
};

/// Nothing that the service asks of the database takes this long; what does is stopped.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a new connection may take, whichever of the URL's hosts it comes to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer of one host is waited for, so that one which is gone leaves time for the others.
const HOST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// How to use connections.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// At most so many at once; opened when first needed.
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

/// A pool of connections to one database.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
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
        let pool = Pool::builder(manager)
            .max_size(settings.connections)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .build()
            .map_err(|_| ConnectError)?;
        Ok(Self {
            pool,
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

/// Opens a connection whose statements, locks and forgotten transactions cannot last.
fn establish(url: &str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let mut config: tokio_postgres::Config = url.parse().map_err(|error| bad_connection(&error))?;
        let options = format!(
            "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} -c jit=off",
            config.get_options().unwrap_or_default(),
            STATEMENT_TIMEOUT.as_millis(),
            LOCK_TIMEOUT.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        config.options(&options);
        let (client, connection) = connect(config).await?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
    .boxed()
}

/// Opens a connection to a pooler, which takes no options and keeps nothing prepared. Diesel prepares statements to set a
/// new connection up, so that too has to happen within one transaction.
fn establish_through_pooler(url: &str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let (client, mut connection) = connect(url.parse().map_err(|error| bad_connection(&error))?).await?;
        tokio::select! {
            begun = client.batch_execute(BEGIN) => begun.map_err(|error| bad_connection(&error))?,
            ended = &mut connection => ended.map_err(|error| bad_connection(&error))?,
        }
        let mut connection =
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        connection
            .batch_execute("COMMIT")
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }
    .boxed()
}

type RawConnection =
    tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>;

async fn connect(
    mut config: tokio_postgres::Config,
) -> ConnectionResult<(tokio_postgres::Client, RawConnection)> {
    // A host that takes connections and then says nothing would, if it came first, always use up the whole time: so no
    // host always comes first.
    config
        .application_name("vouch")
        .connect_timeout(HOST_TIMEOUT)
        .load_balance_hosts(LoadBalanceHosts::Random);
    config.connect(NoTls).await.map_err(|error| bad_connection(&error))
}

fn why(error: &PoolError) -> String {
    let reason = match error {
        PoolError::Backend(Backend::ConnectionError(ConnectionError::BadConnection(reason))) => {
            reason
        }
        PoolError::Timeout(_) => return "no connection came free in time".to_owned(),
        _ => "it could not be set up",
    };
    format!("no connection could be opened: {reason}")
}

/// Keeps of an error what the log may say: neither an SQLSTATE nor the kind of an input or output error holds data.
fn bad_connection(error: &tokio_postgres::Error) -> ConnectionError {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    ConnectionError::BadConnection(match (error.code(), io) {
        (Some(code), _) => format!("SQLSTATE {}", code.code()),
        (None, Some(io)) => io.kind().to_string(),
        (None, None) => "the database cannot be spoken to".to_owned(),
    })
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
