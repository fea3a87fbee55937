//! From a presented API key to the principal behind it.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};
use vouch_domain::{
    access::{KeyDigest, Principal},
    ports::{ApiKeys, Clock, RevocationEpoch, StoreError},
};

use crate::digest::Digests;

/// How often the epoch is compared.
const COMPARE_EVERY: Duration = Duration::from_millis(500);
/// How long the cache may be used without a comparison.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// More keys than this are not remembered at once.
const CAPACITY: usize = 10_000;

/// Remembers principals of one process, as long as no right was taken away from anybody.
#[derive(Default)]
pub struct PrincipalCache {
    state: RwLock<CacheState>,
}

#[derive(Default)]
struct CacheState {
    /// The epoch in which all entries were read, and when it was last seen to stand.
    confirmed: Option<(RevocationEpoch, Instant)>,
    principals: HashMap<KeyDigest, Arc<Principal>>,
}

impl PrincipalCache {
    /// Compares the epoch for ever, forgetting everything whenever it moved.
    pub async fn watch(&self, keys: &dyn ApiKeys) {
        let mut ticks = interval(COMPARE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let asked_at = Instant::now();
            match keys.epoch().await {
                Ok(epoch) => self.confirm(epoch, asked_at),
                Err(error) => tracing::warn!(%error, "the revocation epoch could not be read"),
            }
        }
    }

    fn confirm(&self, epoch: RevocationEpoch, asked_at: Instant) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.confirmed.is_none_or(|(known, _)| known != epoch) {
            state.principals.clear();
        }
        state.confirmed = Some((epoch, asked_at));
    }

    fn get(&self, digest: &KeyDigest) -> Option<Arc<Principal>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.trusted_epoch()?;
        state.principals.get(digest).cloned()
    }

    fn trusted_epoch(&self) -> Option<RevocationEpoch> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.trusted_epoch()
    }

    /// Remembers what was read while `epoch` stood, unless it has moved since.
    fn put(&self, epoch: RevocationEpoch, digest: KeyDigest, principal: Arc<Principal>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.trusted_epoch() != Some(epoch) {
            return;
        }
        if state.principals.len() >= CAPACITY {
            state.principals.clear();
        }
        state.principals.insert(digest, principal);
    }
}

impl CacheState {
    fn trusted_epoch(&self) -> Option<RevocationEpoch> {
        let (epoch, confirmed_at) = self.confirmed?;
        (confirmed_at.elapsed() < TRUSTED_FOR).then_some(epoch)
    }
}

/// The use case.
#[derive(Clone)]
pub struct Authenticate {
    keys: Arc<dyn ApiKeys>,
    cache: Arc<PrincipalCache>,
    digests: Arc<Digests>,
    clock: Arc<dyn Clock>,
}

impl Authenticate {
    /// The use case on these keys.
    #[must_use]
    pub fn new(
        keys: Arc<dyn ApiKeys>,
        cache: Arc<PrincipalCache>,
        digests: Arc<Digests>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys,
            cache,
            digests,
            clock,
        }
    }

    /// The principal behind a presented key; none for a key that is unknown, expired or revoked.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn principal(&self, presented: &str) -> Result<Option<Arc<Principal>>, StoreError> {
        let digest = self.digests.api_key(presented);
        let principal = match self.cache.get(&digest) {
            Some(principal) => Some(principal),
            None => self.look_up(digest).await?,
        };
        let now = self.clock.now();
        Ok(principal.filter(|principal| principal.is_valid_at(now)))
    }

    async fn look_up(&self, digest: KeyDigest) -> Result<Option<Arc<Principal>>, StoreError> {
        // Read before the key: a revocation in between leaves an epoch that no longer stands, and nothing is kept.
        let epoch = self.cache.trusted_epoch();
        let Some(principal) = self.keys.principal(digest).await? else {
            return Ok(None);
        };
        let principal = Arc::new(principal);
        if let Some(epoch) = epoch {
            self.cache.put(epoch, digest, Arc::clone(&principal));
        }
        Ok(Some(principal))
    }
}
