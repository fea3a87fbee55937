//! One connection that many reads use at once.
//!
//! Each sends its statement without waiting for the answers to those before it, so under load one wake-up of PostgreSQL,
//! and one of ours, serves several. Statements run in the order in which they were sent: only reads of a single row belong
//! here, because all others wait for the slowest.

use std::sync::Arc;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::Mutex;
use vouch_domain::ports::StoreError;

use crate::{
    connect::establish,
    database::{Database, Pooler, why_not_connected},
    error::Failure,
    execution::in_time,
    rows::{SummaryRow, SummarySql},
    statement::Statement,
};

/// The connection, opened when first needed and again after it failed.
pub(crate) struct SharedConnection {
    url: String,
    open: Mutex<Option<Arc<AsyncPgConnection>>>,
}

impl Database {
    /// Reads at most one customer, by a statement that reads no other.
    pub(crate) async fn one_summary(
        &self,
        build: impl Fn() -> Statement<SummarySql> + Send + Sync,
    ) -> Result<Option<SummaryRow>, Failure> {
        // A pooler gives each transaction a session; there is none to share.
        if self.pooler == Pooler::Transaction {
            return self.row(build).await;
        }
        let mut used = None;
        let answer = in_time(async {
            let answer = self.shared.send(&mut used, build()).await;
            if used.is_none() || !is_unavailable(&answer) {
                return answer;
            }
            // Lost while nobody used it, perhaps: another one will do.
            self.shared.forget(&mut used).await;
            self.shared.send(&mut used, build()).await
        })
        .await;
        // Lost, or silent for as long as a statement may take: the next one may be better.
        if is_unavailable(&answer) {
            self.shared.forget(&mut used).await;
        }
        Ok(answer?.into_iter().next())
    }
}

impl SharedConnection {
    /// To the database at this URL. Opens nothing yet.
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            open: Mutex::default(),
        }
    }

    async fn get(&self) -> Result<Arc<AsyncPgConnection>, Failure> {
        let mut open = self.open.lock().await;
        if let Some(connection) = &*open {
            return Ok(Arc::clone(connection));
        }
        let opened = establish(&self.url)
            .await
            .map_err(|error| StoreError::Unavailable(why_not_connected(&error)))?;
        Ok(Arc::clone(open.insert(Arc::new(opened))))
    }

    /// Sends a statement on the connection, which stands in `used` from then on.
    async fn send(
        &self,
        used: &mut Option<Arc<AsyncPgConnection>>,
        statement: Statement<SummarySql>,
    ) -> Result<Vec<SummaryRow>, Failure> {
        let connection = used.insert(self.get().await?);
        Ok(send(connection, statement).await?)
    }

    /// The next read opens another one than was used. Those under way on a lost one do likewise.
    async fn forget(&self, used: &mut Option<Arc<AsyncPgConnection>>) {
        let Some(failed) = used.take() else {
            return;
        };
        let mut open = self.open.lock().await;
        open.take_if(|connection| Arc::ptr_eq(connection, &failed));
    }
}

fn is_unavailable<Answer>(answer: &Result<Answer, Failure>) -> bool {
    matches!(answer, Err(Failure::Store(StoreError::Unavailable(_))))
}

/// Boxed, because the compiler loses sight of the connection's lifetime otherwise.
fn send<'c>(
    mut connection: &'c AsyncPgConnection,
    statement: Statement<SummarySql>,
) -> BoxFuture<'c, QueryResult<Vec<SummaryRow>>> {
    async move { statement.get_results(&mut connection).await }.boxed()
}
