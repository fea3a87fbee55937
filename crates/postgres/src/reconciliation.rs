//! Open reservations that are due, shared among processes.

use async_trait::async_trait;
use diesel::sql_types::Uuid as SqlUuid;
use uuid::Uuid;
use vouch_domain::{
    ports::{LeaseTerms, Reconciliation, Reservation, StoreError},
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    rows::{id, summary_columns},
    standing::{TakenRow, TakenSql},
    statement::{millis, statement},
};

/// The next attempt comes after 0.5 s to 1 s at first, doubling up to 2 s to 4 s: jitter keeps the attempts of one outage
/// apart, and the cap has everything finished within seconds of the rail's return.
const TAKE_DUE: &str = concat!(
    "WITH due AS (
         SELECT organisation_id, customer_id FROM reservations
         WHERE env = $1 AND next_attempt_at <= now() AND leased_until <= now()
         ORDER BY next_attempt_at LIMIT $2
         FOR UPDATE SKIP LOCKED
     ), taken AS (
         UPDATE reservations r
         SET lease_token = gen_random_uuid(), leased_until = now() + $3 * interval '1 millisecond',
             attempts = r.attempts + 1,
             next_attempt_at = now() + 2 ^ least(r.attempts, 2) * (0.5 + random() / 2) * interval '1 second'
         FROM due
         WHERE r.organisation_id = due.organisation_id AND r.env = $1 AND r.customer_id = due.customer_id
         RETURNING r.organisation_id, r.customer_id, r.lease_token,
                   (EXTRACT(EPOCH FROM GREATEST(r.absence_clear_at, now()) - now()) * 1000)::bigint AS doubt
     )
     SELECT taken.organisation_id, taken.lease_token, taken.doubt, ",
    summary_columns!(),
    ", c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
     FROM taken JOIN customers c
       ON c.organisation_id = taken.organisation_id AND c.env = $1 AND c.id = taken.customer_id"
);

#[async_trait]
impl Reconciliation for Store {
    async fn take_due(
        &self,
        env: Env,
        terms: LeaseTerms,
        limit: u8,
    ) -> Result<Vec<Reservation>, StoreError> {
        let rows: Vec<(Uuid, Uuid, TakenRow)> = self
            .database
            .rows(|| {
                statement::<(SqlUuid, SqlUuid, TakenSql)>(TAKE_DUE)
                    .text(env.as_str())
                    .big_int(i64::from(limit))
                    .big_int(millis(terms.lease()))
            })
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| self.due(env, row))
            .collect())
    }
}

impl Store {
    /// A row that cannot be read, as under a missing master key, is left to its lease: it must not hold up the others.
    fn due(&self, env: Env, row: (Uuid, Uuid, TakenRow)) -> Option<Reservation> {
        let (organisation, token, row) = row;
        let customer = row.1.0;
        let read = id(organisation)
            .and_then(|organisation| self.reservation(Tenant { organisation, env }, token, row));
        read.inspect_err(
            |error| tracing::error!(%customer, %error, "an open reservation cannot be read"),
        )
        .ok()
    }
}
