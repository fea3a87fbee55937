//! Reading what the rail has called about, and having somebody look.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use tokio::{sync::Mutex, time::Instant};
use vouch_domain::{
    ports::{
        AccountJobs, CallbackInbox, KeptCallback, PayoutJobs, RailCallbacks, RailNotice, Reviews,
        StoreError,
    },
    tenant::Env,
};

use crate::{background::Wake, callbacks::CallbackLines};

/// How often the store is asked when nothing in this process calls for it.
const PERIOD: Duration = Duration::from_secs(1);
/// How many callbacks are read at once.
const BATCH: u8 = 16;
/// How long the statements of one callback may take together.
const LEASE: Duration = Duration::from_secs(15);
/// How often it is looked for callbacks that nobody will ever be concerned by.
const GIVE_UP_PERIOD: Duration = Duration::from_secs(60);
/// How long a callback about somebody unknown is kept: a reservation that the rail has carried out is recorded long
/// before.
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many such callbacks of an env are kept at most.
const MOST_WAITING: u32 = 10_000;

/// Whom to tell of virtual accounts and payouts.
pub struct MoneyCalls {
    /// Who looks at accounts.
    pub accounts: Arc<dyn AccountJobs>,
    /// Who looks at payouts.
    pub payouts: Arc<dyn PayoutJobs>,
    /// Wakes whoever looks at accounts.
    pub wake_accounts: Wake,
    /// Wakes whoever looks at payouts.
    pub wake_payouts: Wake,
}

/// Reads callbacks, until it is stopped.
pub struct Dispatcher {
    inbox: Arc<dyn CallbackInbox>,
    reviews: Arc<dyn Reviews>,
    money: MoneyCalls,
    lines: CallbackLines,
    wake: Wake,
    /// Wakes whoever looks at customers.
    look: Wake,
}

impl Dispatcher {
    /// A dispatcher on these ports, woken by `wake`. Of every customer to look at, `look` tells whoever looks.
    #[must_use]
    pub fn new(
        inbox: Arc<dyn CallbackInbox>,
        reviews: Arc<dyn Reviews>,
        money: MoneyCalls,
        lines: CallbackLines,
        wake: Wake,
        look: Wake,
    ) -> Self {
        Self {
            inbox,
            reviews,
            money,
            lines,
            wake,
            look,
        }
    }

    /// Works until it is stopped, and finishes what it has taken by then. On each env by itself.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let give_up_at = Mutex::new(Instant::now());
        let pass = || async {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "the rail's callbacks could not be read");
            }
            let mut give_up_at = give_up_at.lock().await;
            if self.lines.of(env).is_some() && Instant::now() >= *give_up_at {
                self.give_up(env).await;
                *give_up_at = Instant::now() + GIVE_UP_PERIOD;
            }
            PERIOD
        };
        self.wake.repeat(pass).await;
    }

    /// Takes what is due in one env and reads it, until nothing more is due. Answers how many callbacks it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.lines.of(env) else {
            return Ok(0);
        };
        let mut taken = 0;
        while !self.wake.is_stopped() {
            let due = self.inbox.take_due_callbacks(env, LEASE, BATCH).await?;
            if due.is_empty() {
                break;
            }
            taken += due.len();
            join_all(due.iter().map(|callback| self.work_on(line, callback))).await;
        }
        Ok(taken)
    }

    async fn work_on(&self, line: &dyn RailCallbacks, callback: &KeptCallback) {
        let env = callback.env.as_str();
        let settled = match self.dispatch(line, callback).await {
            Ok(Dispatched::Done) => self.inbox.end_callback(callback).await,
            Ok(Dispatched::Unmatched) => self.inbox.free_callback(callback).await,
            Err(error) => {
                tracing::warn!(env, %error, "a callback of the rail could not be passed on yet");
                self.inbox.free_callback(callback).await
            }
        };
        if let Err(error) = settled {
            tracing::warn!(env, %error, "a callback was not given back; its lease ends by itself");
        }
    }

    /// Tells whoever is concerned. A callback that is told twice does no harm: it is a reason to look, and no fact.
    async fn dispatch(
        &self,
        line: &dyn RailCallbacks,
        callback: &KeptCallback,
    ) -> Result<Dispatched, StoreError> {
        match line.notice(&callback.body) {
            RailNotice::Customer { customer, reason } => {
                let known = self
                    .reviews
                    .call_for_look(callback.env, &customer, reason.as_ref())
                    .await?;
                if known {
                    self.look.wake();
                }
                Ok(Dispatched::when(known))
            }
            // Both are stored before they are ordered: whatever nobody looks for now has ended, or is not ours.
            RailNotice::VirtualAccount { account, customer } => {
                let MoneyCalls { accounts, .. } = &self.money;
                let is_open = accounts
                    .hasten_accounts(callback.env, &account, customer.as_ref())
                    .await?;
                if is_open {
                    self.money.wake_accounts.wake();
                }
                Ok(Dispatched::Done)
            }
            RailNotice::Payout(payout) => {
                let MoneyCalls { payouts, .. } = &self.money;
                if payouts.hasten_payout(callback.env, payout).await? {
                    self.money.wake_payouts.wake();
                }
                Ok(Dispatched::Done)
            }
            RailNotice::Nothing => Ok(Dispatched::Done),
        }
    }

    async fn give_up(&self, env: Env) {
        let given_up = self
            .inbox
            .give_up_callbacks(env, LONGEST_AGE, MOST_WAITING)
            .await;
        let env = env.as_str();
        match given_up {
            Ok(0) => {}
            Ok(count) => {
                tracing::warn!(
                    env,
                    count,
                    "gave up callbacks of the rail about customers that nobody has here"
                );
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                metrics::counter!("vouch_rail_callbacks_given_up_total", "env" => env)
                    .increment(count);
            }
            Err(error) => {
                tracing::warn!(env, %error, "old callbacks of the rail could not be given up");
            }
        }
    }
}

/// What became of a callback.
enum Dispatched {
    /// Whoever is concerned knows.
    Done,
    /// Nobody is concerned yet.
    Unmatched,
}

impl Dispatched {
    fn when(known: bool) -> Self {
        if known { Self::Done } else { Self::Unmatched }
    }
}
