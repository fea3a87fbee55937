//! The schema, and how a database gets it.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::{
    AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::deadpool::Object,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::database::Database;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

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
#[error("the schema could not be read or migrated: {0}")]
pub struct MigrationError(String);

/// Brings the schema up to date; several processes may try at once. Answers how many migrations were run.
///
/// # Errors
/// [`MigrationError`] naming the migration that failed.
pub async fn migrate(database: &Database) -> Result<usize, MigrationError> {
    with_harness(database, |harness| {
        let run = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| MigrationError(error.to_string()))?;
        Ok(run.len())
    })
    .await
}

/// How the schema stands.
///
/// # Errors
/// [`MigrationError`] when it cannot be read.
pub async fn schema_state(database: &Database) -> Result<SchemaState, MigrationError> {
    with_harness(database, |harness| {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| MigrationError(error.to_string());
        let applied = harness.applied_migrations().map_err(failed)?;
        let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
        let known: Vec<String> = known
            .iter()
            .map(|one| one.name().version().to_string())
            .collect();
        if applied
            .iter()
            .any(|version| !known.contains(&version.to_string()))
        {
            return Ok(SchemaState::Unknown);
        }
        if applied.len() < known.len() {
            return Ok(SchemaState::Behind);
        }
        Ok(SchemaState::Current)
    })
    .await
}

/// One at a time per database: an arbitrary number that nobody else locks.
const TAKE_TURNS: &str =
    "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(8603147295)";

/// Runs Diesel's blocking harness where blocking is allowed, on a connection that is closed afterwards.
async fn with_harness<Answer: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> Result<Answer, MigrationError>
    + Send
    + 'static,
) -> Result<Answer, MigrationError> {
    let connection = database
        .connection()
        .await
        .map_err(|error| MigrationError(error.to_string()))?;
    let mut connection = Object::take(connection);
    connection
        .batch_execute(TAKE_TURNS)
        .await
        .map_err(|error| MigrationError(error.to_string()))?;
    let blocking =
        tokio::task::spawn_blocking(move || work(&mut AsyncMigrationHarness::new(connection)));
    blocking
        .await
        .map_err(|error| MigrationError(error.to_string()))?
}
