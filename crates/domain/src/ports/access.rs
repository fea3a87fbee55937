use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::{
    access::{ApiKey, KeyDigest, Organisation, OrganisationStanding, Principal},
    id::{ApiKeyId, OrganisationId},
};

/// Counts every change that may take a right away. A cache of principals is good as long as this number stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationEpoch(pub i64);

/// A key to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// All of it but the secret.
    pub key: ApiKey,
    /// The keyed hash of the secret.
    pub digest: KeyDigest,
}

/// The API keys of all organisations.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// What the key with this digest stands for, also when it has expired or was revoked.
    async fn principal(&self, digest: KeyDigest) -> Result<Option<Principal>, StoreError>;

    /// The current epoch.
    async fn epoch(&self) -> Result<RevocationEpoch, StoreError>;

    /// Stores a key. Answers whether its organisation exists; if not, nothing is stored.
    async fn add(&self, key: &NewApiKey) -> Result<bool, StoreError>;

    /// All keys of an organisation, oldest first.
    async fn of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes a key for good and moves the epoch. Answers whether there was such a key; revoking twice is no fault.
    async fn revoke(&self, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// The organisations.
#[async_trait]
pub trait Organisations: Send + Sync {
    /// Stores a new organisation with its primary customer for each env, which have the organisation's name and e-mail,
    /// and its own millisecond in their ids.
    async fn add(&self, organisation: &Organisation) -> Result<(), StoreError>;

    /// How many there are.
    async fn count(&self) -> Result<i64, StoreError>;

    /// Sets what an organisation may do and moves the epoch. Answers whether there is such an organisation.
    async fn set_standing(
        &self,
        id: OrganisationId,
        standing: OrganisationStanding,
    ) -> Result<bool, StoreError>;
}
