//! The lease of a submission: short, and renewed for as long as somebody works on it, because nobody knows how long files
//! take.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use vouch_domain::ports::{LeaseTerms, SubmissionJob, SubmissionJobs};

/// How often a lease is renewed.
const PAUSE: Duration = Duration::from_secs(5);
/// After how long without a renewal the work is given up.
const PATIENCE: Duration = PAUSE.saturating_mul(3);

/// How long a lease lasts without a renewal: when it ends, the rail has decided about whatever was cut off when the work was
/// given up.
pub(super) fn lease(terms: LeaseTerms) -> Duration {
    PATIENCE + terms.settle
}

/// Renews the lease of a job, which lasts from `leased_since`. Ends when the job is somebody else's, or nobody's, or nothing
/// was renewed for too long.
pub(super) async fn keep(
    jobs: &dyn SubmissionJobs,
    job: &SubmissionJob,
    terms: LeaseTerms,
    mut leased_since: Instant,
) {
    let submission = job.submission;
    loop {
        let end = leased_since + PATIENCE;
        sleep_until(end.min(Instant::now() + PAUSE)).await;
        let asked = Instant::now();
        if asked >= end {
            return;
        }
        match timeout_at(end, jobs.renew_submission(job, lease(terms))).await {
            Ok(Ok(true)) => leased_since = asked,
            Ok(Err(error)) => {
                tracing::warn!(%submission, %error, "the lease of a submission could not be renewed");
            }
            Ok(Ok(false)) | Err(_) => return,
        }
    }
}
