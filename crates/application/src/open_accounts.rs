//! Ordering virtual accounts at the rail, once each, and following them until they are active.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
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
    jobs::{Onward, Work},
    money_lines::{MoneyLine, MoneyLines, next_look},
    rails::RETRY_AFTER,
    steps::{self, Step},
};

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
}

#[async_trait]
impl Work for AccountOpener {
    type Line = MoneyLine;
    type Job = AccountJob;

    const JOBS: &'static str = "virtual accounts";
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
    ) -> Result<Vec<AccountJob>, StoreError> {
        self.store.take_due_accounts(env, line.lease(), room).await
    }

    async fn next_due(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.store.next_due_account(env).await
    }

    async fn work_on(&self, line: &MoneyLine, job: AccountJob, leased_since: Instant) -> Onward {
        let attempt = Attempt {
            line,
            job: &job,
            leased_since,
            store: &*self.store,
            clock: &*self.clock,
        };
        let next = attempt.advance().await;
        steps::pass(Step::AccountJudged);
        if let Err(error) = self.record(&attempt, next).await {
            tracing::warn!(account = %job.account, %error, "what became of a virtual account could not be recorded; its lease ends by itself");
        }
        Onward::GoOn
    }
}

impl AccountOpener {
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
        if !self.line.has_time_to_order(self.leased_since) {
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
