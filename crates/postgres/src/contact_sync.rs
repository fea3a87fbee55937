//! Contact data on its way to the rail.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{ContactField, Version},
    ports::{ContactSync, PendingChange, RailCustomerId, StoreError},
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    leases::{readable, take_due},
    personal_data::{PersonalRow, PersonalSql},
    rows::{broken, contact_fields, id},
    statement::in_tenant,
};

/// While a submission is being handed over the rail's record is left alone: by when it last changed one tells whether a
/// rejection is the answer to this submission or to the one before.
const TAKE_PENDING: &str = take_due! {
    table: "contact_changes", key: "customer_id", due: "next_attempt_at",
    and: "NOT EXISTS (
              SELECT FROM kyc_jobs k
              JOIN kyc_submissions s ON s.organisation_id = k.organisation_id AND s.env = $1 AND s.id = k.submission_id
              WHERE k.organisation_id = contact_changes.organisation_id AND k.env = $1 AND k.may_have_begun
                AND s.customer_id = contact_changes.customer_id
          )",
    doublings: 3,
    then: "
    SELECT taken.organisation_id, taken.customer_id, taken.lease_token, taken.fields, c.version, c.rail_customer_id,
           c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
    FROM taken JOIN customers c
      ON c.organisation_id = taken.organisation_id AND c.env = $1 AND c.id = taken.customer_id"
};

type PendingSql = (
    SqlUuid,
    SqlUuid,
    SqlUuid,
    Array<Text>,
    Integer,
    Text,
    PersonalSql,
);
type PendingRow = (Uuid, Uuid, Uuid, Vec<String>, i32, String, PersonalRow);

/// A row whose version has moved on holds fields that were amended meanwhile: it stays, free to be taken again.
const SETTLE: &str = "
    WITH held AS (
        SELECT version FROM contact_changes
        WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4
        FOR UPDATE
    ), ended AS (
        DELETE FROM contact_changes p USING held
        WHERE p.organisation_id = $1 AND p.env = $2 AND p.customer_id = $3 AND held.version <= $5
    ), freed AS (
        UPDATE contact_changes p SET leased_until = now(), lease_token = NULL FROM held
        WHERE p.organisation_id = $1 AND p.env = $2 AND p.customer_id = $3 AND held.version > $5
    ), taken AS (
        DELETE FROM refused_changes r USING held
        WHERE r.organisation_id = $1 AND r.env = $2 AND r.customer_id = $3
          AND r.field = ANY($6) AND r.field <> ALL($7)
    )
    INSERT INTO refused_changes (organisation_id, env, customer_id, field, refused_at)
    SELECT $1, $2, $3, field, now() FROM held, unnest($7) field
    ON CONFLICT (organisation_id, env, customer_id, field) DO UPDATE SET refused_at = EXCLUDED.refused_at";

#[async_trait]
impl ContactSync for Store {
    async fn take_pending_changes(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PendingChange>, StoreError> {
        let rows = self
            .take_due_rows::<PendingSql, PendingRow>(TAKE_PENDING, env, lease, limit)
            .await?;
        Ok(readable("customer", rows, |row| {
            (row.1, self.pending_change(env, row))
        }))
    }

    async fn settle_change(
        &self,
        change: &PendingChange,
        refused: &[ContactField],
    ) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                in_tenant(SETTLE, change.tenant)
                    .uuid(change.customer.uuid())
                    .uuid(change.lease)
                    .integer(change.version.0)
                    .texts(names(&change.fields))
                    .texts(names(refused))
            })
            .await?;
        Ok(())
    }

    async fn free_change(&self, change: &PendingChange) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                in_tenant(
                    "UPDATE contact_changes SET leased_until = now()
                 WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4",
                    change.tenant,
                )
                .uuid(change.customer.uuid())
                .uuid(change.lease)
            })
            .await?;
        Ok(())
    }
}

impl Store {
    fn pending_change(&self, env: Env, row: PendingRow) -> Result<PendingChange, StoreError> {
        let (organisation, customer, lease, fields, version, rail_customer, sealed) = row;
        let tenant = Tenant {
            organisation: id(organisation)?,
            env,
        };
        let (_, contact) = self.personal_data(tenant, customer, sealed)?;
        Ok(PendingChange {
            tenant,
            customer: id(customer)?,
            rail_customer: RailCustomerId::parse(&rail_customer).map_err(|_| broken("rail id"))?,
            contact,
            fields: contact_fields(&fields)?,
            version: Version(version),
            lease,
        })
    }
}

fn names(fields: &[ContactField]) -> Vec<String> {
    fields.iter().map(|field| field.name().to_owned()).collect()
}
