use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// Forgetting what was kept long enough.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Forgets idempotency keys bound longer ago than `age`, at most `limit`, and none of an open reservation. Answers
    /// how many.
    async fn purge_idempotency_keys(&self, age: Duration, limit: u16) -> Result<usize, StoreError>;

    /// Forgets callbacks of the rail that ended longer ago than `age`, at most `limit`: the same ones would be new again.
    /// Answers how many.
    async fn purge_callbacks(&self, age: Duration, limit: u16) -> Result<usize, StoreError>;
}
