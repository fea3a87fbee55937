use async_trait::async_trait;

use super::{LeaseTerms, Reservation, StoreError};
use crate::tenant::Env;

/// Finding reservations that nobody works on.
#[async_trait]
pub trait Reconciliation: Send + Sync {
    /// Takes over reservations of all organisations of an env, at most `limit`, whose lease has expired and whose next
    /// attempt is due. Each attempt puts the next one off for longer, up to a few seconds, so that a rail which is down
    /// is not besieged. Several processes may ask at once: no reservation is given to two of them.
    async fn take_due(
        &self,
        env: Env,
        terms: LeaseTerms,
        limit: u8,
    ) -> Result<Vec<Reservation>, StoreError>;
}
