//! Claims on idempotency keys, and the answers that are kept for them.
//!
//! A step that makes something under a claimed key stores its answer in the same statement: see [`keeping`] and
//! [`Store::change_and_keep`].

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    idempotency::{Fingerprint, Grant, Keep, Kept, KeptAnswer, KeyClaim, SUBJECT_LASTS},
    ports::{Answers, Claimed, KeyState, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::Failure,
    rows::broken,
    statement::{Statement, in_tenant, millis},
};

/// Claims a free key or an expired claim, or else tells how the key stands. A row that another transaction committed
/// after this statement began is met by the insert and not seen by the read: then nothing comes back.
const CLAIM: &str = "
    WITH claimed AS (
        INSERT INTO idempotency_keys AS k (organisation_id, env, digest, contract, fingerprint, subject, lease_token,
                                           leased_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond')
        ON CONFLICT (organisation_id, env, digest) DO UPDATE
        SET fingerprint = EXCLUDED.fingerprint, lease_token = EXCLUDED.lease_token,
            leased_until = EXCLUDED.leased_until,
            subject = CASE WHEN k.fingerprint = EXCLUDED.fingerprint AND k.bound_at > now() - $9 * interval '1 millisecond'
                      THEN k.subject ELSE EXCLUDED.subject END,
            bound_at = CASE WHEN k.fingerprint = EXCLUDED.fingerprint AND k.bound_at > now() - $9 * interval '1 millisecond'
                       THEN k.bound_at ELSE now() END
        WHERE k.leased_until <= now()
        RETURNING k.subject
    )
    SELECT claimed.subject, NULL::bytea, false, NULL::integer, NULL::bytea FROM claimed
    UNION ALL
    SELECT NULL, k.fingerprint, COALESCE(k.leased_until > now(), false), k.answer_status, k.answer
    FROM idempotency_keys k
    WHERE k.organisation_id = $1 AND k.env = $2 AND k.digest = $3
      AND NOT EXISTS (SELECT FROM claimed)";

const LOOK_UP: &str = "
    SELECT NULL::uuid, k.fingerprint, COALESCE(k.leased_until > now(), false), k.answer_status, k.answer
    FROM idempotency_keys k
    WHERE k.organisation_id = $1 AND k.env = $2 AND k.digest = $3";

/// Subject where the claim was granted; else fingerprint, whether it is leased, and the answer.
type StateSql = (
    Nullable<SqlUuid>,
    Nullable<Binary>,
    Bool,
    Nullable<Integer>,
    Nullable<Binary>,
);
type StateRow = (
    Option<Uuid>,
    Option<Vec<u8>>,
    bool,
    Option<i32>,
    Option<Vec<u8>>,
);

const FORGET: &str = "
    DELETE FROM idempotency_keys
    WHERE organisation_id = $1 AND env = $2 AND digest = $3 AND lease_token = $4";

const RELEASE: &str = "
    UPDATE idempotency_keys SET leased_until = now()
    WHERE organisation_id = $1 AND env = $2 AND digest = $3 AND lease_token = $4";

/// A statement that makes a change and keeps its answer: both, or neither.
///
/// `$change` is one CTE or several with commas between. One of them is called `changed` and answers with a row exactly
/// if the change was made; others that write take their rows from it. It must change nothing unless there is a row in `held`, which there is while the
/// grant stands: `INSERT INTO … SELECT … FROM held`, or `UPDATE … FROM held WHERE …`. Its placeholders begin with `$7`;
/// `$1` and `$2` are the tenant's and may be used too. Run it with [`Store::change_and_keep`].
macro_rules! keeping {
    ($change:expr) => {
        concat!(
            "WITH held AS MATERIALIZED (
                 SELECT k.subject FROM idempotency_keys k
                 WHERE k.organisation_id = $1 AND k.env = $2 AND k.digest = $3 AND k.lease_token = $4
                 FOR UPDATE
             ), ",
            $change,
            ", kept AS (
                 UPDATE idempotency_keys
                 SET lease_token = NULL, leased_until = NULL, answer_status = $5, answer = $6, bound_at = now()
                 WHERE organisation_id = $1 AND env = $2 AND digest = $3
                   AND EXISTS (SELECT FROM changed)
             )
             SELECT EXISTS (SELECT FROM held), EXISTS (SELECT FROM changed)"
        )
    };
}
pub(crate) use keeping;

#[async_trait]
impl Answers for Store {
    async fn claim(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        subject: Uuid,
        lease: Duration,
    ) -> Result<Claimed, StoreError> {
        let token = Uuid::new_v4();
        let row: Option<StateRow> = self
            .database
            .row(|| {
                self.of_key::<StateSql>(CLAIM, tenant, claim)
                    .text(claim.contract.as_str())
                    .bytes(claim.fingerprint.0)
                    .uuid(subject)
                    .uuid(token)
                    .big_int(millis(lease))
                    .big_int(millis(SUBJECT_LASTS))
            })
            .await?;
        match row {
            None => Ok(Claimed::Stands(KeyState::InFlight)),
            Some((Some(subject), ..)) => Ok(Claimed::Granted(Grant {
                claim: claim.clone(),
                subject,
                token,
            })),
            Some(row) => Ok(Claimed::Stands(self.key_state(tenant, claim, row)?)),
        }
    }

    async fn look_up(&self, tenant: Tenant, claim: &KeyClaim) -> Result<KeyState, StoreError> {
        let row: Option<StateRow> = self
            .database
            .row(|| self.of_key::<StateSql>(LOOK_UP, tenant, claim))
            .await?;
        row.map_or(Ok(KeyState::Free), |row| self.key_state(tenant, claim, row))
    }

    async fn forget(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                self.of_key::<()>(FORGET, tenant, &grant.claim)
                    .uuid(grant.token)
            })
            .await?;
        Ok(())
    }

    async fn release(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                self.of_key::<()>(RELEASE, tenant, &grant.claim)
                    .uuid(grant.token)
            })
            .await?;
        Ok(())
    }
}

impl Store {
    /// Runs a statement made by [`keeping`]; `bind` binds its own placeholders, from `$7` on.
    pub(crate) async fn change_and_keep(
        &self,
        tenant: Tenant,
        keep: &Keep<'_>,
        sql: &'static str,
        bind: impl Fn(Statement<(Bool, Bool)>) -> Statement<(Bool, Bool)> + Send + Sync,
    ) -> Result<Kept, Failure> {
        let Keep { grant, answer } = keep;
        let sealed = self
            .master_keys
            .seal(&self.place(tenant, &grant.claim), answer.body.as_bytes())
            .map_err(|error| StoreError::Defect(error.to_string()))?;
        let row: Option<(bool, bool)> = self
            .database
            .row(|| {
                bind(
                    self.of_key(sql, tenant, &grant.claim)
                        .uuid(grant.token)
                        .integer(i32::from(answer.status))
                        .bytes(sealed.clone()),
                )
            })
            .await?;
        match row {
            Some((_, true)) => Ok(Kept::Done),
            Some((true, false)) => Ok(Kept::Outrun),
            Some((false, false)) => Ok(Kept::GrantLost),
            None => Err(broken("key").into()),
        }
    }

    fn key_state(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        row: StateRow,
    ) -> Result<KeyState, StoreError> {
        let (_, fingerprint, is_leased, status, sealed) = row;
        let (Some(status), Some(sealed)) = (status, sealed) else {
            return Ok(match is_leased {
                true => KeyState::InFlight,
                false => KeyState::Free,
            });
        };
        let body = self
            .master_keys
            .open(&self.place(tenant, claim), &sealed)
            .map_err(|error| StoreError::Defect(error.to_string()))?;
        let used_with = fingerprint.and_then(|bytes| bytes.try_into().ok());
        Ok(KeyState::Bound {
            answer: KeptAnswer {
                status: u16::try_from(status).map_err(|_| broken("status"))?,
                body: String::from_utf8(body.to_vec()).map_err(|_| broken("answer"))?,
            },
            used_with: Fingerprint(used_with.ok_or_else(|| broken("fingerprint"))?),
        })
    }
    /// The first three placeholders are the key's identity.
    fn of_key<Row>(&self, sql: &'static str, tenant: Tenant, claim: &KeyClaim) -> Statement<Row> {
        in_tenant(sql, tenant).bytes(self.hashing.key(tenant, claim))
    }

    /// The place that an answer is sealed for.
    fn place(&self, tenant: Tenant, claim: &KeyClaim) -> String {
        format!(
            "idempotency_keys.answer {} {} {:032x}",
            tenant.organisation.uuid(),
            tenant.env.as_str(),
            u128::from_be_bytes(self.hashing.key(tenant, claim))
        )
    }
}
