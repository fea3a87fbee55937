//! Sending payouts to the rail, exactly once, and following each to its end.
//!
//! The rail knows a payout by our id. Whatever may have been sent is looked for by that id before anything is sent again;
//! only clear absence leads to another order, and what the rail was once seen to have is never sent again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;
use vouch_domain::{
    customer::Status,
    payout::{PayoutEnd, PayoutFailure, PayoutState, PayoutStatus},
    ports::{
        AbsenceClear, Clock, PayoutJob, PayoutJobs, PayoutRefusal, PayoutRelease, PayoutStage,
        RailFailure, RailPayoutOrder, SentPayout, StoreError, Urgency,
    },
    tenant::Env,
};

use crate::{
    background::Wake,
    ids::IdMint,
    jobs::{Onward, Work},
    money_lines::{MoneyLine, MoneyLines, next_look},
    rails::RETRY_AFTER,
    steps::{self, Step},
};

/// Sends payouts and follows them, until it is stopped.
pub struct PayoutSender {
    store: Arc<dyn PayoutJobs>,
    lines: MoneyLines,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    wake: Wake,
}

/// What is to become of a payout.
enum Next {
    End(PayoutEnd),
    Release(PayoutRelease),
}

/// One payout being worked on.
struct Attempt<'a> {
    line: &'a MoneyLine,
    job: &'a PayoutJob,
    /// Before the lease was asked for: by our clock the lease lasts no longer than from here.
    leased_since: Instant,
    store: &'a dyn PayoutJobs,
    clock: &'a dyn Clock,
}

impl PayoutSender {
    /// A sender on this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn PayoutJobs>,
        lines: MoneyLines,
        ids: Arc<IdMint>,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Self {
        Self {
            store,
            lines,
            ids,
            clock,
            wake,
        }
    }
}

#[async_trait]
impl Work for PayoutSender {
    type Line = MoneyLine;
    type Job = PayoutJob;

    const JOBS: &'static str = "payouts";
    const AT_ONCE: u8 = 8;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &MoneyLines {
        &self.lines
    }

    async fn take(
        &self,
        env: Env,
        line: &MoneyLine,
        room: u8,
    ) -> Result<Vec<PayoutJob>, StoreError> {
        self.store.take_due_payouts(env, line.lease(), room).await
    }

    async fn next_due(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.store.next_due_payout(env).await
    }

    async fn work_on(&self, line: &MoneyLine, job: PayoutJob, leased_since: Instant) -> Onward {
        let attempt = Attempt {
            line,
            job: &job,
            leased_since,
            store: &*self.store,
            clock: &*self.clock,
        };
        steps::pass(Step::PayoutTaken);
        let next = attempt.advance().await;
        steps::pass(Step::PayoutJudged);
        if let Err(error) = self.record(&job, next).await {
            tracing::warn!(payout = %job.payout, %error, "what became of a payout could not be recorded; its lease ends by itself");
        }
        Onward::GoOn
    }
}

impl PayoutSender {
    async fn record(&self, job: &PayoutJob, next: Next) -> Result<(), StoreError> {
        match next {
            Next::Release(release) => self.store.release_payout(job, release).await,
            Next::End(end) => {
                let ended = self.store.end_payout(job, end, self.ids.mint()).await?;
                steps::pass(Step::PayoutEnded);
                if !ended {
                    tracing::warn!(payout = %job.payout, "the lease ended before the end of a payout was recorded");
                }
                Ok(())
            }
        }
    }
}

impl Attempt<'_> {
    async fn advance(&self) -> Next {
        let absence_clear_in = match self.job.stage {
            PayoutStage::Unsent => return self.send_if_verified(Urgency::Caller).await,
            PayoutStage::Taken => None,
            PayoutStage::Doubtful { absence_clear_in } => Some(absence_clear_in),
        };
        match (self.look().await, absence_clear_in) {
            (Err(failure), _) => self.failed(&failure, AbsenceClear::AsBefore),
            (Ok(Some(told)), _) => self.judge(told),
            (Ok(None), Some(doubt)) => self.send_unless_early(doubt).await,
            (Ok(None), None) => {
                tracing::error!(payout = %self.job.payout, "the rail does not know a payout that it has taken");
                Next::Release(PayoutRelease::Taken(self.next_look()))
            }
        }
    }

    /// Sends again what the rail does not know, once its absence proves something.
    async fn send_unless_early(&self, absence_clear_in: Duration) -> Next {
        let doubt = absence_clear_in.saturating_sub(self.leased_since.elapsed());
        if !doubt.is_zero() {
            return Next::Release(PayoutRelease::TooEarly(doubt));
        }
        self.send_if_verified(Urgency::Background).await
    }

    /// Sends what the rail does not have, unless the customer has lost its right to pay out since it was asked for.
    async fn send_if_verified(&self, urgency: Urgency) -> Next {
        match self.store.payout_customer(self.job).await {
            Ok(Status::Verified) => self.send(urgency).await,
            Ok(_) => Next::End(PayoutEnd::Failed(PayoutFailure::CustomerNotEligible)),
            Err(error) => {
                tracing::warn!(payout = %self.job.payout, %error, "the customer of a payout could not be read");
                Next::Release(PayoutRelease::Failed(AbsenceClear::AsBefore))
            }
        }
    }

    /// Sends the one order that the lease allows.
    async fn send(&self, urgency: Urgency) -> Next {
        let MoneyLine { payouts, terms, .. } = self.line;
        if !self.line.has_time_to_order(self.leased_since) {
            tracing::warn!(payout = %self.job.payout, "too little is left of the lease to send a payout");
            return Next::Release(PayoutRelease::TooEarly(RETRY_AFTER));
        }
        let PayoutJob {
            payout,
            rail_customer,
            currency,
            amount,
            recipient,
            ..
        } = self.job;
        let order = RailPayoutOrder {
            id: *payout,
            customer: rail_customer,
            currency: *currency,
            amount: *amount,
            recipient,
        };
        steps::pass(Step::PayoutSending);
        let sent = payouts.send_payout(&order, urgency).await;
        steps::pass(Step::PayoutSent);
        match sent {
            Ok(SentPayout::Taken(told)) => self.judge(told),
            Ok(SentPayout::Refused(refusal)) => self.refused(refusal).await,
            Err(failure) => self.failed(&failure, failure.absence_clear(terms.settle)),
        }
    }

    /// A refusal is final only when the rail does not have the payout: it may refuse an order because an earlier one has
    /// arrived after all.
    async fn refused(&self, refusal: PayoutRefusal) -> Next {
        let late = AbsenceClear::After(self.line.terms.settle);
        match (self.look().await, refusal) {
            (Ok(Some(told)), _) => self.judge(told),
            (Ok(None), PayoutRefusal::Because(failure)) => Next::End(PayoutEnd::Failed(failure)),
            (Ok(None), PayoutRefusal::IdUsed) => Next::Release(PayoutRelease::Failed(late)),
            (Err(failure), _) => self.failed(&failure, late),
        }
    }

    /// What follows from how far the payout has come at the rail, which has it then.
    fn judge(&self, told: PayoutState) -> Next {
        match PayoutStatus::Processing.after(told) {
            Some(end) => Next::End(end),
            None => Next::Release(PayoutRelease::Taken(self.next_look())),
        }
    }

    async fn look(&self) -> Result<Option<PayoutState>, RailFailure> {
        let payouts = &self.line.payouts;
        payouts.payout(self.job.payout, Urgency::Background).await
    }

    fn failed(&self, failure: &RailFailure, absence: AbsenceClear) -> Next {
        tracing::warn!(payout = %self.job.payout, %failure, "the rail brought no result");
        Next::Release(PayoutRelease::Failed(absence))
    }

    fn next_look(&self) -> Duration {
        next_look(self.job.payout.created_at(), self.clock.now())
    }
}
