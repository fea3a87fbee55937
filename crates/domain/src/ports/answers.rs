use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::{
    idempotency::{Fingerprint, Grant, KeptAnswer, KeyClaim},
    tenant::Tenant,
};

/// Keys that are bound to kept answers.
///
/// A key is claimed before anything is done for it. Whoever holds the claim carries the operation out, and the step that
/// makes the operation's change stores its answer too (see [`Keep`](crate::idempotency::Keep)). Claims are leased on the
/// store's clock, so nobody waits for long for a process that died.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Claims a key for the length of the lease, unless it is bound or claimed. An expired claim is taken over: with the
    /// subject that it had, if that was given to the same body and no longer ago than
    /// [`SUBJECT_LASTS`](crate::idempotency::SUBJECT_LASTS). Otherwise the subject is the given one.
    async fn claim(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        subject: Uuid,
        lease: Duration,
    ) -> Result<Claimed, StoreError>;

    /// How a key stands, claiming nothing.
    async fn look_up(&self, tenant: Tenant, claim: &KeyClaim) -> Result<KeyState, StoreError>;

    /// Frees the key: the operation made nothing, here or outside. Does nothing when the answer was kept, or the claim has
    /// passed to somebody else.
    async fn forget(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError>;

    /// Ends the lease before its time, because nobody knows whether the operation made something: whoever comes next may
    /// take the claim over at once. Does nothing when the answer was kept, or the claim has passed to somebody else.
    async fn release(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError>;
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The key is the caller's.
    Granted(Grant),
    /// It is not.
    Stands(KeyState),
}

/// How a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Nobody works for it, and it is bound to nothing.
    Free,
    /// Somebody works for it.
    InFlight,
    /// It is bound to this answer.
    Bound {
        /// What the first request was answered.
        answer: KeptAnswer,
        /// The body that the first request came with.
        used_with: Fingerprint,
    },
}
