//! Sending payouts to the rail, exactly once, and following each to its end.
//!
//! The rail knows a payout by our id. Whatever may have been sent is looked for by that id before anything is sent again;
//! only clear absence leads to another order, and what the rail was once seen to have is never sent again.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
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
    money_lines::{MoneyLine, MoneyLines, next_look},
    rails::RETRY_AFTER,
    steps::{self, Step},
};

/// How long to sleep at most: what other processes left shows only in the store.
const PERIOD: Duration = Duration::from_secs(1);
/// How long to sleep at least, so that a payout which another process is just taking is not asked for in a circle.
const BREATH: Duration = Duration::from_millis(20);
/// How many payouts are worked on at once.
const BATCH: u8 = 8;

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

    /// Works until it is stopped, and finishes what it has taken by then. On each env by itself: one rail's trouble does
    /// not hold up the other's payouts.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let pass = || async {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "due payouts could not be read");
            }
            self.pause(env).await
        };
        self.wake.repeat(pass).await;
    }

    async fn pause(&self, env: Env) -> Duration {
        if self.lines.of(env).is_none() {
            return PERIOD;
        }
        let next_due = self.store.next_due_payout(env).await.ok().flatten();
        next_due.unwrap_or(PERIOD).clamp(BREATH, PERIOD)
    }

    /// Takes what is due in one env and works on it, until nothing more is due or it is stopped. Answers how many payouts
    /// it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.lines.of(env) else {
            return Ok(0);
        };
        let mut taken = 0;
        while !self.wake.is_stopped() {
            let leased_since = Instant::now();
            let due = self
                .store
                .take_due_payouts(env, line.lease(), BATCH)
                .await?;
            if due.is_empty() {
                break;
            }
            taken += due.len();
            join_all(due.iter().map(|job| self.work_on(line, job, leased_since))).await;
        }
        Ok(taken)
    }

    async fn work_on(&self, line: &MoneyLine, job: &PayoutJob, leased_since: Instant) {
        let attempt = Attempt {
            line,
            job,
            leased_since,
            store: &*self.store,
            clock: &*self.clock,
        };
        steps::pass(Step::PayoutTaken);
        let next = attempt.advance().await;
        steps::pass(Step::PayoutJudged);
        if let Err(error) = self.record(job, next).await {
            tracing::warn!(payout = %job.payout, %error, "what became of a payout could not be recorded; its lease ends by itself");
        }
    }

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
        let left = self
            .line
            .lease()
            .saturating_sub(self.leased_since.elapsed());
        // The rail's wallets may have to be looked at first.
        if left < terms.needed_for_create() + terms.look_up {
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
