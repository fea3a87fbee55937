use std::{fmt, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::tenant::Env;

/// What the rail has called about, kept until it is done with. All times are the store's.
#[async_trait]
pub trait CallbackInbox: Send + Sync {
    /// Keeps a callback, whose signature was good. Answers whether it is new: the same body is kept once.
    async fn keep_callback(&self, env: Env, body: &[u8]) -> Result<bool, StoreError>;

    /// Takes callbacks of an env that are due, at most `limit`, under a lease. Each attempt puts the next one off for
    /// longer. Several processes may ask at once: no callback is given to two of them.
    async fn take_due_callbacks(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<KeptCallback>, StoreError>;

    /// Ends a callback: its body is forgotten, and the same one is still recognised. Does nothing when the lease has
    /// passed to somebody else.
    async fn end_callback(&self, callback: &KeptCallback) -> Result<(), StoreError>;

    /// Gives the lease back before its time, with the callback still to be done.
    async fn free_callback(&self, callback: &KeptCallback) -> Result<(), StoreError>;

    /// Ends callbacks of an env that were tried without success: all that are older than `age`, and the oldest of the
    /// others that are more than `most`. Answers how many.
    async fn give_up_callbacks(
        &self,
        env: Env,
        age: Duration,
        most: u32,
    ) -> Result<usize, StoreError>;
}

/// A callback to be done.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptCallback {
    /// Whose rail sent it.
    pub env: Env,
    /// A hash of the body, its name.
    pub digest: [u8; 32],
    /// The body.
    pub body: Vec<u8>,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
}

impl fmt::Debug for KeptCallback {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeptCallback({}, …)", self.env.as_str())
    }
}
