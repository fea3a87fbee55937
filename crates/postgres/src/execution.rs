//! How a statement is run: within a deadline, on a connection of its own, again where it lost against another
//! transaction.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{
    AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, methods::LoadQuery,
    pooled_connection::deadpool::Object,
};
use tokio::time::timeout;
use vouch_domain::ports::StoreError;

use crate::{
    database::{Database, Pooler, STATEMENT_TIMEOUT},
    error::Failure,
    statement::Statement,
};

/// How often a statement is run that keeps losing against other transactions.
const ATTEMPTS: u8 = 3;

/// The database stops a statement by itself; a database that cannot even do that is not waited for.
const DEADLINE: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_secs(1));

/// Through a pooler each statement has a transaction, and with it a session, to itself, and begins by removing what
/// others left prepared in that session: names are unique only within one process.
pub(crate) const BEGIN: &str = "BEGIN; DEALLOCATE ALL";

impl Database {
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
            let mut connection = self.begin().await?;
            let answer = timeout(DEADLINE, build().get_results(&mut connection)).await;
            match self.end(connection, answer).await {
                Ok(rows) => return Ok(rows),
                Err(Failure::Contention) if attempt < ATTEMPTS => attempt += 1,
                Err(failure) => return Err(failure),
            }
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
            let mut connection = self.begin().await?;
            let answer = timeout(DEADLINE, build().execute(&mut connection)).await;
            match self.end(connection, answer).await {
                Ok(affected) => return Ok(affected),
                Err(Failure::Contention) if attempt < ATTEMPTS => attempt += 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn begin(&self) -> Result<Object<AsyncPgConnection>, Failure> {
        let mut connection = self.connection().await?;
        if self.pooler == Pooler::Transaction {
            let begun = timeout(DEADLINE, connection.batch_execute(BEGIN)).await;
            if !matches!(begun, Ok(Ok(()))) {
                drop(Object::take(connection));
                return Err(lost());
            }
        }
        Ok(connection)
    }

    /// Judges the answer of a statement. A connection that did not answer is not used again, and neither is a pooler's
    /// whose transaction did not end well: a later `COMMIT` on it would succeed without having stored anything.
    async fn end<Answer>(
        &self,
        mut connection: Object<AsyncPgConnection>,
        answer: Result<QueryResult<Answer>, tokio::time::error::Elapsed>,
    ) -> Result<Answer, Failure> {
        let Ok(answer) = answer else {
            drop(Object::take(connection));
            return Err(lost());
        };
        if self.pooler == Pooler::None {
            return Ok(answer?);
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                drop(Object::take(connection));
                return Err(error.into());
            }
        };
        match timeout(DEADLINE, connection.batch_execute("COMMIT")).await {
            Ok(Ok(())) => Ok(answer),
            Ok(Err(error)) => {
                drop(Object::take(connection));
                Err(error.into())
            }
            Err(_) => {
                drop(Object::take(connection));
                Err(lost())
            }
        }
    }
}

fn lost() -> Failure {
    Failure::Store(StoreError::Unavailable(
        "the database did not answer in time".to_owned(),
    ))
}
