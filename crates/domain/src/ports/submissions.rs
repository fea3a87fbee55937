use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{DocumentKey, RailCustomerId, RailFileId, StoreError};
use crate::{
    customer::CustomerHandle,
    id::{CustomerId, EventId, FileId, KycSubmissionId},
    idempotency::KeyClaim,
    kyc::{ContentType, FileCategory, Gap, Handover, StoredContent, Submission},
    tenant::{Env, Tenant},
    values::CustomerType,
};

/// The submissions of customers.
#[async_trait]
pub trait Submissions: Send + Sync {
    /// Opens a submission of the files in the slots as they are now, with the job that brings it to the rail, appends
    /// `kyc_submitted`, and binds the key: all of it, or nothing. Answers with nothing when the customer is not pending any
    /// more, has a submission open, or the key was bound: read the basis again.
    async fn open_submission(
        &self,
        tenant: Tenant,
        new: &NewSubmission,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Submission>, StoreError>;

    /// One submission.
    async fn find_submission(
        &self,
        tenant: Tenant,
        id: KycSubmissionId,
    ) -> Result<Option<Submission>, StoreError>;

    /// The newest submissions of a customer, newest first, at most `limit`. Nothing for a customer that the tenant does
    /// not have.
    async fn submissions_of(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        limit: u8,
    ) -> Result<Option<Vec<Submission>>, StoreError>;
}

/// A submission to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubmission {
    /// The id that it will have.
    pub id: KycSubmissionId,
    /// Who is handed over.
    pub customer: CustomerId,
    /// The id of the event.
    pub event: EventId,
}

/// Bringing submissions to the rail, across restarts and processes.
///
/// Every submission that has not reached the rail has one job. What was done for it is recorded step by step, so that
/// whoever takes an expired lease over goes on from there.
#[async_trait]
pub trait SubmissionJobs: Send + Sync {
    /// Takes jobs of an env that are due, at most `limit`, under a lease. Each attempt puts the next one off for longer, up
    /// to a cap. Several processes may ask at once: no job is given to two of them.
    async fn take_due_submissions(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SubmissionJob>, StoreError>;

    /// Has the lease last so long from now on. Answers whether it still stood.
    async fn renew_submission(
        &self,
        job: &SubmissionJob,
        lease: Duration,
    ) -> Result<bool, StoreError>;

    /// Records that the rail has the bytes of a file. Answers whether the lease still stood.
    async fn record_sent(
        &self,
        job: &SubmissionJob,
        file: FileId,
        at_rail: &RailFileId,
    ) -> Result<bool, StoreError>;

    /// Records that the review may begin from now on, and when the rail had changed a customer that it rejects by then.
    /// Answers whether the lease still stood.
    async fn record_starting(
        &self,
        job: &SubmissionJob,
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError>;

    /// Ends the job because the rail has the submission: it is in review, unless it was decided meanwhile. Does nothing
    /// when the lease has passed to somebody else.
    async fn record_reached(&self, job: &SubmissionJob) -> Result<(), StoreError>;

    /// Ends job and submission because the rail lacks something; if the rail rejects the customer, with the time at which
    /// it had changed it. Does nothing when the lease has passed to somebody else.
    async fn record_incomplete(
        &self,
        job: &SubmissionJob,
        missing: &[Gap],
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>;

    /// Gives a job back before the end of its lease, due again when its next attempt is, and not before `hold` has passed.
    /// Does nothing when the lease has passed to somebody else.
    async fn free_submission(&self, job: &SubmissionJob, hold: Duration) -> Result<(), StoreError>;
}

/// A submission on its way to the rail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionJob {
    /// Whose it is.
    pub tenant: Tenant,
    /// The submission.
    pub submission: KycSubmissionId,
    /// Who is handed over.
    pub customer: CustomerId,
    /// The same at the rail.
    pub rail_customer: RailCustomerId,
    /// Person or business.
    pub customer_type: CustomerType,
    /// The files, in the order of their categories.
    pub files: Vec<SubmittedFile>,
    /// Opens the files.
    pub key: DocumentKey,
    /// How far earlier attempts have brought it.
    pub handover: Handover,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
}

/// A file of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedFile {
    /// The file.
    pub file: FileId,
    /// What it shows.
    pub category: FileCategory,
    /// What its bytes are.
    pub content_type: ContentType,
    /// Its bytes.
    pub stored: StoredContent,
    /// The rail's id of it, once the rail has its bytes.
    pub at_rail: Option<RailFileId>,
}
