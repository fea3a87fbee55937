//! How a statement is run: within a deadline, on a connection of its own, again where it lost against another
//! transaction.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{
    AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, methods::LoadQuery,
    pooled_connection::deadpool::Object,
};
use tokio::time::{sleep, timeout};
use vouch_domain::ports::StoreError;

use crate::{
    database::{Database, Pooler, STATEMENT_TIMEOUT},
    error::Failure,
    statement::Statement,
};

/// How often a statement is run that keeps losing against other transactions.
const ATTEMPTS: u32 = 3;
/// How long it waits before the second time, and twice as long before the third: whoever begins again at once may well
/// be faster than the winner, who is only being woken, and be in its way again.
const PAUSE: Duration = Duration::from_millis(50);

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
        in_time(async {
            let mut attempt = 1;
            loop {
                let mut lent = self.begin().await?;
                let answer = build().get_results(lent.connection()?).await;
                match self.end(lent, answer).await {
                    Err(Failure::Contention) if attempt < ATTEMPTS => {
                        sleep(PAUSE * attempt).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        })
        .await
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
        in_time(async {
            let mut attempt = 1;
            loop {
                let mut lent = self.begin().await?;
                let answer = build().execute(lent.connection()?).await;
                match self.end(lent, answer).await {
                    Err(Failure::Contention) if attempt < ATTEMPTS => {
                        sleep(PAUSE * attempt).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn begin(&self) -> Result<Lent, Failure> {
        let mut lent = Lent {
            connection: Some(self.connection().await?),
            close: true,
        };
        if self.pooler == Pooler::Transaction {
            lent.connection()?.batch_execute(BEGIN).await?;
        }
        Ok(lent)
    }

    /// Judges the answer of a statement, and whether its connection may be used again.
    async fn end<Answer>(
        &self,
        mut lent: Lent,
        answer: QueryResult<Answer>,
    ) -> Result<Answer, Failure> {
        let answer = answer.map_err(Failure::from);
        // Lost, slow, or no primary any more: the next one may be better.
        if matches!(answer, Err(Failure::Store(StoreError::Unavailable(_)))) {
            return answer;
        }
        if self.pooler == Pooler::Transaction {
            let end = if answer.is_ok() { "COMMIT" } else { "ROLLBACK" };
            lent.connection()?.batch_execute(end).await?;
        }
        lent.close = false;
        answer
    }
}

/// A connection lent for one statement, and closed unless that came to an end, as when its time is up or a request is
/// dropped: whoever got it in the middle of one would wait for it first and, behind a pooler, commit it with its own.
struct Lent {
    /// None only while it is being dropped.
    connection: Option<Object<AsyncPgConnection>>,
    /// Whether to close it instead of giving it back.
    close: bool,
}

impl Lent {
    fn connection(&mut self) -> Result<&mut AsyncPgConnection, Failure> {
        self.connection.as_deref_mut().ok_or_else(lost)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take_if(|_| self.close) {
            drop(Object::take(connection));
        }
    }
}

/// Bounds all that a statement takes, waiting for a connection and repetitions included, by what the database itself
/// allows one: a database that cannot even stop it is not waited for.
pub(crate) async fn in_time<Answer>(
    running: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    let outcome = timeout(STATEMENT_TIMEOUT, running).await;
    outcome.unwrap_or_else(|_| Err(lost()))
}

fn lost() -> Failure {
    Failure::Store(StoreError::Unavailable(
        "the database did not answer in time".to_owned(),
    ))
}
