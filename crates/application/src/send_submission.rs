//! Bringing submissions to the rail: every file, then the slots, then the word that starts the review.
//!
//! Each step that changes something at the rail can be repeated or is looked for first, and each that took long is
//! recorded. So a process that dies leaves a job from which the next one goes on, and the rail reviews once.

mod lease;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use vouch_domain::{
    kyc::{FileCategory, Gap, Handover},
    ports::{
        BrokenOff, ByteSource, DocumentPlace, Documents, DocumentsError, RailContent, RailCustomer,
        RailFailure, RailFileId, RailStatus, RailSubmission, Reviews, StoreError, SubmissionJob,
        SubmissionJobs, SubmittedFile, Urgency,
    },
    tenant::Env,
    values::CustomerType,
};

use crate::{
    background::Wake,
    jobs::{Onward, Work},
    rails::{RailLine, Rails},
    review::OverdueAges,
    steps::{self, Step},
};

/// Sends submissions to the rail, until it is stopped.
pub struct SubmissionSender {
    jobs: Arc<dyn SubmissionJobs>,
    documents: Arc<dyn Documents>,
    reviews: Arc<dyn Reviews>,
    rails: Rails,
    overdue: OverdueAges,
    wake: Wake,
}

/// How a submission ended here.
enum End {
    /// The rail has it.
    Reached,
    /// The rail does not take it, for this, and had changed a customer that it rejects at this time.
    Incomplete(Gap, Option<DateTime<Utc>>),
}

/// Why a submission came no further.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    /// The rail refused this part of it. It may be that it was reviewing the customer already.
    #[error("the rail refused {}", .0.as_str())]
    Refused(Gap),
    /// The job was taken over, or its submission decided; or its lease could not be renewed.
    #[error("the lease has passed to somebody else, or may soon")]
    LeaseLost,
    /// There are more files to send, and they are left to the next process.
    #[error("this process was asked to stop")]
    Stopped,
    #[error(transparent)]
    Rail(#[from] RailFailure),
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SubmissionSender {
    /// A sender of the submissions in this store. What is not decided when it is overdue is looked for.
    #[must_use]
    pub fn new(
        jobs: Arc<dyn SubmissionJobs>,
        documents: Arc<dyn Documents>,
        reviews: Arc<dyn Reviews>,
        rails: Rails,
        overdue: OverdueAges,
        wake: Wake,
    ) -> Self {
        Self {
            jobs,
            documents,
            reviews,
            rails,
            overdue,
            wake,
        }
    }
}

#[async_trait]
impl Work for SubmissionSender {
    type Line = RailLine;
    type Job = SubmissionJob;

    const JOBS: &'static str = "submissions";
    const AT_ONCE: u8 = 4;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &Rails {
        &self.rails
    }

    async fn take(
        &self,
        env: Env,
        line: &RailLine,
        room: u8,
    ) -> Result<Vec<SubmissionJob>, StoreError> {
        let lease = lease::lease(line.terms);
        self.jobs.take_due_submissions(env, lease, room).await
    }

    async fn work_on(&self, line: &RailLine, job: SubmissionJob, leased_since: Instant) -> Onward {
        let submission = job.submission;
        let brought = tokio::select! {
            biased;
            () = lease::keep(&*self.jobs, &job, line.terms, leased_since) => Err(Stuck::LeaseLost),
            brought = self.bring(line, &job) => brought,
        };
        let recorded = match brought {
            Ok(End::Reached) => {
                steps::pass(Step::ReviewStarted);
                self.reached(&job).await
            }
            Ok(End::Incomplete(gap, rejected_before)) => {
                tracing::info!(%submission, gap = gap.as_str(), "the rail does not take a submission");
                let jobs = &self.jobs;
                jobs.record_incomplete(&job, &[gap], rejected_before).await
            }
            Err(Stuck::LeaseLost) => {
                tracing::info!(%submission, "a submission is worked on here no more: it is decided, or its lease may soon be somebody else's");
                Ok(())
            }
            Err(stuck) => {
                tracing::warn!(%submission, %stuck, "a submission has not reached the rail yet");
                self.leave(line, &job, &stuck).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(%submission, %error, "the outcome of a submission could not be recorded");
        }
        Onward::GoOn
    }
}

impl SubmissionSender {
    /// Has somebody look for the decision, and then ends the job: in this order, so that none is ever forgotten.
    async fn reached(&self, job: &SubmissionJob) -> Result<(), StoreError> {
        self.await_decision(job).await?;
        self.jobs.record_reached(job).await
    }

    async fn await_decision(&self, job: &SubmissionJob) -> Result<(), StoreError> {
        let first_look = self.overdue.of(job.tenant.env);
        self.reviews
            .await_decision(job.tenant, job.customer, first_look)
            .await
    }

    /// Leaves the rest to a later attempt: after the settle time, where something may still be under way.
    async fn leave(
        &self,
        line: &RailLine,
        job: &SubmissionJob,
        stuck: &Stuck,
    ) -> Result<(), StoreError> {
        let hold = match stuck {
            Stuck::Rail(RailFailure::Unclear { .. }) => line.terms.settle,
            _ => Duration::ZERO,
        };
        self.jobs.free_submission(job, hold).await
    }

    async fn bring(&self, line: &RailLine, job: &SubmissionJob) -> Result<End, Stuck> {
        if job.handover != Handover::OnItsWay && is_under_way(job, &record(line, job).await?) {
            return Ok(End::Reached);
        }
        let handed_over = match job.customer_type {
            CustomerType::Individual => self.bring_person(line, job).await,
            CustomerType::Business => self.bring_business(line, job).await,
        };
        match handed_over {
            Err(Stuck::Refused(gap)) => {
                let record = record(line, job).await?;
                Ok(match is_under_way(job, &record) {
                    true => End::Reached,
                    false => End::Incomplete(gap, rejected_at(&record)),
                })
            }
            other => other,
        }
    }

    async fn bring_person(&self, line: &RailLine, job: &SubmissionJob) -> Result<End, Stuck> {
        let sent = self.send_files(line, job).await?;
        let starts = |(category, _): &(FileCategory, RailFileId)| {
            *category == FileCategory::required(CustomerType::Individual)
        };
        let (last, first): (Vec<_>, Vec<_>) = sent.into_iter().partition(starts);
        attach(line, job, &first).await?;
        self.announce_start(line, job).await?;
        attach(line, job, &last).await?;
        // The review should have begun by now, and may be over: whom it has rejected, another word would submit again. Where
        // the record says so still, of the submission before, the review shows a little later.
        match record(line, job).await?.status {
            Some(RailStatus::Pending) | None => submit(line, job).await,
            Some(RailStatus::Processing | RailStatus::Verified | RailStatus::Rejected) => {
                Ok(End::Reached)
            }
        }
    }

    async fn bring_business(&self, line: &RailLine, job: &SubmissionJob) -> Result<End, Stuck> {
        let sent = self.send_files(line, job).await?;
        for (file, (category, at_rail)) in job.files.iter().zip(&sent) {
            // The name is what the document is found by if the answer gets lost.
            let name = format!("Certificate of incorporation {}", file.file);
            if !line.kyc.has_document(&job.rail_customer, &name).await? {
                let added = line.kyc.add_document(&job.rail_customer, &name, at_rail);
                added.await.map_err(refusal_of(*category))?;
            }
        }
        self.announce_start(line, job).await?;
        submit(line, job).await
    }

    /// Sends the files that the rail does not have yet. Answers with the rail's ids of all, in the order of the job.
    async fn send_files(
        &self,
        line: &RailLine,
        job: &SubmissionJob,
    ) -> Result<Vec<(FileCategory, RailFileId)>, Stuck> {
        let mut sent = Vec::with_capacity(job.files.len());
        for file in &job.files {
            let at_rail = match &file.at_rail {
                Some(at_rail) => at_rail.clone(),
                None if self.wake.is_stopped() => return Err(Stuck::Stopped),
                None => self.send_file(line, job, file).await?,
            };
            sent.push((file.category, at_rail));
        }
        Ok(sent)
    }

    async fn send_file(
        &self,
        line: &RailLine,
        job: &SubmissionJob,
        file: &SubmittedFile,
    ) -> Result<RailFileId, Stuck> {
        let place = DocumentPlace {
            tenant: job.tenant,
            file: file.file,
            object: file.stored.object,
        };
        let bytes = match self.documents.get(&place, &job.key).await {
            Err(DocumentsError::Missing | DocumentsError::Defect(_)) => return Err(lost(file)),
            bytes => bytes?,
        };
        let damaged = Arc::new(AtomicBool::new(false));
        let bytes = Box::new(Watched {
            bytes,
            damaged: Arc::clone(&damaged),
        });
        let content = RailContent {
            category: file.category,
            content_type: file.content_type,
            size: file.stored.size,
        };
        let sent = line.kyc.send_file(&job.rail_customer, content, bytes).await;
        if sent.is_err() && damaged.load(Ordering::Relaxed) {
            return Err(lost(file));
        }
        let at_rail = sent.map_err(refusal_of(file.category))?;
        steps::pass(Step::FileSent);
        let recorded = self.jobs.record_sent(job, file.file, &at_rail).await?;
        recorded.then_some(at_rail).ok_or(Stuck::LeaseLost)
    }

    /// Records that from now on the review may have begun, and a decision may come: one that is newer than what the rail says
    /// now.
    async fn announce_start(&self, line: &RailLine, job: &SubmissionJob) -> Result<(), Stuck> {
        let rejected_before = match job.handover {
            Handover::OnItsWay => rejected_at(&record(line, job).await?),
            // What it says by now may be the answer.
            Handover::Begun { rejected_before } => rejected_before,
        };
        // The rail may decide at once: then its word has to be taken for an answer already.
        self.await_decision(job).await?;
        let recorded = self.jobs.record_starting(job, rejected_before).await?;
        steps::pass(Step::ReviewStarting);
        recorded.then_some(()).ok_or(Stuck::LeaseLost)
    }
}

/// The bytes of a file, of which it is noted whether they are damaged: the rail is only seen to miss the rest.
struct Watched {
    bytes: Box<dyn ByteSource>,
    damaged: Arc<AtomicBool>,
}

#[async_trait]
impl ByteSource for Watched {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        self.bytes.next().await.inspect_err(|broken_off| {
            if *broken_off == BrokenOff::Damaged {
                self.damaged.store(true, Ordering::Relaxed);
            }
        })
    }
}

/// The bytes of a file will not come back: another upload may.
fn lost(file: &SubmittedFile) -> Stuck {
    tracing::error!(file = %file.file, "the bytes of a file are missing or damaged");
    Stuck::Refused(Gap::File(file.category))
}

async fn attach(
    line: &RailLine,
    job: &SubmissionJob,
    files: &[(FileCategory, RailFileId)],
) -> Result<(), Stuck> {
    let Some((category, _)) = files.first() else {
        return Ok(());
    };
    let attached = line.kyc.attach_files(&job.rail_customer, files).await;
    attached.map_err(refusal_of(*category))
}

async fn submit(line: &RailLine, job: &SubmissionJob) -> Result<End, Stuck> {
    match line.kyc.submit(&job.rail_customer).await? {
        // Whether under way or over: whoever looks for the decision reads the customer and sees.
        RailSubmission::Begun | RailSubmission::UnderWayOrOver => Ok(End::Reached),
        RailSubmission::NotReady(gap) => Ok(End::Incomplete(gap, None)),
    }
}

/// Whether the rail shows that it is reviewing the customer, or has decided. It may show a person under review as pending,
/// and a customer whom it rejected before as rejected: neither tells.
fn is_under_way(job: &SubmissionJob, record: &RailCustomer) -> bool {
    match record.status {
        Some(RailStatus::Processing | RailStatus::Verified) => true,
        Some(RailStatus::Rejected) => job.handover.is_answered_by_rejection(record.updated_at),
        Some(RailStatus::Pending) | None => false,
    }
}

/// When the rail had changed a customer that it rejects.
fn rejected_at(record: &RailCustomer) -> Option<DateTime<Utc>> {
    record
        .updated_at
        .filter(|_| record.status == Some(RailStatus::Rejected))
}

async fn record(line: &RailLine, job: &SubmissionJob) -> Result<RailCustomer, RailFailure> {
    let found = line
        .rail
        .customer(&job.rail_customer, Urgency::Background)
        .await?;
    found.ok_or_else(|| RailFailure::Unavailable {
        cause: "unknown customer".to_owned(),
        retry_after: None,
    })
}

fn refusal_of(category: FileCategory) -> impl Fn(RailFailure) -> Stuck {
    move |failure| match failure {
        RailFailure::Refused { .. } => Stuck::Refused(Gap::File(category)),
        other => Stuck::Rail(other),
    }
}
