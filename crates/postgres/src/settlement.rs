//! The jobs that settle swaps, shared among processes.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    id::SwapId,
    ports::{SettlementJob, SettlementJobs, StoreError},
    simulation::{Outcome, Simulation},
    swap::expires_at,
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    rows::{broken, id},
    statement::{Statement, millis, statement},
    swap_rows::{SwapRow, SwapSql, amount, swap, swap_columns},
};

/// The next attempt comes after 0.5 s to 1 s at first, doubling up to 16 s to 32 s.
const TAKE_DUE: &str = concat!(
    "WITH due AS (
         SELECT organisation_id, swap_id FROM swap_jobs
         WHERE env = $1 AND due_at <= now() AND leased_until <= now()
         ORDER BY due_at LIMIT $2
         FOR UPDATE SKIP LOCKED
     ), taken AS (
         UPDATE swap_jobs j
         SET lease_token = gen_random_uuid(), leased_until = now() + $3 * interval '1 millisecond',
             attempts = j.attempts + 1,
             due_at = now() + 2 ^ least(j.attempts, 5) * (0.5 + random() / 2) * interval '1 second'
         FROM due
         WHERE j.organisation_id = due.organisation_id AND j.env = $1 AND j.swap_id = due.swap_id
         RETURNING j.organisation_id, j.swap_id, j.lease_token, j.simulated_outcome, j.simulated_amount
     )
     SELECT t.organisation_id, t.lease_token, t.simulated_outcome, t.simulated_amount, ",
    swap_columns!(),
    " FROM taken t
     JOIN swaps s ON s.organisation_id = t.organisation_id AND s.env = $1 AND s.id = t.swap_id
     JOIN customers c ON c.organisation_id = t.organisation_id AND c.env = $1 AND c.id = s.customer_id
     JOIN organisations o ON o.id = t.organisation_id"
);

type JobSql = (SqlUuid, SqlUuid, Nullable<Text>, Nullable<BigInt>, SwapSql);
type JobRow = (Uuid, Uuid, Option<String>, Option<i64>, SwapRow);

const NEXT_DUE: &str = "
    SELECT (EXTRACT(EPOCH FROM greatest(due_at, now()) - now()) * 1000)::bigint
    FROM swap_jobs
    WHERE env = $1 AND leased_until <= greatest(due_at, now())
    ORDER BY due_at LIMIT 1";

const PUT_OFF: &str = "
    UPDATE swap_jobs
    SET lease_token = NULL, leased_until = now(), attempts = 0, due_at = now() + $5 * interval '1 millisecond'
    WHERE organisation_id = $1 AND env = $2 AND swap_id = $3 AND lease_token = $4";

const FREE: &str = "
    UPDATE swap_jobs SET lease_token = NULL, leased_until = now()
    WHERE organisation_id = $1 AND env = $2 AND swap_id = $3 AND lease_token = $4";

/// The first simulation stands. Who held the job before has not heard of it, and may not put it off any more.
const SIMULATE: &str = "
    UPDATE swap_jobs j
    SET simulated_outcome = COALESCE(j.simulated_outcome, $4),
        simulated_amount = CASE WHEN j.simulated_outcome IS NULL THEN $5 ELSE j.simulated_amount END,
        lease_token = NULL, leased_until = now(), attempts = 0, due_at = now()
    FROM swaps s
    WHERE j.organisation_id = $1 AND j.env = $2 AND j.swap_id = $3
      AND s.organisation_id = $1 AND s.env = $2 AND s.id = $3 AND (s.status <> 'awaiting_deposit' OR $6)
    RETURNING j.simulated_outcome, j.simulated_amount";

#[async_trait]
impl SettlementJobs for Store {
    async fn take_due_swaps(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SettlementJob>, StoreError> {
        let rows: Vec<JobRow> = self
            .database
            .rows(|| {
                statement::<JobSql>(TAKE_DUE)
                    .text(env.as_str())
                    .big_int(i64::from(limit))
                    .big_int(millis(lease))
            })
            .await?;
        // A row that cannot be read is left to its lease: it must not hold up the others.
        let readable = rows.into_iter().filter_map(|row| {
            let id = row.4.0.0;
            job(env, row)
                .inspect_err(
                    |error| tracing::error!(swap = %id, %error, "a settlement job cannot be read"),
                )
                .ok()
        });
        Ok(readable.collect())
    }

    async fn next_due_swap(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        let row: Option<(i64,)> = self
            .database
            .row(|| statement::<(BigInt,)>(NEXT_DUE).text(env.as_str()))
            .await?;
        Ok(row.map(|(millis,)| Duration::from_millis(u64::try_from(millis).unwrap_or(0))))
    }

    async fn put_off_swap(&self, job: &SettlementJob, delay: Duration) -> Result<(), StoreError> {
        self.database
            .affected(|| held(PUT_OFF, job).big_int(millis(delay)))
            .await?;
        Ok(())
    }

    async fn free_swap(&self, job: &SettlementJob) -> Result<(), StoreError> {
        self.database.affected(|| held(FREE, job)).await?;
        Ok(())
    }

    async fn simulate_swap(
        &self,
        tenant: Tenant,
        swap: SwapId,
        simulation: &Simulation,
        at: DateTime<Utc>,
    ) -> Result<Option<Simulation>, StoreError> {
        let row: Option<(Option<String>, Option<i64>)> = self
            .database
            .row(|| {
                statement::<(Nullable<Text>, Nullable<BigInt>)>(SIMULATE)
                    .uuid(tenant.organisation.uuid())
                    .text(tenant.env.as_str())
                    .uuid(swap.uuid())
                    .text(simulation.outcome.as_str())
                    .big_int(simulation.amount.map(|sum| sum.units().count()))
                    .bool(at < expires_at(swap))
            })
            .await?;
        match row {
            Some((outcome, sum)) => self::simulation(outcome, sum),
            None => Ok(None),
        }
    }
}

/// The first placeholders of a statement about a job that is held.
fn held(sql: &'static str, job: &SettlementJob) -> Statement<()> {
    statement(sql)
        .uuid(job.tenant.organisation.uuid())
        .text(job.tenant.env.as_str())
        .uuid(job.swap.id.uuid())
        .uuid(job.lease)
}

fn job(env: Env, row: JobRow) -> Result<SettlementJob, StoreError> {
    let (organisation, lease, outcome, sum, row) = row;
    Ok(SettlementJob {
        tenant: Tenant {
            organisation: id(organisation)?,
            env,
        },
        swap: swap(row)?,
        simulation: simulation(outcome, sum)?,
        lease,
    })
}

fn simulation(outcome: Option<String>, sum: Option<i64>) -> Result<Option<Simulation>, StoreError> {
    let Some(outcome) = outcome else {
        return Ok(None);
    };
    let read = |_| broken("simulation");
    Ok(Some(Simulation {
        outcome: Outcome::parse(&outcome).map_err(read)?,
        amount: sum.map(amount).transpose().map_err(read)?,
    }))
}
