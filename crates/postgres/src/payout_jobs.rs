//! Payouts that are processing, shared among processes. Their own rows are the jobs.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::Status,
    event::{EventDetail, PayoutMark},
    id::{EventId, PayoutId},
    money::MinorUnits,
    payout::{PayoutEnd, PayoutFailure},
    ports::{
        AbsenceClear, PayoutJob, PayoutJobs, PayoutRelease, PayoutStage, RailCustomerId, StoreError,
    },
    tenant::{Env, Tenant},
    values::{FiatCurrency, MerchantReference},
};

use crate::{
    database::Store,
    event_rows::detail_json,
    leases::{left, next_due, readable, take_due},
    money_jobs::{given_back, release, status_of_customer},
    money_sealing::open_recipient,
    rows::{broken, id},
    sealing::Sealed,
    statement::{Statement, in_tenant, statement},
};

const TAKE_DUE: &str = take_due! {
    table: "payouts", key: "id", due: "due_at", and: "status = 'processing'", doublings: 3,
    then: "
    SELECT t.organisation_id, t.id, c.rail_customer_id, t.currency, t.amount_minor, t.merchant_reference, t.data_key, t.recipient, t.taken,
           t.attempts, (EXTRACT(EPOCH FROM GREATEST(t.absence_clear_at, now()) - now()) * 1000)::bigint,
           t.lease_token, t.hastened
    FROM taken t JOIN customers c ON c.organisation_id = t.organisation_id AND c.env = $1 AND c.id = t.customer_id"
};

type JobSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    BigInt,
    Text,
    Binary,
    Binary,
    Bool,
    Integer,
    BigInt,
    SqlUuid,
    Integer,
);
type JobRow = (
    Uuid,
    Uuid,
    String,
    String,
    i64,
    String,
    Vec<u8>,
    Vec<u8>,
    bool,
    i32,
    i64,
    Uuid,
    i32,
);

const NEXT_DUE: &str = next_due!(table: "payouts", and: "status = 'processing'");

const CUSTOMER: &str = status_of_customer!("payouts");

const END: &str = "
    WITH p AS (
        UPDATE payouts t SET status = $5, failure = $6, lease_token = NULL, leased_until = now()
        WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3 AND t.lease_token = $4 AND t.status = 'processing'
        RETURNING t.*
    ), c AS (
        UPDATE customers t SET processing_payouts = t.processing_payouts - 1, event_count = t.event_count + 1
        FROM p WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = p.customer_id
        RETURNING t.*
    ), logged AS (
        INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status,
                            version, changed, detail)
        SELECT $1, $2, c.id, c.event_count, $7, $8, c.interac_email, c.status, c.version, '{}', $9::jsonb FROM c
    )
    SELECT EXISTS (SELECT FROM p)";

const RELEASE: &str = release!(table: "payouts", set: "taken = taken OR $9,", due: "");

const HASTEN: &str = "
    UPDATE payouts SET hastened = hastened + 1, due_at = now()
    WHERE env = $1 AND id = $2 AND status = 'processing'";

#[async_trait]
impl PayoutJobs for Store {
    async fn take_due_payouts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PayoutJob>, StoreError> {
        let rows = self
            .take_due_rows::<JobSql, JobRow>(TAKE_DUE, env, lease, limit)
            .await?;
        Ok(readable("payout", rows, |row| {
            (row.1, self.payout_job(env, row))
        }))
    }

    async fn next_due_payout(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.next_due(NEXT_DUE, env).await
    }

    async fn payout_customer(&self, job: &PayoutJob) -> Result<Status, StoreError> {
        self.status_of_customer(CUSTOMER, job.tenant, job.payout.uuid())
            .await
    }

    async fn end_payout(
        &self,
        job: &PayoutJob,
        end: PayoutEnd,
        event: EventId,
    ) -> Result<bool, StoreError> {
        let mark = PayoutMark {
            payout: job.payout,
            currency: job.currency,
            amount: job.amount,
            merchant_reference: job.merchant_reference.clone(),
        };
        let detail = EventDetail::PayoutEnded(mark, end);
        let row: Option<(bool,)> = self
            .database
            .row(|| {
                held::<(Bool,)>(END, job)
                    .text(end.status().as_str())
                    .maybe_text(end.failure().map(PayoutFailure::as_str))
                    .uuid(event.uuid())
                    .text(detail.event_type().as_str())
                    .maybe_text(detail_json(&detail))
            })
            .await?;
        Ok(row.is_some_and(|(ended,)| ended))
    }

    async fn release_payout(
        &self,
        job: &PayoutJob,
        release: PayoutRelease,
    ) -> Result<(), StoreError> {
        let (absence, pause) = match release {
            PayoutRelease::Failed(absence) => (absence, None),
            PayoutRelease::TooEarly(pause) | PayoutRelease::Taken(pause) => {
                (AbsenceClear::AsBefore, Some(pause))
            }
        };
        let is_taken = matches!(release, PayoutRelease::Taken(_));
        self.database
            .affected(|| {
                given_back(held(RELEASE, job), absence, pause, job.hastened).bool(is_taken)
            })
            .await?;
        Ok(())
    }

    async fn hasten_payout(&self, env: Env, payout: PayoutId) -> Result<bool, StoreError> {
        let hastened = self
            .database
            .affected(|| {
                statement::<()>(HASTEN)
                    .text(env.as_str())
                    .uuid(payout.uuid())
            })
            .await?;
        Ok(hastened > 0)
    }
}

impl Store {
    fn payout_job(&self, env: Env, row: JobRow) -> Result<PayoutJob, StoreError> {
        let (
            organisation,
            uuid,
            rail_customer,
            currency,
            amount,
            merchant_reference,
            data_key,
            recipient,
            taken,
            attempts,
            doubt,
            lease,
            hastened,
        ) = row;
        let tenant = Tenant {
            organisation: id(organisation)?,
            env,
        };
        let sealed = Sealed {
            data_key,
            value: recipient,
        };
        Ok(PayoutJob {
            tenant,
            payout: id(uuid)?,
            rail_customer: RailCustomerId::parse(&rail_customer).map_err(|_| broken("rail id"))?,
            currency: FiatCurrency::of_payout(&currency).map_err(|_| broken("currency"))?,
            amount: MinorUnits::new(amount).map_err(|_| broken("amount"))?,
            merchant_reference: MerchantReference::restore(merchant_reference)
                .map_err(|_| broken("merchant reference"))?,
            recipient: open_recipient(&self.master_keys, tenant, uuid, &sealed)?,
            stage: match (taken, attempts) {
                (true, _) => PayoutStage::Taken,
                (false, 1) => PayoutStage::Unsent,
                (false, _) => PayoutStage::Doubtful {
                    absence_clear_in: left(doubt),
                },
            },
            lease,
            hastened,
        })
    }
}

/// The first placeholders of a statement about a payout that is held.
fn held<Row>(sql: &'static str, job: &PayoutJob) -> Statement<Row> {
    in_tenant(sql, job.tenant)
        .uuid(job.payout.uuid())
        .uuid(job.lease)
}
