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
    leases::{next_due, readable, take_due},
    rows::{broken, id},
    statement::{Statement, in_tenant, millis},
    swap_rows::{SwapRow, SwapSql, amount, swap, swap_columns},
};

const TAKE_DUE: &str = take_due! {
    table: "swap_jobs", key: "swap_id", due: "due_at", and: "true", doublings: 5,
    then: "
     SELECT t.organisation_id, t.lease_token, t.simulated_outcome, t.simulated_amount, ",
    swap_columns!(),
    " FROM taken t
     JOIN swaps s ON s.organisation_id = t.organisation_id AND s.env = $1 AND s.id = t.swap_id
     JOIN customers c ON c.organisation_id = t.organisation_id AND c.env = $1 AND c.id = s.customer_id
     JOIN organisations o ON o.id = t.organisation_id"
};

type JobSql = (SqlUuid, SqlUuid, Nullable<Text>, Nullable<BigInt>, SwapSql);
type JobRow = (Uuid, Uuid, Option<String>, Option<i64>, SwapRow);

const NEXT_DUE: &str = next_due!(table: "swap_jobs", and: "true");

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
        let rows = self
            .take_due_rows::<JobSql, JobRow>(TAKE_DUE, env, lease, limit)
            .await?;
        Ok(readable("swap", rows, |row| (row.4.0.0, job(env, row))))
    }

    async fn next_due_swap(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.next_due(NEXT_DUE, env).await
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
                in_tenant::<(Nullable<Text>, Nullable<BigInt>)>(SIMULATE, tenant)
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
    in_tenant(sql, job.tenant)
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
