use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Rejection, Status},
    event::{Event, EventDetail},
    id::{CustomerId, FileId, KycSubmissionId, StatusChangeId},
    idempotency::KeyClaim,
    kyc::{Gap, Handover, Slot, Submission, SubmissionStatus},
    ports::{
        NewSubmission, RailFileId, StoreError, SubmissionJob, SubmissionJobs, Submissions,
        SubmittedFile,
    },
    tenant::{Env, Tenant},
};

use super::{InMemory, Retry, Stage, State};

const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// A submission, and who brings it to the rail until it is there.
pub(super) struct SubmissionRecord {
    submission: Submission,
    slots: Vec<Slot>,
    /// The rail's ids of its files.
    sent: HashMap<FileId, RailFileId>,
    decision: Option<StatusChangeId>,
    /// When the rail had changed a customer that it rejected before.
    rejected_before: Option<DateTime<Utc>>,
    job: Option<Job>,
}

pub(super) type SubmissionRecords = BTreeMap<KycSubmissionId, (Tenant, SubmissionRecord)>;

/// How far the newest submission of a customer has come, if nobody has decided about it.
pub(super) fn handover(
    records: &SubmissionRecords,
    tenant: Tenant,
    customer: CustomerId,
) -> Option<Handover> {
    let mut newest_first = records.values().rev();
    let newest = newest_first
        .find(|(owner, record)| *owner == tenant && record.submission.customer == customer);
    let undecided = newest.filter(|(_, record)| record.decision.is_none());
    undecided.map(|(_, record)| record.handover())
}

/// Whether a submission of a customer is being handed over, so that its review may have begun.
pub(super) fn is_being_handed_over(
    records: &SubmissionRecords,
    tenant: Tenant,
    customer: CustomerId,
) -> bool {
    records.values().any(|(owner, record)| {
        let job = record.job.as_ref();
        *owner == tenant
            && record.submission.customer == customer
            && job.is_some_and(|job| job.may_have_begun)
    })
}

struct Job {
    may_have_begun: bool,
    token: Option<Uuid>,
    leased_until: Duration,
    retry: Retry,
}

#[async_trait]
impl Submissions for InMemory {
    async fn open_submission(
        &self,
        tenant: Tenant,
        new: &NewSubmission,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Submission>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let is_pending = state
            .records_mut(tenant)
            .get(&new.customer)
            .is_some_and(|record| record.customer.summary.status == Status::Pending);
        let customer_type = state.customer_type(tenant, new.customer);
        let Some(customer_type) = customer_type
            .filter(|_| is_pending && !state.has_open_submission(tenant, new.customer))
        else {
            return Ok(None);
        };
        if !state.bind_made(tenant, claim, new.customer, Some(new.id.uuid())) {
            return Ok(None);
        }
        if let Some(record) = state.records_mut(tenant).get_mut(&new.customer) {
            record.events.push(Event {
                id: new.event,
                sequence: i32::try_from(record.events.len() + 1).expect("few events"),
                customer: record.customer.summary.clone(),
                detail: EventDetail::KycSubmitted { submission: new.id },
            });
        }
        let submission = Submission {
            id: new.id,
            customer: new.customer,
            status: SubmissionStatus::Submitted,
            missing: Vec::new(),
            rejection: None,
            customer_type,
        };
        let record = SubmissionRecord {
            submission: submission.clone(),
            slots: state.files.slots(tenant, new.customer),
            sent: HashMap::new(),
            decision: None,
            rejected_before: None,
            job: Some(Job {
                may_have_begun: false,
                token: None,
                leased_until: Duration::ZERO,
                retry: Retry::at_once(now),
            }),
        };
        state.submissions.insert(new.id, (tenant, record));
        Ok(Some(submission))
    }

    async fn find_submission(
        &self,
        tenant: Tenant,
        id: KycSubmissionId,
    ) -> Result<Option<Submission>, StoreError> {
        let state = self.state().await?;
        let found = state.submissions.get(&id);
        let found = found.filter(|(owner, _)| *owner == tenant);
        Ok(found.map(|(_, record)| state.shown(tenant, record)))
    }

    async fn submissions_of(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        limit: u8,
    ) -> Result<Option<Vec<Submission>>, StoreError> {
        let state = self.state().await?;
        let Some(found) = state.find(tenant, customer) else {
            return Ok(None);
        };
        let newest_first = state.submissions.values().rev();
        let theirs = newest_first.filter(|(owner, record)| {
            *owner == tenant && record.submission.customer == found.summary.id
        });
        let shown = theirs.map(|(_, record)| state.shown(tenant, record));
        Ok(Some(shown.take(usize::from(limit)).collect()))
    }
}

#[async_trait]
impl SubmissionJobs for InMemory {
    async fn take_due_submissions(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<SubmissionJob>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let of_env = state
            .submissions
            .iter()
            .filter(|(_, (tenant, _))| tenant.env == env);
        let due = of_env.filter(|(_, (_, record))| record.is_due(now));
        let due: Vec<_> = due.map(|(id, _)| *id).take(usize::from(limit)).collect();
        Ok(due.iter().map(|id| state.taken(*id, lease)).collect())
    }

    async fn renew_submission(
        &self,
        job: &SubmissionJob,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let until = state.now + lease;
        let held = state.held_submission(job);
        let Some(job) = held.and_then(|record| record.job.as_mut()) else {
            return Ok(false);
        };
        job.leased_until = until;
        Ok(true)
    }

    async fn record_sent(
        &self,
        job: &SubmissionJob,
        file: FileId,
        at_rail: &RailFileId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let Some(record) = state.held_submission(job) else {
            return Ok(false);
        };
        record.sent.insert(file, at_rail.clone());
        Ok(true)
    }

    async fn record_starting(
        &self,
        job: &SubmissionJob,
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let Some(record) = state.held_submission(job) else {
            return Ok(false);
        };
        record.rejected_before = rejected_before;
        if let Some(job) = &mut record.job {
            job.may_have_begun = true;
        }
        Ok(true)
    }

    async fn record_reached(&self, job: &SubmissionJob) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        if let Some(record) = state.held_submission(job) {
            record.job = None;
            record.submission.status = SubmissionStatus::InReview;
        }
        Ok(())
    }

    async fn record_incomplete(
        &self,
        job: &SubmissionJob,
        missing: &[Gap],
        rejected_before: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        if let Some(record) = state.held_submission(job) {
            record.job = None;
            record.submission.status = SubmissionStatus::Incomplete;
            record.submission.missing = missing.to_vec();
            record.rejected_before = rejected_before.or(record.rejected_before);
        }
        Ok(())
    }

    async fn free_submission(&self, job: &SubmissionJob, hold: Duration) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let until = state.now + hold;
        if let Some(job) = state
            .held_submission(job)
            .and_then(|record| record.job.as_mut())
        {
            job.token = None;
            job.leased_until = until;
        }
        Ok(())
    }
}

impl SubmissionRecord {
    fn is_open(&self) -> bool {
        matches!(
            self.submission.status,
            SubmissionStatus::Submitted | SubmissionStatus::InReview
        )
    }

    fn handover(&self) -> Handover {
        match self.job.as_ref().is_none_or(|job| job.may_have_begun) {
            true => Handover::Begun {
                rejected_before: self.rejected_before,
            },
            false => Handover::OnItsWay,
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        let job = self.job.as_ref();
        job.is_some_and(|job| job.leased_until <= now && job.retry.next_at <= now)
    }
}

impl State {
    /// The submission, if the job still has the lease.
    fn held_submission(&mut self, job: &SubmissionJob) -> Option<&mut SubmissionRecord> {
        let (_, record) = self.submissions.get_mut(&job.submission)?;
        let held = record.job.as_ref()?;
        (held.token == Some(job.lease)).then_some(record)
    }

    fn taken(&mut self, id: KycSubmissionId, lease: Duration) -> SubmissionJob {
        let now = self.now;
        let token = Uuid::new_v4();
        let (tenant, record) = self.submissions.get_mut(&id).expect("a submission");
        let tenant = *tenant;
        let job = record.job.as_mut().expect("a job that is due");
        job.token = Some(token);
        job.leased_until = now + lease;
        job.retry.put_off(now, LONGEST_PAUSE);
        let handover = record.handover();
        let submission = record.submission.clone();
        let (slots, sent) = (record.slots.clone(), record.sent.clone());
        let made = self.records_mut(tenant).get(&submission.customer);
        let Some(Stage::Provisioned(rail_customer)) = made.map(|record| &record.stage) else {
            panic!("a submission of a reservation");
        };
        let rail_customer = rail_customer.clone();
        let files = slots.iter().map(|slot| {
            let (_, file) = &self.files.files[&slot.file];
            SubmittedFile {
                file: slot.file,
                category: slot.category,
                content_type: file.content_type,
                stored: file.stored.clone().expect("an uploaded file"),
                at_rail: sent.get(&slot.file).cloned(),
            }
        });
        SubmissionJob {
            tenant,
            submission: id,
            customer: submission.customer,
            rail_customer,
            customer_type: submission.customer_type,
            files: files.collect(),
            key: self
                .files
                .key(tenant, submission.customer)
                .expect("a key for every customer with files"),
            handover,
            lease: token,
        }
    }

    pub(super) fn has_open_submission(&self, tenant: Tenant, customer: CustomerId) -> bool {
        self.submissions.values().any(|(owner, record)| {
            *owner == tenant && record.submission.customer == customer && record.is_open()
        })
    }

    /// What a change of a customer's status tells of its newest submission.
    pub(super) fn follow_customer(
        &mut self,
        tenant: Tenant,
        customer: CustomerId,
        status: Status,
        decision: Option<StatusChangeId>,
    ) {
        let mut newest_first = self.submissions.values_mut().rev();
        let newest = newest_first
            .find(|(owner, record)| *owner == tenant && record.submission.customer == customer);
        let Some((_, record)) = newest else {
            return;
        };
        let is_decided = matches!(
            record.submission.status,
            SubmissionStatus::Approved | SubmissionStatus::Rejected
        );
        record.submission.status = match status {
            Status::Verified => SubmissionStatus::Approved,
            Status::Rejected => SubmissionStatus::Rejected,
            Status::Closed if record.is_open() => SubmissionStatus::Incomplete,
            Status::Pending if is_decided => SubmissionStatus::Incomplete,
            Status::Closed | Status::Pending => return,
        };
        record.submission.missing.clear();
        record.decision = decision;
        record.job = None;
    }

    fn shown(&self, tenant: Tenant, record: &SubmissionRecord) -> Submission {
        let decided = record
            .decision
            .and_then(|decision| self.rejection_of(tenant, record.submission.customer, decision));
        Submission {
            rejection: decided,
            ..record.submission.clone()
        }
    }

    fn rejection_of(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        decision: StatusChangeId,
    ) -> Option<Rejection> {
        let history = self.history.get(&(tenant, customer))?;
        let mut changes = history.iter().map(|noted| &noted.change);
        changes.find(|change| change.id == decision)?.rejection
    }
}
