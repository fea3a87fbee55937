//! Virtual accounts to be looked after, shared among processes. Their own rows are the jobs.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::Status,
    event::{AccountMark, EventDetail},
    id::EventId,
    ports::{
        AbsenceClear, AccountJob, AccountJobs, AccountRelease, RailAccountId, RailCustomerId,
        StoreError,
    },
    tenant::{Env, Tenant},
    values::FiatCurrency,
    virtual_account::{AccountState, AccountStatus},
};

use crate::{
    database::Store,
    event_rows::detail_json,
    leases::{left, next_due, readable, take_due},
    money_jobs::{given_back, release, status_of_customer},
    money_sealing::seal_details,
    rows::{broken, id},
    statement::{Statement, in_tenant, statement},
};

const TAKE_DUE: &str = take_due! {
    table: "virtual_accounts", key: "id", due: "due_at", and: "due_at IS NOT NULL", doublings: 3,
    then: "
    SELECT t.organisation_id, t.id, c.rail_customer_id, t.currency, t.status, t.rail_account_id,
           (EXTRACT(EPOCH FROM GREATEST(t.absence_clear_at, now()) - now()) * 1000)::bigint, t.lease_token, t.hastened
    FROM taken t JOIN customers c ON c.organisation_id = t.organisation_id AND c.env = $1 AND c.id = t.customer_id"
};

type JobSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    Text,
    Nullable<Text>,
    BigInt,
    SqlUuid,
    Integer,
);
type JobRow = (
    Uuid,
    Uuid,
    String,
    String,
    String,
    Option<String>,
    i64,
    Uuid,
    i32,
);

const NEXT_DUE: &str = next_due!(table: "virtual_accounts", and: "due_at IS NOT NULL");

const CUSTOMER: &str = status_of_customer!("virtual_accounts");

/// An account that was closed while it was being ordered keeps what it is at the rail, for whoever closes it there.
const BIND: &str = "
    UPDATE virtual_accounts SET rail_account_id = $5
    WHERE organisation_id = $1 AND env = $2 AND id = $3
      AND (lease_token = $4 OR status = 'closed' AND rail_account_id IS NULL)
    RETURNING status <> 'closed'";

/// An account that was hastened meanwhile, and is not at its end, is looked at again. Only what was activated or has failed
/// is an event. The customer is locked before its account, as whoever closes it does, so that neither waits for the other.
const SETTLE: &str = "
    WITH held AS MATERIALIZED (
        SELECT c.id FROM customers c
        WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = (
            SELECT t.customer_id FROM virtual_accounts t
            WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3
        )
        FOR NO KEY UPDATE
    ), a AS (
        UPDATE virtual_accounts t
        SET status = $6, data_key = $7, details = $8, lease_token = NULL, leased_until = now(), attempts = 0,
            absence_clear_at = NULL, due_at = CASE WHEN $6 = 'active' AND t.hastened <> $9 THEN now() END
        FROM held
        WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3 AND t.customer_id = held.id AND t.lease_token = $4
          AND t.status = $5
        RETURNING t.*
    ), c AS (
        UPDATE customers t SET event_count = t.event_count + 1
        FROM a
        WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = a.customer_id AND $11 IS NOT NULL
        RETURNING t.*
    ), logged AS (
        INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status,
                            version, changed, detail)
        SELECT $1, $2, c.id, c.event_count, $10, $11, c.interac_email, c.status, c.version, '{}', $12::jsonb FROM c
    )
    SELECT EXISTS (SELECT FROM a)";

const RELEASE: &str = release!(table: "virtual_accounts", set: "", due: "WHEN $9 THEN NULL");

const HASTEN: &str = "
    WITH concerned AS (
        SELECT organisation_id, id FROM virtual_accounts WHERE env = $1 AND rail_account_id = $2
        UNION
        SELECT a.organisation_id, a.id FROM customers c
        JOIN virtual_accounts a ON a.organisation_id = c.organisation_id AND a.env = $1 AND a.customer_id = c.id
        WHERE c.env = $1 AND c.rail_customer_id = $3
    )
    UPDATE virtual_accounts a SET hastened = a.hastened + 1, due_at = now()
    FROM concerned
    WHERE a.organisation_id = concerned.organisation_id AND a.env = $1 AND a.id = concerned.id
      AND a.status IN ('provisioning', 'active')";

#[async_trait]
impl AccountJobs for Store {
    async fn take_due_accounts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<AccountJob>, StoreError> {
        let rows = self
            .take_due_rows::<JobSql, JobRow>(TAKE_DUE, env, lease, limit)
            .await?;
        Ok(readable("virtual account", rows, |row| {
            (row.1, job(env, row))
        }))
    }

    async fn next_due_account(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.next_due(NEXT_DUE, env).await
    }

    async fn account_customer(&self, job: &AccountJob) -> Result<Status, StoreError> {
        self.status_of_customer(CUSTOMER, job.tenant, job.account.uuid())
            .await
    }

    async fn bind_account(
        &self,
        job: &AccountJob,
        rail_account: &RailAccountId,
    ) -> Result<bool, StoreError> {
        let row: Option<(bool,)> = self
            .database
            .row(|| held::<(Bool,)>(BIND, job).text(rail_account.expose()))
            .await?;
        Ok(row.is_some_and(|(is_open,)| is_open))
    }

    async fn settle_account(
        &self,
        job: &AccountJob,
        after: &AccountState,
        event: EventId,
    ) -> Result<bool, StoreError> {
        let mark = AccountMark {
            account: job.account,
            currency: job.currency,
        };
        let detail = match after {
            AccountState::Active(_) => Some(EventDetail::AccountActivated(mark)),
            AccountState::Failed => Some(EventDetail::AccountFailed(mark)),
            AccountState::Provisioning | AccountState::Closed => None,
        };
        let detail = detail.as_ref();
        let sealed = match after {
            AccountState::Active(details) => {
                let uuid = job.account.uuid();
                Some(seal_details(&self.master_keys, job.tenant, uuid, details)?)
            }
            AccountState::Provisioning | AccountState::Failed | AccountState::Closed => None,
        };
        let sealed = sealed.as_ref();
        let row: Option<(bool,)> = self
            .database
            .row(|| {
                held::<(Bool,)>(SETTLE, job)
                    .text(job.status.as_str())
                    .text(after.status().as_str())
                    .maybe_bytes(sealed.map(|sealed| sealed.data_key.clone()))
                    .maybe_bytes(sealed.map(|sealed| sealed.value.clone()))
                    .integer(job.hastened)
                    .uuid(event.uuid())
                    .maybe_text(detail.map(|detail| detail.event_type().as_str()))
                    .maybe_text(detail.and_then(detail_json))
            })
            .await?;
        Ok(row.is_some_and(|(settled,)| settled))
    }

    async fn release_account(
        &self,
        job: &AccountJob,
        release: AccountRelease,
    ) -> Result<(), StoreError> {
        let (absence, pause) = match release {
            AccountRelease::Failed(absence) => (absence, None),
            AccountRelease::LookAgain(pause) => (AbsenceClear::AsBefore, Some(pause)),
            AccountRelease::Done => (AbsenceClear::AsBefore, None),
        };
        let is_done = release == AccountRelease::Done;
        self.database
            .affected(|| given_back(held(RELEASE, job), absence, pause, job.hastened).bool(is_done))
            .await?;
        Ok(())
    }

    async fn hasten_accounts(
        &self,
        env: Env,
        rail_account: &RailAccountId,
        rail_customer: Option<&RailCustomerId>,
    ) -> Result<bool, StoreError> {
        let hastened = self
            .database
            .affected(|| {
                statement::<()>(HASTEN)
                    .text(env.as_str())
                    .text(rail_account.expose())
                    .maybe_text(rail_customer.map(RailCustomerId::expose))
            })
            .await?;
        Ok(hastened > 0)
    }
}

fn job(env: Env, row: JobRow) -> Result<AccountJob, StoreError> {
    let (organisation, uuid, rail_customer, currency, status, rail_account, doubt, lease, hastened) =
        row;
    Ok(AccountJob {
        tenant: Tenant {
            organisation: id(organisation)?,
            env,
        },
        account: id(uuid)?,
        rail_customer: RailCustomerId::parse(&rail_customer).map_err(|_| broken("rail id"))?,
        currency: FiatCurrency::of_account(&currency).map_err(|_| broken("currency"))?,
        status: AccountStatus::parse(&status).map_err(|_| broken("account status"))?,
        rail_account: rail_account
            .map(|text| RailAccountId::parse(&text))
            .transpose()
            .map_err(|_| broken("rail id"))?,
        absence_clear_in: left(doubt),
        lease,
        hastened,
    })
}

/// The first placeholders of a statement about an account that is held.
fn held<Row>(sql: &'static str, job: &AccountJob) -> Statement<Row> {
    in_tenant(sql, job.tenant)
        .uuid(job.account.uuid())
        .uuid(job.lease)
}
