//! The database that a command works on.

use vouch_local_postgres::LocalPostgres;
use vouch_postgres::{
    Database, Installation, PoolSettings, Pooler, SchemaState, Store, migrate, schema_state,
};

use crate::{
    CommandError,
    config::{PoolerArg, StoreArgs},
    master_key,
};

const DATABASE: &str = "vouch";
/// Connections for everything that no request waits for: four, and room for the one that reads of single customers would
/// share, of which there are none in the background.
const BACKGROUND_CONNECTIONS: usize = 5;

/// An opened store, and the server below it where it is ours.
pub(crate) struct OpenStore {
    /// Where the database is.
    pub(crate) url: String,
    /// The pool for background work.
    pub(crate) database: Database,
    pub(crate) installation: Installation,
    local: Option<LocalPostgres>,
}

impl OpenStore {
    /// Opens the store, starting a private server and migrating it where no database URL is given.
    pub(crate) async fn open(args: &StoreArgs) -> Result<Self, CommandError> {
        let (url, local) = connect(args).await?;
        let database = pool(args, &url, BACKGROUND_CONNECTIONS)?;
        if local.is_some() {
            migrate(&database).await?;
        }
        demand_current_schema(&database).await?;
        let installation = Installation::open(&database, master_key::load(args)?).await?;
        Ok(Self {
            url,
            database,
            installation,
            local,
        })
    }

    /// The ports on the background pool.
    pub(crate) fn background(&self) -> Store {
        Store::new(self.database.clone(), &self.installation)
    }

    /// Whether the database is our own private one.
    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// Leaves a private server; the last one to leave stops it.
    pub(crate) async fn close(self) {
        if let Some(local) = self.local {
            local.release().await;
        }
    }
}

/// `vouch migrate`.
pub(crate) async fn migrate_only(args: &StoreArgs) -> Result<(), CommandError> {
    let (url, local) = connect(args).await?;
    let migrated = migrate(&pool(args, &url, 1)?).await;
    if let Some(local) = local {
        local.release().await;
    }
    tracing::info!(migrations = migrated?, "the schema is up to date");
    Ok(())
}

/// A pool on a database.
pub(crate) fn pool(
    args: &StoreArgs,
    url: &str,
    connections: usize,
) -> Result<Database, CommandError> {
    let pooler = match args.db_pooler {
        PoolerArg::None => Pooler::None,
        PoolerArg::Transaction => Pooler::Transaction,
    };
    Ok(Database::new(
        url,
        PoolSettings {
            connections,
            pooler,
        },
    )?)
}

async fn connect(args: &StoreArgs) -> Result<(String, Option<LocalPostgres>), CommandError> {
    if let Some(url) = &args.database_url {
        return Ok((url.clone(), None));
    }
    // It makes the data folder, in a mode that lets the server's own user through.
    let local =
        vouch_local_postgres::start(vouch_local_postgres::Options::new(&args.data_dir)).await?;
    let url = local.ensure_database(DATABASE).await?;
    Ok((url, Some(local)))
}

async fn demand_current_schema(database: &Database) -> Result<(), CommandError> {
    match schema_state(database).await? {
        SchemaState::Current => Ok(()),
        SchemaState::Behind => Err("the database's schema is not up to date: run `vouch migrate`".into()),
        SchemaState::Unknown => Err(
            "the database has a newer schema than this program knows: upgrade it, then run `vouch migrate`".into(),
        ),
    }
}
