//! What requests about a customer's files and submissions are judged by.

use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Rejection, Status},
    idempotency::{Fingerprint, KeyClaim},
    kyc::SubmissionBasis,
    ports::{BoundKey, KycBasis, StoreError},
    tenant::Tenant,
    values::CustomerType,
};

use crate::{
    database::Store,
    kyc_files::slot,
    rows::{broken, handle_parts, id},
    statement::in_tenant,
};

const BASIS: &str = "
    SELECT c.id, c.provisioning = 'provisioned', c.status, c.customer_type,
           ARRAY(SELECT s.slot FROM kyc_slots s
                 WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id ORDER BY s.slot),
           ARRAY(SELECT s.file_id FROM kyc_slots s
                 WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id ORDER BY s.slot),
           EXISTS (SELECT FROM kyc_submissions s
                   WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id
                     AND s.status IN ('submitted', 'in_review')),
           (SELECT d.rejection FROM status_changes d
            WHERE d.organisation_id = $1 AND d.env = $2 AND d.customer_id = c.id AND d.applied
            ORDER BY d.sequence DESC LIMIT 1),
           k.fingerprint, k.subject
    FROM customers c
    LEFT JOIN idempotency_keys k
      ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $5
    WHERE c.organisation_id = $1 AND c.env = $2 AND (c.id = $3 OR c.reference = $4)
      AND c.provisioning <> 'reserved' AND NOT c.is_primary";

type BasisSql = (
    SqlUuid,
    Bool,
    Text,
    Text,
    Array<Text>,
    Array<SqlUuid>,
    Bool,
    Nullable<Text>,
    Nullable<Binary>,
    Nullable<SqlUuid>,
);
type BasisRow = (
    Uuid,
    bool,
    String,
    String,
    Vec<String>,
    Vec<Uuid>,
    bool,
    Option<String>,
    Option<Vec<u8>>,
    Option<Uuid>,
);

impl Store {
    /// All of it in one round trip.
    pub(crate) async fn read_kyc_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<KycBasis>, StoreError> {
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
        row.map(basis).transpose()
    }
}

fn basis(row: BasisRow) -> Result<KycBasis, StoreError> {
    let (
        customer,
        has_identity,
        stands,
        kind,
        slots,
        files,
        is_open,
        rejection,
        used_with,
        subject,
    ) = row;
    let slots: Result<Vec<_>, _> = slots
        .iter()
        .zip(files)
        .map(|(category, file)| slot(category, file))
        .collect();
    let used_with = used_with
        .map(|bytes| bytes.try_into().map(Fingerprint))
        .transpose()
        .map_err(|_| broken("fingerprint"))?;
    Ok(KycBasis {
        customer: id(customer)?,
        has_identity,
        standing: SubmissionBasis {
            status: Status::parse(&stands).map_err(|_| broken("status"))?,
            customer_type: CustomerType::parse(&kind).map_err(|_| broken("type"))?,
            slots: slots?,
            is_open,
            rejection: rejection.map(|code| read_rejection(&code)).transpose()?,
        },
        bound: used_with.map(|used_with| BoundKey { used_with, subject }),
    })
}

pub(crate) fn read_rejection(code: &str) -> Result<Rejection, StoreError> {
    Rejection::parse(code).map_err(|_| broken("rejection"))
}
