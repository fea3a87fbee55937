//! What only the database tells: whether any work is left, and which changes the rail refused.

use std::collections::HashSet;

use tokio_postgres::Client;

use crate::cluster::connect;

const LEFT: &str =
    "SELECT (SELECT count(*) FROM reservations) + (SELECT count(*) FROM contact_changes)";
const REFUSED: &str = "SELECT c.reference, r.field FROM refused_changes r
    JOIN customers c ON c.organisation_id = r.organisation_id AND c.env = r.env AND c.id = r.customer_id";
const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5";

/// A run's database, from behind.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) url: String,
}

impl Records {
    /// Reservations and contact changes that have not ended.
    pub(crate) async fn work_left(&self) -> i64 {
        let client = self.client().await;
        client.query_one(LEFT, &[]).await.expect("a count").get(0)
    }

    /// References and fields whose change the rail refused.
    pub(crate) async fn refused_changes(&self) -> HashSet<(String, String)> {
        let rows = self
            .client()
            .await
            .query(REFUSED, &[])
            .await
            .expect("the refused changes");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Cuts about half of the connections; none when the database is away.
    pub(crate) async fn disconnect_some(&self) {
        if let Some(client) = connect(&self.url).await {
            // It may go away meanwhile.
            let _ = client.query(DISCONNECT, &[]).await;
        }
    }

    async fn client(&self) -> Client {
        connect(&self.url).await.expect("a connection")
    }
}
