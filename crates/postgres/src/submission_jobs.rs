//! The jobs that bring submissions to the rail, shared among processes.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    id::FileId,
    kyc::{ContentType, FileCategory, Gap, Handover},
    ports::{RailCustomerId, RailFileId, StoreError, SubmissionJob, SubmissionJobs, SubmittedFile},
    tenant::{Env, Tenant},
    values::CustomerType,
};

use crate::{
    database::Store,
    kyc_files::stored,
    leases::{readable, take_due},
    rows::{broken, id},
    statement::{Statement, in_tenant, millis},
};

/// One row for each file.
const TAKE_DUE: &str = take_due! {
    table: "kyc_jobs", key: "submission_id", due: "due_at", and: "true", doublings: 6,
    then: "
    SELECT t.organisation_id, t.submission_id, t.lease_token, t.may_have_begun, s.rejected_before,
           c.id, c.rail_customer_id, c.customer_type, k.key,
           f.id, f.category, f.content_type, f.object, f.size, f.sha256, sf.rail_file_id
    FROM taken t
    JOIN kyc_submissions s ON s.organisation_id = t.organisation_id AND s.env = $1 AND s.id = t.submission_id
    JOIN customers c ON c.organisation_id = t.organisation_id AND c.env = $1 AND c.id = s.customer_id
    JOIN document_keys k ON k.organisation_id = t.organisation_id AND k.env = $1 AND k.customer_id = c.id
    JOIN kyc_submission_files sf
      ON sf.organisation_id = t.organisation_id AND sf.env = $1 AND sf.submission_id = t.submission_id
    JOIN files f ON f.organisation_id = t.organisation_id AND f.env = $1 AND f.id = sf.file_id
    ORDER BY t.submission_id"
};

type JobSql = (SqlUuid, SqlUuid, SqlUuid, Bool, Nullable<Timestamptz>);
type CustomerSql = (SqlUuid, Text, Text, Binary);
type FileSql = (SqlUuid, Text, Text, SqlUuid, BigInt, Binary, Nullable<Text>);
type JobRow = (Uuid, Uuid, Uuid, bool, Option<DateTime<Utc>>);
type CustomerRow = (Uuid, String, String, Vec<u8>);
type FileRow = (Uuid, String, String, Uuid, i64, Vec<u8>, Option<String>);
type Row = (JobRow, CustomerRow, FileRow);

const RENEW: &str = "
    UPDATE kyc_jobs SET leased_until = now() + $5 * interval '1 millisecond'
    WHERE organisation_id = $1 AND env = $2 AND submission_id = $3 AND lease_token = $4";

const SENT: &str = "
    WITH held AS (
        SELECT submission_id FROM kyc_jobs
        WHERE organisation_id = $1 AND env = $2 AND submission_id = $3 AND lease_token = $4
        FOR UPDATE
    )
    UPDATE kyc_submission_files f SET rail_file_id = $5 FROM held
    WHERE f.organisation_id = $1 AND f.env = $2 AND f.submission_id = held.submission_id AND f.file_id = $6";

const STARTING: &str = "
    WITH starting AS (
        UPDATE kyc_jobs SET may_have_begun = true
        WHERE organisation_id = $1 AND env = $2 AND submission_id = $3 AND lease_token = $4
        RETURNING submission_id
    )
    UPDATE kyc_submissions s SET rejected_before = $5 FROM starting
    WHERE s.organisation_id = $1 AND s.env = $2 AND s.id = starting.submission_id";

/// A submission that was decided meanwhile has lost its job.
macro_rules! ending {
    ($set:expr) => {
        concat!(
            "WITH ended AS (
                 DELETE FROM kyc_jobs
                 WHERE organisation_id = $1 AND env = $2 AND submission_id = $3 AND lease_token = $4
                 RETURNING submission_id
             )
             UPDATE kyc_submissions s SET ",
            $set,
            " FROM ended
             WHERE s.organisation_id = $1 AND s.env = $2 AND s.id = ended.submission_id AND s.status = 'submitted'"
        )
    };
}

const REACHED: &str = ending!("status = 'in_review'");
const INCOMPLETE: &str = ending!(
    "status = 'incomplete', missing = $5, rejected_before = COALESCE($6, s.rejected_before)"
);

const FREE: &str = "
    UPDATE kyc_jobs SET lease_token = NULL, leased_until = now() + $5 * interval '1 millisecond'
    WHERE organisation_id = $1 AND env = $2 AND submission_id = $3 AND lease_token = $4";

#[async_trait]
impl SubmissionJobs for Store {
    async fn take_due_submissions(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SubmissionJob>, StoreError> {
        let rows = self
            .take_due_rows::<(JobSql, CustomerSql, FileSql), Row>(TAKE_DUE, env, lease, limit)
            .await?;
        let jobs = rows.chunk_by(|one, next| one.0 == next.0);
        Ok(readable("submission", jobs, |rows| {
            (rows[0].0.1, self.submission_job(env, rows))
        }))
    }

    async fn renew_submission(
        &self,
        job: &SubmissionJob,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let renewed = self
            .database
            .affected(|| held(RENEW, job).big_int(millis(lease)))
            .await?;
        Ok(renewed == 1)
    }

    async fn record_sent(
        &self,
        job: &SubmissionJob,
        file: FileId,
        at_rail: &RailFileId,
    ) -> Result<bool, StoreError> {
        let recorded = self
            .database
            .affected(|| held(SENT, job).text(at_rail.expose()).uuid(file.uuid()))
            .await?;
        Ok(recorded == 1)
    }

    async fn record_starting(
        &self,
        job: &SubmissionJob,
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let recorded = self
            .database
            .affected(|| held(STARTING, job).time(rejected_before))
            .await?;
        Ok(recorded == 1)
    }

    async fn record_reached(&self, job: &SubmissionJob) -> Result<(), StoreError> {
        self.database.affected(|| held(REACHED, job)).await?;
        Ok(())
    }

    async fn record_incomplete(
        &self,
        job: &SubmissionJob,
        missing: &[Gap],
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let missing: Vec<_> = missing.iter().map(|gap| gap.as_str().to_owned()).collect();
        self.database
            .affected(|| {
                held(INCOMPLETE, job)
                    .texts(missing.clone())
                    .time(rejected_before)
            })
            .await?;
        Ok(())
    }

    async fn free_submission(&self, job: &SubmissionJob, hold: Duration) -> Result<(), StoreError> {
        self.database
            .affected(|| held(FREE, job).big_int(millis(hold)))
            .await?;
        Ok(())
    }
}

/// The first placeholders of a statement about a job that is held.
fn held(sql: &'static str, job: &SubmissionJob) -> Statement<()> {
    in_tenant(sql, job.tenant)
        .uuid(job.submission.uuid())
        .uuid(job.lease)
}

impl Store {
    /// The job of these rows, which differ in their files alone.
    fn submission_job(&self, env: Env, rows: &[Row]) -> Result<SubmissionJob, StoreError> {
        let (job, customer, _) = &rows[0];
        let (organisation, submission, lease, may_have_begun, rejected_before) = job;
        let (customer, rail_customer, customer_type, key) = customer;
        let tenant = Tenant {
            organisation: id(*organisation)?,
            env,
        };
        let files: Result<Vec<_>, _> = rows.iter().map(|(_, _, row)| file(row)).collect();
        let mut files = files?;
        files.sort_by_key(|file| file.category);
        Ok(SubmissionJob {
            tenant,
            submission: id(*submission)?,
            customer: id(*customer)?,
            rail_customer: RailCustomerId::parse(rail_customer).map_err(|_| broken("rail id"))?,
            customer_type: CustomerType::parse(customer_type).map_err(|_| broken("type"))?,
            files,
            key: self.document_key(tenant, *customer, key)?,
            handover: handover(*may_have_begun, *rejected_before),
            lease: *lease,
        })
    }
}

/// How far a submission has come, as its rows tell.
pub(crate) fn handover(may_have_begun: bool, rejected_before: Option<DateTime<Utc>>) -> Handover {
    match may_have_begun {
        true => Handover::Begun { rejected_before },
        false => Handover::OnItsWay,
    }
}

fn file(row: &FileRow) -> Result<SubmittedFile, StoreError> {
    let (uuid, category, content_type, object, size, sha256, at_rail) = row;
    let at_rail = at_rail.as_deref().map(RailFileId::parse).transpose();
    Ok(SubmittedFile {
        file: id(*uuid)?,
        category: FileCategory::parse(category).map_err(|_| broken("category"))?,
        content_type: ContentType::parse(content_type).map_err(|_| broken("content type"))?,
        stored: stored(*object, *size, sha256.clone())?,
        at_rail: at_rail.map_err(|_| broken("rail file id"))?,
    })
}
