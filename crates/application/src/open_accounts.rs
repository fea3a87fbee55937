//! Ordering virtual accounts at the rail, once each, and following them until they are active.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use tokio::time::Instant;
use vouch_domain::{
    customer::Status,
    ports::{
        AbsenceClear, AccountJob, AccountJobs, AccountRelease, Clock, RailAccount, RailFailure,
        StoreError, Urgency,
    },
    tenant::Env,
    virtual_account::{AccountState, AccountStatus},
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
/// How long to sleep at least, so that an account which another process is just taking is not asked for in a circle.
const BREATH: Duration = Duration::from_millis(20);
/// How many accounts are worked on at once.
const BATCH: u8 = 8;

/// Orders accounts and follows them, until it is stopped.
pub struct AccountOpener {
    store: Arc<dyn AccountJobs>,
    lines: MoneyLines,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    wake: Wake,
}

/// What is to become of an account.
enum Next {
    Settle(AccountState),
    Release(AccountRelease),
    /// The rail has the account by this id, and it has come so far.
    Bind(RailAccount),
}

/// One account being worked on.
struct Attempt<'a> {
    line: &'a MoneyLine,
    job: &'a AccountJob,
    /// Before the lease was asked for: by our clock the lease lasts no longer than from here.
    leased_since: Instant,
    store: &'a dyn AccountJobs,
    clock: &'a dyn Clock,
}

impl AccountOpener {
    /// An opener on this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountJobs>,
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
    /// not hold up the other's accounts.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let pass = || async {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "due virtual accounts could not be read");
            }
            self.pause(env).await
        };
        self.wake.repeat(pass).await;
    }

    async fn pause(&self, env: Env) -> Duration {
        if self.lines.of(env).is_none() {
            return PERIOD;
        }
        let next_due = self.store.next_due_account(env).await.ok().flatten();
        next_due.unwrap_or(PERIOD).clamp(BREATH, PERIOD)
    }

    /// Takes what is due in one env and works on it, until nothing more is due or it is stopped. Answers how many accounts
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
                .take_due_accounts(env, line.lease(), BATCH)
                .await?;
            if due.is_empty() {
                break;
            }
            taken += due.len();
            join_all(due.iter().map(|job| self.work_on(line, job, leased_since))).await;
        }
        Ok(taken)
    }

    async fn work_on(&self, line: &MoneyLine, job: &AccountJob, leased_since: Instant) {
        let attempt = Attempt {
            line,
            job,
            leased_since,
            store: &*self.store,
            clock: &*self.clock,
        };
        let next = attempt.advance().await;
        steps::pass(Step::AccountJudged);
        if let Err(error) = self.record(&attempt, next).await {
            tracing::warn!(account = %job.account, %error, "what became of a virtual account could not be recorded; its lease ends by itself");
        }
    }

    async fn record(&self, attempt: &Attempt<'_>, next: Next) -> Result<(), StoreError> {
        let job = attempt.job;
        let held = match next {
            Next::Release(release) => {
                self.store.release_account(job, release).await?;
                true
            }
            Next::Settle(after) => self.settle(job, &after).await?,
            Next::Bind(found) => {
                let bound = self.store.bind_account(job, &found.id).await?;
                steps::pass(Step::AccountBound);
                match (bound, attempt.judge(found.state)) {
                    (true, Next::Settle(after)) => self.settle(job, &after).await?,
                    (true, Next::Release(release)) => {
                        self.store.release_account(job, release).await?;
                        true
                    }
                    (true, Next::Bind(_)) | (false, _) => bound,
                }
            }
        };
        if !held {
            tracing::warn!(account = %job.account, "the lease ended before the news of a virtual account was recorded");
        }
        Ok(())
    }

    async fn settle(&self, job: &AccountJob, after: &AccountState) -> Result<bool, StoreError> {
        self.store.settle_account(job, after, self.ids.mint()).await
    }
}

impl Attempt<'_> {
    async fn advance(&self) -> Next {
        let Some(id) = &self.job.rail_account else {
            return self.find_or_open().await;
        };
        let accounts = &self.line.accounts;
        match accounts.account(id, Urgency::Background).await {
            Ok(Some(account)) => self.judge(account.state),
            Ok(None) => {
                tracing::error!(account = %self.job.account, "the rail does not know an account that it has opened");
                Next::Release(AccountRelease::LookAgain(self.next_look()))
            }
            Err(failure) => self.failed(&failure, AbsenceClear::AsBefore),
        }
    }

    /// Takes over the account that the rail has for this customer, by an earlier order or by somebody else's, or else
    /// orders one, if the customer is verified still.
    async fn find_or_open(&self) -> Next {
        match self.find().await {
            Ok(Some(account)) => return Next::Bind(account),
            Ok(None) => {}
            Err(failure) => return self.failed(&failure, AbsenceClear::AsBefore),
        }
        let doubt = self
            .job
            .absence_clear_in
            .saturating_sub(self.leased_since.elapsed());
        if !doubt.is_zero() {
            return Next::Release(AccountRelease::LookAgain(doubt));
        }
        match self.store.account_customer(self.job).await {
            Ok(Status::Verified) => self.open().await,
            Ok(_) => Next::Settle(AccountState::Failed),
            Err(error) => {
                tracing::warn!(account = %self.job.account, %error, "the customer of a virtual account could not be read");
                Next::Release(AccountRelease::Failed(AbsenceClear::AsBefore))
            }
        }
    }

    /// Sends the one order that the lease allows.
    async fn open(&self) -> Next {
        let MoneyLine {
            accounts, terms, ..
        } = self.line;
        let left = self
            .line
            .lease()
            .saturating_sub(self.leased_since.elapsed());
        // The rail's wallets may have to be looked at first.
        if left < terms.needed_for_create() + terms.look_up {
            tracing::warn!(account = %self.job.account, "too little is left of the lease to order a virtual account");
            return Next::Release(AccountRelease::LookAgain(RETRY_AFTER));
        }
        let AccountJob {
            rail_customer,
            currency,
            ..
        } = self.job;
        let opened = accounts
            .open_account(rail_customer, *currency, Urgency::Background)
            .await;
        steps::pass(Step::AccountOrdered);
        match opened {
            Ok(account) => Next::Bind(account),
            Err(RailFailure::Refused { .. }) => self.refused().await,
            Err(failure) => self.failed(&failure, failure.absence_clear(terms.settle)),
        }
    }

    /// The rail takes no second open account of a customer in a currency, so a refusal is final only when it has none.
    async fn refused(&self) -> Next {
        match self.find().await {
            Ok(Some(account)) => Next::Bind(account),
            Ok(None) => Next::Settle(AccountState::Failed),
            Err(failure) => self.failed(&failure, AbsenceClear::Now),
        }
    }

    /// What follows from how far the account has come at the rail.
    fn judge(&self, told: AccountState) -> Next {
        match self.job.status.after(told) {
            Some(after) => Next::Settle(after),
            None if self.job.status == AccountStatus::Provisioning => {
                Next::Release(AccountRelease::LookAgain(self.next_look()))
            }
            None => Next::Release(AccountRelease::Done),
        }
    }

    async fn find(&self) -> Result<Option<RailAccount>, RailFailure> {
        let AccountJob {
            rail_customer,
            currency,
            ..
        } = self.job;
        self.line
            .accounts
            .find_open_account(rail_customer, *currency, Urgency::Background)
            .await
    }

    fn failed(&self, failure: &RailFailure, absence: AbsenceClear) -> Next {
        tracing::warn!(account = %self.job.account, %failure, "the rail brought no result");
        Next::Release(AccountRelease::Failed(absence))
    }

    fn next_look(&self) -> Duration {
        next_look(self.job.account.created_at(), self.clock.now())
    }
}
