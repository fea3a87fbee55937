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
    leases::{readable, take_due},
    rows::{id, summary_columns},
    standing::{TakenRow, TakenSql},
};

/// Doubled twice alone: everything is finished within seconds of the rail's return.
const TAKE_DUE: &str = take_due! {
    table: "reservations", key: "customer_id", due: "next_attempt_at", and: "true", doublings: 2,
    then: "
     SELECT taken.organisation_id, taken.lease_token,
            (EXTRACT(EPOCH FROM GREATEST(taken.absence_clear_at, now()) - now()) * 1000)::bigint, ",
    summary_columns!(),
    ", c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
     FROM taken JOIN customers c
       ON c.organisation_id = taken.organisation_id AND c.env = $1 AND c.id = taken.customer_id"
};

type DueSql = (SqlUuid, SqlUuid, TakenSql);
type DueRow = (Uuid, Uuid, TakenRow);

#[async_trait]
impl Reconciliation for Store {
    async fn take_due(
        &self,
        env: Env,
        terms: LeaseTerms,
        limit: u8,
    ) -> Result<Vec<Reservation>, StoreError> {
        let rows = self
            .take_due_rows::<DueSql, DueRow>(TAKE_DUE, env, terms.lease(), limit)
            .await?;
        Ok(readable("reservation", rows, |row| {
            (row.2.1.0, self.due(env, row))
        }))
    }
}

impl Store {
    fn due(&self, env: Env, row: DueRow) -> Result<Reservation, StoreError> {
        let (organisation, token, row) = row;
        let organisation = id(organisation)?;
        self.reservation(Tenant { organisation, env }, token, row)
    }
}
