//! The schema, and how a database gets it.

use diesel::{
    migration::{Migration, MigrationSource},
    pg::Pg,
    sql_types::{Bool, Text},
};
use diesel_async::{
    AsyncMigrationHarness, SimpleAsyncConnection, pooled_connection::deadpool::Object,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use vouch_domain::ports::StoreError;

use crate::{
    database::{Database, Pooler},
    statement::statement,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

const THROUGH_POOLER: &str = "migrations need a session of their own: use a URL of the database itself, and VOUCH_DB_POOLER=none";

/// How a database's schema stands to the one this program was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// They are the same.
    Current,
    /// Migrations are missing: `vouch migrate` brings them.
    Behind,
    /// The database has migrations that this program does not know: it is too old.
    Unknown,
}

/// A schema could not be read or brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("the schema could not be read or migrated")]
pub struct MigrationError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Brings the schema up to date; several processes may try at once. Answers how many migrations were run.
///
/// # Errors
/// [`MigrationError`] naming the migration that failed.
pub async fn migrate(database: &Database) -> Result<usize, MigrationError> {
    if database.pooler == Pooler::Transaction {
        return Err(MigrationError(THROUGH_POOLER.into()));
    }
    let connection = database
        .connection()
        .await
        .map_err(|error| MigrationError(error.into()))?;
    // A connection of its own, closed afterwards: the lock and the lifted time-outs go with it.
    let mut connection = Object::take(connection);
    connection
        .batch_execute(TAKE_TURNS)
        .await
        .map_err(|error| MigrationError(error.into()))?;
    // Diesel's harness blocks, so it runs where that is allowed.
    let blocking = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let run = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(MigrationError)?;
        Ok(run.len())
    });
    blocking
        .await
        .map_err(|error| MigrationError(error.into()))?
}

/// How the schema stands.
///
/// # Errors
/// [`MigrationError`] when it cannot be read.
pub async fn schema_state(database: &Database) -> Result<SchemaState, MigrationError> {
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(MigrationError)?;
    let known: Vec<String> = known
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = applied_versions(database)
        .await
        .map_err(|error| MigrationError(error.into()))?;
    if applied.iter().any(|version| !known.contains(version)) {
        return Ok(SchemaState::Unknown);
    }
    if applied.len() < known.len() {
        return Ok(SchemaState::Behind);
    }
    Ok(SchemaState::Current)
}

/// What Diesel's table says; nothing where there is no such table yet.
async fn applied_versions(database: &Database) -> Result<Vec<String>, StoreError> {
    let table: Option<(bool,)> = database
        .row(|| {
            statement::<(Bool,)>("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL")
        })
        .await?;
    if table != Some((true,)) {
        return Ok(Vec::new());
    }
    let rows: Vec<(String,)> = database
        .rows(|| statement::<(Text,)>("SELECT version FROM __diesel_schema_migrations"))
        .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// One at a time per database: an arbitrary number that nobody else locks.
const TAKE_TURNS: &str =
    "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(8603147295)";
