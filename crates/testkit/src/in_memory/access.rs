use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use vouch_domain::{
    access::{ApiKey, KeyDigest, Organisation, OrganisationStanding, Principal},
    id::{ApiKeyId, CustomerId, OrganisationId},
    ports::{ApiKeys, NewApiKey, Organisations, RevocationEpoch, StoreError},
    tenant::{Env, Tenant},
};

use super::InMemory;

#[async_trait]
impl ApiKeys for InMemory {
    async fn principal(&self, digest: KeyDigest) -> Result<Option<Principal>, StoreError> {
        let state = self.state()?;
        let Some(found) = state.api_keys.iter().find(|known| known.digest == digest) else {
            return Ok(None);
        };
        let organisation = state.organisations.get(&found.key.tenant.organisation);
        Ok(organisation.map(|organisation| Principal {
            key: found.key.clone(),
            standing: organisation.standing,
        }))
    }

    async fn epoch(&self) -> Result<RevocationEpoch, StoreError> {
        Ok(RevocationEpoch(self.state()?.epoch))
    }

    async fn add(&self, key: &NewApiKey) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let is_known = state
            .organisations
            .contains_key(&key.key.tenant.organisation);
        if is_known {
            state.api_keys.push(key.clone());
        }
        Ok(is_known)
    }

    async fn of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let state = self.state()?;
        let keys = state.api_keys.iter().map(|known| &known.key);
        let mut keys: Vec<ApiKey> = keys
            .filter(|key| key.tenant.organisation == organisation)
            .cloned()
            .collect();
        keys.sort_by_key(|key| key.id);
        Ok(keys)
    }

    async fn revoke(&self, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let Some(found) = state.api_keys.iter_mut().find(|known| known.key.id == id) else {
            return Ok(false);
        };
        found.key.revoked_at.get_or_insert(at);
        state.epoch += 1;
        Ok(true)
    }
}

#[async_trait]
impl Organisations for InMemory {
    async fn add(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if state.organisations.contains_key(&organisation.id) {
            return Err(StoreError::Defect("the organisation exists".to_owned()));
        }
        state
            .organisations
            .insert(organisation.id, organisation.clone());
        for env in Env::ALL {
            let tenant = Tenant {
                organisation: organisation.id,
                env,
            };
            state.primaries.insert(tenant, primary_id(organisation.id));
        }
        Ok(())
    }

    async fn count(&self) -> Result<i64, StoreError> {
        Ok(i64::try_from(self.state()?.organisations.len()).expect("few organisations"))
    }

    async fn set_standing(
        &self,
        id: OrganisationId,
        standing: OrganisationStanding,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let Some(organisation) = state.organisations.get_mut(&id) else {
            return Ok(false);
        };
        organisation.standing = standing;
        state.epoch += 1;
        Ok(true)
    }
}

/// As old as the organisation.
fn primary_id(organisation: OrganisationId) -> CustomerId {
    let time = organisation.uuid().as_u128() >> 80 << 80;
    let random = Uuid::new_v4().as_u128() << 48 >> 48;
    CustomerId::of_time_ordered(Uuid::from_u128(time | random))
}
