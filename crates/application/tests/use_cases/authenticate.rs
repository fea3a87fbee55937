//! From a presented key to a principal, and how long a cached one may be used.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use vouch_application::{
    authenticate::{Authenticate, PrincipalCache},
    digest::Digests,
};
use vouch_domain::{
    access::{KeyDigest, OrganisationStanding},
    id::ApiKeyId,
    ports::{ApiKeys, Clock, NewApiKey, Organisations, StoreError},
};
use vouch_testkit::{FixedClock, InMemory, ids, new_key, new_tenant};

const SECRET: &str = "sk_test_secret";

struct Door {
    store: InMemory,
    clock: Arc<FixedClock>,
    cache: Arc<PrincipalCache>,
    authenticate: Authenticate,
    key: NewApiKey,
}

/// A key that expires an hour from now, and nobody who watches the epoch.
async fn door() -> Door {
    let (store, clock, ids) = (InMemory::default(), FixedClock::new(), ids());
    let digests = Arc::new(Digests::new(&[1; 32]));
    let cache = Arc::<PrincipalCache>::default();
    let tenant = new_tenant(&store, &ids, vouch_domain::tenant::Env::Test).await;
    let mut key = new_key(&ids, tenant);
    key.digest = digests.api_key(SECRET);
    key.key.expires_at = Some(clock.now() + Duration::from_secs(3600));
    ApiKeys::add(&store, &key).await.unwrap();
    let keys = Arc::new(store.clone());
    Door {
        authenticate: Authenticate::new(keys, Arc::clone(&cache), digests, Arc::clone(&clock) as _),
        store,
        clock,
        cache,
        key,
    }
}

/// Likewise, with the epoch watched and the key in the cache.
async fn warm_door() -> Door {
    let door = door().await;
    let (cache, store) = (Arc::clone(&door.cache), door.store.clone());
    tokio::spawn(async move { cache.watch(&store).await });
    tokio::task::yield_now().await;
    assert_eq!(door.knock().await, Ok(true));
    door
}

impl Door {
    /// Whether the key opens.
    async fn knock(&self) -> Result<bool, StoreError> {
        let principal = self.authenticate.principal(SECRET).await?;
        Ok(principal
            .inspect(|principal| assert_eq!(principal.key.id, self.key.key.id))
            .is_some())
    }

    async fn revoke(&self, id: ApiKeyId) {
        assert_eq!(self.store.revoke(id, self.clock.now()).await, Ok(true));
    }

    fn break_store(&self) -> StoreError {
        let failure = StoreError::Unavailable("down".to_owned());
        self.store.fail_with(Some(failure.clone()));
        failure
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_key_itself_opens() {
    let door = door().await;
    assert_eq!(door.knock().await, Ok(true));
    for other in ["", "sk_test_secre", "sk_test_secrets", "SK_TEST_SECRET"] {
        assert_eq!(
            door.authenticate.principal(other).await,
            Ok(None),
            "{other}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_key_opens_nothing_cached_or_not() {
    for door in [door().await, warm_door().await] {
        door.clock.advance(Duration::from_secs(3599));
        assert_eq!(door.knock().await, Ok(true));
        door.clock.advance(Duration::from_secs(1));
        assert_eq!(door.knock().await, Ok(false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_opens_nothing_as_soon_as_the_epoch_is_compared() {
    let door = warm_door().await;
    door.revoke(door.key.key.id).await;
    sleep(Duration::from_millis(501)).await;
    assert_eq!(door.knock().await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn a_suspended_organisation_is_noticed_likewise() {
    let door = warm_door().await;
    let suspended = OrganisationStanding {
        suspended: true,
        ..OrganisationStanding::NEW
    };
    let organisation = door.key.key.tenant.organisation;
    door.store
        .set_standing(organisation, suspended)
        .await
        .unwrap();
    sleep(Duration::from_millis(501)).await;
    let principal = door.authenticate.principal(SECRET).await.unwrap().unwrap();
    assert_eq!(principal.standing, suspended);
}

#[tokio::test(start_paused = true)]
async fn the_cache_answers_without_the_store_for_two_seconds_only() {
    let door = warm_door().await;
    let failure = door.break_store();
    sleep(Duration::from_millis(1900)).await;
    assert_eq!(door.knock().await, Ok(true));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(door.knock().await, Err(failure));
    door.store.fail_with(None);
    assert_eq!(door.knock().await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_is_compared_is_trusted_on() {
    let door = warm_door().await;
    sleep(Duration::from_secs(60)).await;
    door.break_store();
    assert_eq!(door.knock().await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn without_a_watch_nothing_is_cached() {
    let door = door().await;
    assert_eq!(door.knock().await, Ok(true));
    door.revoke(door.key.key.id).await;
    assert_eq!(door.knock().await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_asked_for_each_time() {
    let door = warm_door().await;
    let second = "sk_test_second";
    assert_eq!(door.authenticate.principal(second).await, Ok(None));
    let digest = Digests::new(&[1; 32]).api_key(second);
    let mut key = new_key(&ids(), door.key.key.tenant);
    key.digest = digest;
    ApiKeys::add(&door.store, &key).await.unwrap();
    assert!(door.authenticate.principal(second).await.unwrap().is_some());
}

#[test]
fn digests_depend_on_the_key_and_on_what_they_are_for() {
    let (first, second) = (Digests::new(&[1; 32]), Digests::new(&[2; 32]));
    assert_eq!(
        first.api_key("text"),
        Digests::new(&[1; 32]).api_key("text")
    );
    assert_ne!(first.api_key("text"), second.api_key("text"));
    assert_ne!(first.api_key("text"), first.api_key("texts"));
    assert_ne!(
        first.api_key("text"),
        KeyDigest(first.fingerprint(b"text").0)
    );
}
