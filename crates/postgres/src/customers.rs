//! Amendments of customers.

use async_trait::async_trait;
use diesel::sql_types::{Binary, Nullable, Text};
use vouch_domain::{
    customer::{Customer, CustomerHandle},
    id::CustomerId,
    idempotency::{Fingerprint, KeyClaim},
    ports::{Amend, AmendOutcome, AmendmentBasis, AmendmentSubject, Customers, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::{Failure, unless_taken},
    personal_data,
    rows::{SummaryRow, SummarySql, broken, handle_parts, summary, summary_columns},
    statement::in_tenant,
};

const BASIS: &str = concat!(
    "SELECT ",
    summary_columns!(),
    ", c.customer_type, c.country, c.id_type, c.data_key, c.personal_data, k.fingerprint
     FROM customers c
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $5
     WHERE c.organisation_id = $1 AND c.env = $2 AND (c.id = $3 OR c.reference = $4)
       AND c.provisioning <> 'reserved' AND NOT c.is_primary"
);

type BasisSql = (
    SummarySql,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Binary,
    Binary,
    Nullable<Binary>,
);
type BasisRow = (
    SummaryRow,
    String,
    Option<String>,
    Option<String>,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
);

const AMEND: &str = concat!(
    "WITH c AS (
         UPDATE customers t
         SET version = t.version + 1, event_count = t.event_count + 1, identity_hashes = $5, data_key = $6,
             personal_data = $7
         WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3 AND t.version = $4
         RETURNING t.*
     ), bound AS (
         INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
         SELECT $1, $2, $8, $9, $10, c.id FROM c WHERE $11
     ), pending AS (
         INSERT INTO contact_changes AS p (organisation_id, env, customer_id, fields, version)
         SELECT $1, $2, c.id, $13, c.version FROM c
         ON CONFLICT (organisation_id, env, customer_id) DO UPDATE
         SET fields = ARRAY(SELECT DISTINCT unnest(p.fields || EXCLUDED.fields)), version = EXCLUDED.version,
             attempts = 0, next_attempt_at = now()
     ), logged AS (
         INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status,
                             version, changed)
         SELECT $1, $2, c.id, c.event_count, $12, 'customer_updated', c.interac_email, c.status, c.version, $13 FROM c
     )
     SELECT ",
    summary_columns!(),
    " FROM c"
);

#[async_trait]
impl Customers for Store {
    async fn amendment_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError> {
        let (id, reference) = handle_parts(customer);
        let row: Option<BasisRow> = self
            .database
            .row(|| {
                in_tenant::<BasisSql>(BASIS, tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
            })
            .await?;
        row.map(|row| self.basis(tenant, row)).transpose()
    }

    async fn amend(&self, tenant: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError> {
        let amended = self.update_contact(tenant, amend).await;
        match unless_taken(amended)?.flatten() {
            Some(row) => Ok(AmendOutcome::Amended(summary(row)?)),
            None => Ok(AmendOutcome::Outrun),
        }
    }

    async fn bind_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        let bound = self.insert_key(tenant, customer, claim).await;
        Ok(unless_taken(bound)?.is_some())
    }
}

impl Store {
    fn basis(&self, tenant: Tenant, row: BasisRow) -> Result<AmendmentBasis, StoreError> {
        let (row, customer_type, country, id_type, data_key, value, bound) = row;
        let bound = bound
            .map(|bytes| bytes.try_into().map(Fingerprint))
            .transpose()
            .map_err(|_| broken("fingerprint"))?;
        let (Some(country), Some(id_type)) = (country, id_type) else {
            return Ok(AmendmentBasis {
                subject: AmendmentSubject::WithoutIdentity,
                bound,
            });
        };
        let summary = summary(row)?;
        let sealed = (customer_type, country, id_type, data_key, value);
        let (identity, contact) = self.personal_data(tenant, summary.id.uuid(), sealed)?;
        let customer = Customer {
            summary,
            identity,
            contact,
        };
        Ok(AmendmentBasis {
            subject: AmendmentSubject::Known(Box::new(customer)),
            bound,
        })
    }

    async fn update_contact(
        &self,
        tenant: Tenant,
        amend: &Amend<'_>,
    ) -> Result<Option<SummaryRow>, Failure> {
        let id = amend.customer.uuid();
        let hashes = self.hashing.identity(id, amend.identity, amend.contact);
        let sealed =
            personal_data::seal(&self.master_keys, tenant, id, amend.identity, amend.contact)
                .map_err(StoreError::from)?;
        let changed: Vec<String> = amend
            .changed
            .iter()
            .map(|field| field.name().to_owned())
            .collect();
        let claim = amend.claim;
        let rows = self
            .database
            .rows(|| {
                in_tenant::<SummarySql>(AMEND, tenant)
                    .uuid(id)
                    .integer(amend.expected.0)
                    .bytes(hashes.as_flattened())
                    .bytes(sealed.data_key.clone())
                    .bytes(sealed.value.clone())
                    .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
                    .maybe_text(claim.map(|claim| claim.contract.as_str()))
                    .maybe_bytes(claim.map(|claim| claim.fingerprint.0))
                    .bool(claim.is_some())
                    .uuid(amend.event.uuid())
                    .texts(changed.clone())
            })
            .await?;
        Ok(rows.into_iter().next())
    }
}
