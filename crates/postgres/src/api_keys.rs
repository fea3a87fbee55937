//! API keys.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    access::{
        ApiKey, Contract, KeyDigest, Network, OrganisationStanding, Principal, Scope, Scopes,
    },
    id::{ApiKeyId, OrganisationId},
    ports::{ApiKeys, NewApiKey, RevocationEpoch, StoreError},
    tenant::{Env, Tenant},
    values::Rejected,
};

use crate::{
    database::Store,
    rows::{broken, id},
    statement::statement,
};

macro_rules! key_columns {
    () => {
        "k.id, k.organisation_id, k.env, k.contract, k.prefix, k.last_four, k.allowed_networks::text[], k.expires_at, k.revoked_at, k.scopes"
    };
}

type KeySql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    Text,
    Text,
    Array<Text>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Array<Text>,
);
type KeyRow = (
    Uuid,
    Uuid,
    String,
    String,
    String,
    String,
    Vec<String>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Vec<String>,
);

#[async_trait]
impl ApiKeys for Store {
    async fn principal(&self, digest: KeyDigest) -> Result<Option<Principal>, StoreError> {
        let row: Option<(KeyRow, (bool, bool))> = self
            .database
            .row(|| {
                statement::<(KeySql, (Bool, Bool))>(concat!(
                    "SELECT ",
                    key_columns!(),
                    ", o.suspended, o.remittances_enabled
                     FROM api_keys k JOIN organisations o ON o.id = k.organisation_id
                     WHERE k.digest = $1"
                ))
                .bytes(digest.0)
            })
            .await?;
        let Some((key, (suspended, remittances_enabled))) = row else {
            return Ok(None);
        };
        Ok(Some(Principal {
            key: api_key(key)?,
            standing: OrganisationStanding {
                suspended,
                remittances_enabled,
            },
        }))
    }

    async fn epoch(&self) -> Result<RevocationEpoch, StoreError> {
        let epoch: Option<(i64,)> = self
            .database
            .row(|| statement::<(BigInt,)>("SELECT revocation_epoch FROM installation"))
            .await?;
        let (epoch,) = epoch.ok_or_else(|| StoreError::Defect("no installation".to_owned()))?;
        Ok(RevocationEpoch(epoch))
    }

    async fn add(&self, new: &NewApiKey) -> Result<bool, StoreError> {
        let NewApiKey { key, digest } = new;
        let networks: Vec<String> = key
            .allowed_networks
            .iter()
            .map(ToString::to_string)
            .collect();
        let scopes: Vec<String> = key
            .scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        let added = self
            .database.affected(|| {
                statement::<()>(
                    "INSERT INTO api_keys (digest, id, organisation_id, env, contract, prefix, last_four,
                                           allowed_networks, expires_at, scopes)
                     SELECT $1, $2, o.id, $4, $5, $6, $7, $8::text[]::cidr[], $9, $10
                     FROM organisations o WHERE o.id = $3",
                )
                .bytes(digest.0)
                .uuid(key.id.uuid())
                .uuid(key.tenant.organisation.uuid())
                .text(key.tenant.env.as_str())
                .text(key.contract.as_str())
                .text(key.prefix.as_str())
                .text(key.last_four.as_str())
                .texts(networks.clone())
                .time(key.expires_at)
                .texts(scopes.clone())
            })
            .await?;
        Ok(added > 0)
    }

    async fn of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let rows: Vec<KeyRow> = self
            .database
            .rows(|| {
                statement::<KeySql>(concat!(
                    "SELECT ",
                    key_columns!(),
                    " FROM api_keys k WHERE k.organisation_id = $1 ORDER BY k.id"
                ))
                .uuid(organisation.uuid())
            })
            .await?;
        rows.into_iter().map(api_key).collect()
    }

    async fn revoke(&self, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let revoked = self
            .database.affected(|| {
                statement::<()>(
                    "WITH revoked AS (
                         UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1 RETURNING id
                     )
                     UPDATE installation SET revocation_epoch = revocation_epoch + 1 FROM revoked",
                )
                .uuid(id.uuid())
                .time(at)
            })
            .await?;
        Ok(revoked > 0)
    }
}

fn api_key(row: KeyRow) -> Result<ApiKey, StoreError> {
    let (
        key,
        organisation,
        env,
        contract,
        prefix,
        last_four,
        networks,
        expires_at,
        revoked_at,
        scopes,
    ) = row;
    let networks: Result<Vec<Network>, Rejected> = networks
        .iter()
        .map(|network| Network::parse(network))
        .collect();
    let scopes: Result<Scopes, Rejected> = scopes.iter().map(|scope| Scope::parse(scope)).collect();
    Ok(ApiKey {
        id: id(key)?,
        tenant: Tenant {
            organisation: id(organisation)?,
            env: Env::parse(&env).map_err(|_| broken("env"))?,
        },
        contract: Contract::parse(&contract).map_err(|_| broken("contract"))?,
        scopes: scopes.map_err(|_| broken("scope"))?,
        prefix,
        last_four,
        allowed_networks: networks.map_err(|_| broken("network"))?,
        expires_at,
        revoked_at,
    })
}
