//! Forgetting what was kept long enough.

use std::time::Duration;

use async_trait::async_trait;
use vouch_domain::ports::{Retention, StoreError};

use crate::{
    database::Store,
    statement::{millis, statement},
};

const PURGE_KEYS: &str = "
    DELETE FROM idempotency_keys k
    WHERE k.ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys o
        WHERE o.bound_at < now() - $1 * interval '1 millisecond'
          AND NOT EXISTS (
              SELECT FROM reservations r
              WHERE r.organisation_id = o.organisation_id AND r.env = o.env AND r.customer_id = o.customer_id
          )
          AND (o.leased_until IS NULL OR o.leased_until <= now())
        LIMIT $2
    ))";

const PURGE_CALLBACKS: &str = "
    DELETE FROM rail_callbacks
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM rail_callbacks WHERE ended_at < now() - $1 * interval '1 millisecond' LIMIT $2
    ))";

#[async_trait]
impl Retention for Store {
    async fn purge_idempotency_keys(&self, age: Duration, limit: u16) -> Result<usize, StoreError> {
        let purged = self
            .database
            .affected(|| {
                statement(PURGE_KEYS)
                    .big_int(millis(age))
                    .big_int(i64::from(limit))
            })
            .await?;
        Ok(purged)
    }
    async fn purge_callbacks(&self, age: Duration, limit: u16) -> Result<usize, StoreError> {
        let purged = self
            .database
            .affected(|| {
                statement(PURGE_CALLBACKS)
                    .big_int(millis(age))
                    .big_int(i64::from(limit))
            })
            .await?;
        Ok(purged)
    }
}
