use std::{cmp::Reverse, time::Duration};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vouch_domain::{
    ports::{CallbackInbox, KeptCallback, StoreError},
    tenant::Env,
};

use super::{InMemory, Retry, State};

const LONGEST_PAUSE: Duration = Duration::from_secs(256);

/// A callback of the rail, whose body goes when it is done with.
pub(super) struct Callback {
    body: Option<Vec<u8>>,
    /// Tells which came first.
    number: usize,
    received_at: Duration,
    pub(super) ended_at: Option<Duration>,
    retry: Retry,
    token: Option<Uuid>,
    leased_until: Duration,
}

#[async_trait]
impl CallbackInbox for InMemory {
    async fn keep_callback(&self, env: Env, body: &[u8]) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let key = (env, Sha256::digest(body).into());
        if state.callbacks.contains_key(&key) {
            return Ok(false);
        }
        let callback = Callback {
            body: Some(body.to_vec()),
            number: state.callbacks.len(),
            received_at: state.now,
            ended_at: None,
            retry: Retry::at_once(state.now),
            token: None,
            leased_until: Duration::ZERO,
        };
        state.callbacks.insert(key, callback);
        Ok(true)
    }

    async fn take_due_callbacks(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<KeptCallback>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let due = state.callbacks.iter_mut().filter(|((of, _), callback)| {
            *of == env && callback.retry.next_at <= now && callback.leased_until <= now
        });
        let taken = due.filter_map(|((_, digest), callback)| {
            let body = callback.body.clone()?;
            let token = Uuid::new_v4();
            callback.token = Some(token);
            callback.leased_until = now + lease;
            callback.retry.put_off(now, LONGEST_PAUSE);
            Some(KeptCallback {
                env,
                digest: *digest,
                body,
                lease: token,
            })
        });
        Ok(taken.take(usize::from(limit)).collect())
    }

    async fn end_callback(&self, callback: &KeptCallback) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        if let Some(held) = state.held_callback(callback) {
            held.end(now);
        }
        Ok(())
    }

    async fn free_callback(&self, callback: &KeptCallback) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        if let Some(held) = state.held_callback(callback) {
            held.leased_until = now;
        }
        Ok(())
    }

    async fn give_up_callbacks(
        &self,
        env: Env,
        age: Duration,
        most: u32,
    ) -> Result<usize, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let mut tried: Vec<_> = state
            .callbacks
            .iter_mut()
            .filter(|((of, _), callback)| *of == env && callback.is_waiting(now))
            .map(|(_, callback)| callback)
            .collect();
        tried.sort_by_key(|callback| Reverse((callback.received_at, callback.number)));
        let most = usize::try_from(most).expect("a small number");
        let hopeless = tried
            .into_iter()
            .enumerate()
            .filter(|(place, callback)| *place >= most || callback.received_at + age < now);
        let ended = hopeless.map(|(_, callback)| callback.end(now));
        Ok(ended.count())
    }
}

impl Callback {
    fn end(&mut self, now: Duration) {
        self.body = None;
        self.ended_at = Some(now);
        self.token = None;
    }

    /// Whether it was tried without success, and nobody tries it now.
    fn is_waiting(&self, now: Duration) -> bool {
        self.body.is_some() && self.retry.attempts > 0 && self.leased_until <= now
    }
}

impl State {
    /// The callback, if this one still has the lease.
    fn held_callback(&mut self, callback: &KeptCallback) -> Option<&mut Callback> {
        let held = self.callbacks.get_mut(&(callback.env, callback.digest))?;
        (held.token == Some(callback.lease)).then_some(held)
    }
}
