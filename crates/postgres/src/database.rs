//! Connections, and the store that lives on them.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, IntoSql, sql_types::Integer};
use diesel_async::{
    AsyncPgConnection, RunQueryDsl,
    methods::LoadQuery,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use tokio_postgres::NoTls;
use vouch_domain::ports::StoreError;

use crate::{
    error::Failure, hashing::Hashing, installation::Installation, sealing::MasterKeys,
    statement::Statement,
};

/// Nothing that the service asks of the database takes this long; what does is stopped.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a step is tried again that lost against another transaction.
const ATTEMPTS: u8 = 3;

/// How many connections a pool may open.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// At most so many at once; opened when first needed.
    pub connections: usize,
}

/// A pool of connections to one database.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
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
        config.custom_setup = Box::new(establish);
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(settings.connections)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .build()
            .map_err(|_| ConnectError)?;
        Ok(Self { pool })
    }

    pub(crate) async fn connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.pool.get().await.map_err(|error| {
            StoreError::Unavailable(match error {
                deadpool::managed::PoolError::Timeout(_) => "no connection came free".to_owned(),
                _ => "no connection could be opened".to_owned(),
            })
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        diesel::select(1.into_sql::<Integer>())
            .execute(&mut connection)
            .await
            .map_err(Failure::from)?;
        Ok(())
    }
}

/// Opens a connection whose statements, locks and forgotten transactions cannot last.
fn establish(url: &str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let mut config: tokio_postgres::Config = url.parse().map_err(bad_connection)?;
        let options = format!(
            "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} -c jit=off",
            config.get_options().unwrap_or_default(),
            STATEMENT_TIMEOUT.as_millis(),
            LOCK_TIMEOUT.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        config
            .options(&options)
            .application_name("vouch")
            .connect_timeout(CONNECT_TIMEOUT);
        let (client, connection) = config.connect(NoTls).await.map_err(bad_connection)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
    .boxed()
}

fn bad_connection(error: tokio_postgres::Error) -> ConnectionError {
    ConnectionError::CouldntSetupConfiguration(diesel::result::Error::QueryBuilderError(Box::new(
        error,
    )))
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

    /// Runs a statement and answers with its rows.
    pub(crate) async fn rows<Row, Loaded>(
        &self,
        build: impl Fn() -> Statement<Row> + Send + Sync,
    ) -> Result<Vec<Loaded>, Failure>
    where
        Statement<Row>: LoadQuery<'static, AsyncPgConnection, Loaded>,
        Row: 'static,
        Loaded: Send,
    {
        let mut attempt = 1;
        loop {
            let mut connection = self.database.connection().await?;
            match build().get_results(&mut connection).await {
                Ok(rows) => return Ok(rows),
                Err(error) => retriable(error, attempt)?,
            }
            attempt += 1;
        }
    }

    /// Runs a statement and answers with its first row.
    pub(crate) async fn row<Row, Loaded>(
        &self,
        build: impl Fn() -> Statement<Row> + Send + Sync,
    ) -> Result<Option<Loaded>, Failure>
    where
        Statement<Row>: LoadQuery<'static, AsyncPgConnection, Loaded>,
        Row: 'static,
        Loaded: Send,
    {
        Ok(self.rows(build).await?.into_iter().next())
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn affected(
        &self,
        build: impl Fn() -> Statement<()> + Send + Sync,
    ) -> Result<usize, Failure> {
        let mut attempt = 1;
        loop {
            let mut connection = self.database.connection().await?;
            match build().execute(&mut connection).await {
                Ok(affected) => return Ok(affected),
                Err(error) => retriable(error, attempt)?,
            }
            attempt += 1;
        }
    }
}

/// Passes for a statement that lost against another transaction and may be run again: nothing of it was stored.
fn retriable(error: diesel::result::Error, attempt: u8) -> Result<(), Failure> {
    match Failure::from(error) {
        Failure::Contention if attempt < ATTEMPTS => Ok(()),
        failure => Err(failure),
    }
}
