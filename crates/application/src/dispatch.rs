//! Reading what the rail has called about, and having somebody look.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;
use vouch_domain::{
    ports::{
        AccountJobs, CallbackInbox, KeptCallback, PayoutJobs, RailCallbacks, RailNotice, Reviews,
        StoreError,
    },
    tenant::Env,
};

use crate::{
    background::Wake,
    callbacks::CallbackLines,
    jobs::{Onward, Work},
};

/// How long the statements of one callback may take together.
const LEASE: Duration = Duration::from_secs(15);

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
}

#[async_trait]
impl Work for Dispatcher {
    type Line = Arc<dyn RailCallbacks>;
    type Job = KeptCallback;

    const JOBS: &'static str = "callbacks of the rail";
    const AT_ONCE: u8 = 16;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &CallbackLines {
        &self.lines
    }

    async fn take(
        &self,
        env: Env,
        _line: &Self::Line,
        room: u8,
    ) -> Result<Vec<KeptCallback>, StoreError> {
        self.inbox.take_due_callbacks(env, LEASE, room).await
    }

    async fn work_on(&self, line: &Self::Line, callback: KeptCallback, _: Instant) -> Onward {
        let env = callback.env.as_str();
        let settled = match self.dispatch(line.as_ref(), &callback).await {
            Ok(Dispatched::Done) => self.inbox.end_callback(&callback).await,
            Ok(Dispatched::Unmatched) => self.inbox.free_callback(&callback).await,
            Err(error) => {
                tracing::warn!(env, %error, "a callback of the rail could not be passed on yet");
                self.inbox.free_callback(&callback).await
            }
        };
        if let Err(error) = settled {
            tracing::warn!(env, %error, "a callback was not given back; its lease ends by itself");
        }
        Onward::GoOn
    }
}

impl Dispatcher {
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
