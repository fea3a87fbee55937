//! Looking for the rail's decisions, and applying them.
//!
//! A callback is a trigger, and no fact: what counts is what the rail says when it is read, under a lease on the
//! customer. So callbacks may be late, doubled, or out of order.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;
use vouch_domain::{
    customer::{Cause, CustomerHandle, Explanation, Status},
    ports::{DueReview, RailCustomer, RailFailure, RailStatus, Reviews, StoreError, Urgency},
    tenant::Env,
};

use crate::{
    background::Wake,
    jobs::{Onward, Work},
    rails::{RailLine, Rails},
    steps::{self, Step},
    transitions::{Move, MoveError, Moved, Transitions},
};

/// How long the statements of one look may take together.
const STATEMENTS: Duration = Duration::from_secs(15);
/// The pauses between looks that find no decision double so often.
const MOST_DOUBLINGS: i32 = 4;

/// After how long without a decision it is looked for.
#[derive(Debug, Clone, Copy)]
pub struct OverdueAges {
    /// For test data.
    pub test: Duration,
    /// For live data.
    pub live: Duration,
}

impl OverdueAges {
    /// That of this env.
    #[must_use]
    pub fn of(self, env: Env) -> Duration {
        match env {
            Env::Test => self.test,
            Env::Live => self.live,
        }
    }
}

/// Why a look decided nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Rail(#[from] RailFailure),
    #[error("the rail does not know the customer")]
    UnknownAtRail,
    #[error("the rail does not say how the customer stands")]
    Unreadable,
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at customers, until it is stopped.
pub struct Reviewer {
    reviews: Arc<dyn Reviews>,
    transitions: Transitions,
    rails: Rails,
    overdue: OverdueAges,
    wake: Wake,
}

impl Reviewer {
    /// A reviewer on these ports.
    #[must_use]
    pub fn new(
        reviews: Arc<dyn Reviews>,
        transitions: Transitions,
        rails: Rails,
        overdue: OverdueAges,
        wake: Wake,
    ) -> Self {
        Self {
            reviews,
            transitions,
            rails,
            overdue,
            wake,
        }
    }
}

#[async_trait]
impl Work for Reviewer {
    type Line = RailLine;
    type Job = DueReview;

    const JOBS: &'static str = "reviews";
    const AT_ONCE: u8 = 8;

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
    ) -> Result<Vec<DueReview>, StoreError> {
        let lease = line.terms.look_up + STATEMENTS;
        self.reviews.take_due_reviews(env, lease, room).await
    }

    async fn work_on(&self, line: &RailLine, review: DueReview, _: Instant) -> Onward {
        let customer = review.customer;
        let settled = match self.look(line, &review).await {
            Ok(again_in) => self.reviews.settle_review(&review, again_in).await,
            // Kept for operators; another look would find the same.
            Err(LookError::Move(MoveError::Refused(refused))) => {
                tracing::warn!(%customer, %refused, "the rail asked for a change that the rules refuse");
                self.reviews.settle_review(&review, None).await
            }
            Err(error) => {
                tracing::warn!(%customer, %error, "the rail's decision could not be applied yet");
                self.reviews.free_review(&review).await
            }
        };
        if let Err(error) = settled {
            tracing::warn!(%customer, %error, "a review was not given back; its lease ends by itself");
        }
        Onward::GoOn
    }
}

impl Reviewer {
    /// Reads the rail and does what it says. Answers after how long to look again, where the decision is still to come.
    async fn look(
        &self,
        line: &RailLine,
        review: &DueReview,
    ) -> Result<Option<Duration>, LookError> {
        let record = line
            .rail
            .customer(&review.rail_customer, Urgency::Background)
            .await?
            .ok_or(LookError::UnknownAtRail)?;
        let word = record.status.ok_or(LookError::Unreadable)?;
        if word == RailStatus::Rejected && is_of_before(review, &record) {
            return Ok(review.awaited.then(|| self.pause(review)));
        }
        let has_changed = self.apply(review, word, &record).await?;
        steps::pass(Step::DecisionApplied);
        let is_awaited = match word {
            RailStatus::Processing => true,
            RailStatus::Pending => review.awaited || has_changed,
            RailStatus::Verified | RailStatus::Rejected => false,
        };
        Ok(is_awaited.then(|| self.pause(review)))
    }

    /// Answers whether the customer's status was another before.
    async fn apply(
        &self,
        review: &DueReview,
        word: RailStatus,
        record: &RailCustomer,
    ) -> Result<bool, LookError> {
        let to = word.status();
        let explanation = (to == Status::Rejected)
            .then(|| Explanation::of(review.told.as_ref(), &record.comments));
        let wanted = Move {
            customer: &CustomerHandle::Id(review.customer),
            to,
            cause: Cause::Rail,
            explanation: explanation.as_ref(),
            review: Some(review),
            claim: None,
        };
        let moved = self
            .transitions
            .move_customer(review.tenant, &wanted)
            .await?;
        match moved {
            Moved::Now {
                customer,
                hold_lost,
            } => {
                let (customer, status) = (customer.id, customer.status.as_str());
                tracing::info!(%customer, status, hold_lost, "applied the rail's decision");
                Ok(true)
            }
            Moved::Already(customer) | Moved::Before(customer) => {
                if let Some(explanation) = explanation.filter(|why| why.reason.is_some()) {
                    self.transitions
                        .explain(review.tenant, &customer, &explanation)
                        .await?;
                }
                Ok(false)
            }
        }
    }

    fn pause(&self, review: &DueReview) -> Duration {
        let doublings = review.looks.clamp(0, MOST_DOUBLINGS).unsigned_abs();
        self.overdue.of(review.tenant.env) * 2_u32.pow(doublings)
    }
}

/// Whether what the rail says of a rejection is the answer to an earlier submission.
fn is_of_before(review: &DueReview, record: &RailCustomer) -> bool {
    review
        .handover
        .is_some_and(|handover| !handover.is_answered_by_rejection(record.updated_at))
}
