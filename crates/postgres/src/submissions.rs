//! Submissions of customers.

use async_trait::async_trait;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::CustomerHandle,
    event::EventDetail,
    id::KycSubmissionId,
    idempotency::KeyClaim,
    kyc::{Gap, Submission, SubmissionStatus},
    ports::{NewSubmission, StoreError, Submissions},
    tenant::Tenant,
    values::CustomerType,
};

use crate::{
    database::Store,
    error::unless_taken,
    event_rows::detail_json,
    kyc_basis::read_rejection,
    rows::{broken, handle_parts, id},
    statement::in_tenant,
};

/// Who is not pending any more submits nothing; a submission that is open stands against another one as a constraint.
const OPEN: &str = "
    WITH c AS (
        UPDATE customers t SET event_count = t.event_count + 1, status_event = t.event_count + 1
        WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3 AND t.provisioning = 'provisioned'
          AND t.status = 'pending'
        RETURNING t.*
    ), opened AS (
        INSERT INTO kyc_submissions (organisation_id, env, id, customer_id, status)
        SELECT $1, $2, $4, c.id, 'submitted' FROM c
        RETURNING id, customer_id, status, missing
    ), files AS (
        INSERT INTO kyc_submission_files (organisation_id, env, submission_id, slot, file_id)
        SELECT $1, $2, $4, s.slot, s.file_id FROM kyc_slots s JOIN c ON c.id = s.customer_id
        WHERE s.organisation_id = $1 AND s.env = $2
    ), job AS (
        INSERT INTO kyc_jobs (organisation_id, env, submission_id) SELECT $1, $2, $4 FROM c
    ), logged AS (
        INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status,
                            version, changed, detail)
        SELECT $1, $2, c.id, c.event_count, $5, 'kyc_submitted', c.interac_email, c.status, c.version, '{}', $6::jsonb
        FROM c
    ), bound AS (
        INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id, subject)
        SELECT $1, $2, $7, $8, $9, c.id, $4 FROM c WHERE $10
    )
    SELECT o.id, o.customer_id, o.status, o.missing, NULL::text, c.customer_type FROM opened o, c";

type SubmissionSql = (SqlUuid, SqlUuid, Text, Array<Text>, Nullable<Text>, Text);
type SubmissionRow = (Uuid, Uuid, String, Vec<String>, Option<String>, String);

const FIND: &str = "
    SELECT s.id, s.customer_id, s.status, s.missing, d.rejection, c.customer_type
    FROM kyc_submissions s
    JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = s.customer_id
    LEFT JOIN status_changes d
      ON d.organisation_id = $1 AND d.env = $2 AND d.customer_id = s.customer_id AND d.id = s.decision
    WHERE s.organisation_id = $1 AND s.env = $2 AND s.id = $3";

/// A row comes even when there is no submission, so that one round trip tells an unknown customer.
const OF_CUSTOMER: &str = "
    SELECT s.id, s.customer_id, s.status, s.missing, d.rejection, c.customer_type
    FROM customers c
    LEFT JOIN LATERAL (
        SELECT * FROM kyc_submissions s
        WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id
        ORDER BY s.id DESC LIMIT $5
    ) s ON true
    LEFT JOIN status_changes d
      ON d.organisation_id = $1 AND d.env = $2 AND d.customer_id = c.id AND d.id = s.decision
    WHERE c.organisation_id = $1 AND c.env = $2 AND (c.id = $3 OR c.reference = $4)
      AND c.provisioning <> 'reserved' AND NOT c.is_primary
    ORDER BY s.id DESC";

type MaybeSql = (
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Array<Text>>,
    Nullable<Text>,
    Text,
);
type MaybeRow = (
    Option<Uuid>,
    Option<Uuid>,
    Option<String>,
    Option<Vec<String>>,
    Option<String>,
    String,
);

#[async_trait]
impl Submissions for Store {
    async fn open_submission(
        &self,
        tenant: Tenant,
        new: &NewSubmission,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Submission>, StoreError> {
        let detail = detail_json(&EventDetail::KycSubmitted { submission: new.id });
        let opened = self
            .database
            .row(|| {
                let open = in_tenant::<SubmissionSql>(OPEN, tenant)
                    .uuid(new.customer.uuid())
                    .uuid(new.id.uuid())
                    .uuid(new.event.uuid())
                    .maybe_text(detail.clone());
                self.bind_claim(open, tenant, claim)
            })
            .await;
        let opened: Option<SubmissionRow> = unless_taken(opened)?.flatten();
        opened.map(submission).transpose()
    }

    async fn find_submission(
        &self,
        tenant: Tenant,
        id: KycSubmissionId,
    ) -> Result<Option<Submission>, StoreError> {
        let row: Option<SubmissionRow> = self
            .database
            .row(|| in_tenant::<SubmissionSql>(FIND, tenant).uuid(id.uuid()))
            .await?;
        row.map(submission).transpose()
    }

    async fn submissions_of(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        limit: u8,
    ) -> Result<Option<Vec<Submission>>, StoreError> {
        let (id, reference) = handle_parts(customer);
        let rows: Vec<MaybeRow> = self
            .database
            .rows(|| {
                in_tenant::<MaybeSql>(OF_CUSTOMER, tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .big_int(i64::from(limit))
            })
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let rows = rows.into_iter().filter_map(present);
        rows.map(submission).collect::<Result<_, _>>().map(Some)
    }
}

fn present(row: MaybeRow) -> Option<SubmissionRow> {
    let (id, customer, status, missing, rejection, customer_type) = row;
    Some((id?, customer?, status?, missing?, rejection, customer_type))
}

fn submission(row: SubmissionRow) -> Result<Submission, StoreError> {
    let (uuid, customer, status, missing, rejection, customer_type) = row;
    let gaps: Result<Vec<_>, _> = missing.iter().map(|gap| Gap::parse(gap)).collect();
    Ok(Submission {
        id: id(uuid)?,
        customer: id(customer)?,
        status: SubmissionStatus::parse(&status).map_err(|_| broken("status"))?,
        missing: gaps.map_err(|_| broken("gap"))?,
        rejection: rejection.as_deref().map(read_rejection).transpose()?,
        customer_type: CustomerType::parse(&customer_type).map_err(|_| broken("type"))?,
    })
}
