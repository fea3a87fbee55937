//! Following deposits: recording what arrived at payment routes, and how it was passed on.
//!
//! The pending deposits of routes that are not paused are all the work there is, so nothing is lost with a process. A
//! deposit is recorded by the provider's own id, and ends once: processes that do the same work do no harm.

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use vouch_domain::{
    id::DepositId,
    payment_route::PaymentRoute,
    ports::{Clock, Deposits, LiquidityFailure, PaymentRoutes, Recorded, StoreError, WaitingRoute},
    tenant::{Env, Tenant},
};

use crate::{background::Wake, liquidity::LiquidityLines};

/// How long to sleep: what other processes left shows only in the store.
const PERIOD: Duration = Duration::from_secs(5);
/// How many routes are read at once.
const BATCH: u8 = 50;
/// How many deposits the provider is told of at once, and how many one statement records.
const PAGE: u8 = 200;

/// Why deposits are not up to date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] LiquidityFailure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Follows deposits.
#[derive(Clone)]
pub struct Forwarder {
    pub(crate) routes: Arc<dyn PaymentRoutes>,
    pub(crate) deposits: Arc<dyn Deposits>,
    pub(crate) lines: LiquidityLines,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Wake,
}

impl Forwarder {
    /// A forwarder on this store.
    #[must_use]
    pub fn new(
        routes: Arc<dyn PaymentRoutes>,
        deposits: Arc<dyn Deposits>,
        lines: LiquidityLines,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Self {
        Self {
            routes,
            deposits,
            lines,
            clock,
            wake,
        }
    }

    /// Works until it is stopped, and finishes what it has in hand by then. On each env by itself: one provider's trouble
    /// does not hold up the other's deposits.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let mut calls = self.wake.listen();
        while !self.wake.is_stopped() {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "waiting payment routes could not be read");
            }
            calls.next_within(PERIOD).await;
        }
    }

    /// Looks after every route of an env that passes on and has pending deposits, until it is stopped. Answers how many
    /// deposits were new or had ended. A route that fails does not hold up the others.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say which routes wait.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        if self.lines.of(env).is_none() {
            return Ok(0);
        }
        let (mut recorded, mut after) = (0, None);
        while !self.wake.is_stopped() {
            let waiting = self.deposits.waiting_routes(env, after, BATCH).await?;
            let Some(last) = waiting.last().copied() else {
                break;
            };
            for one in waiting {
                recorded += self.look_after(one).await;
            }
            after = Some(last);
        }
        Ok(recorded)
    }

    async fn look_after(&self, waiting: WaitingRoute) -> usize {
        let WaitingRoute { tenant, route } = waiting;
        let recorded = async {
            match self.routes.find_route(tenant, route).await? {
                Some(route) => self.record_all(tenant, &route).await,
                None => Ok(0),
            }
        };
        recorded.await.unwrap_or_else(|error: ForwardError| {
            let route = route.hyphenated();
            tracing::warn!(%route, %error, "deposits could not be followed yet");
            0
        })
    }

    /// However many there are: what stands still does not hide what comes after it.
    async fn record_all(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
    ) -> Result<usize, ForwardError> {
        let (mut recorded, mut after) = (0, None);
        while !self.wake.is_stopped() {
            let page = self.record(tenant, route, after).await?;
            recorded += page.news;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(recorded)
    }

    /// Records what the provider has to say of a route's deposits, and of a page of the pending ones: those younger than
    /// `after`.
    ///
    /// # Errors
    /// See [`ForwardError`]; what was recorded stays recorded.
    pub(crate) async fn record(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        after: Option<DepositId>,
    ) -> Result<Page, ForwardError> {
        let line = self.lines.of(tenant.env).ok_or(ForwardError::NoProvider)?;
        let pending = self
            .deposits
            .pending_deposits(tenant, route.id, after, PAGE)
            .await?;
        let asked = line.routes.deposits(route, &pending, self.clock.now());
        let told = line.within(asked).await?;
        let mut news = 0;
        for some in told.chunks(usize::from(PAGE)) {
            match self.deposits.record_deposits(tenant, route, some).await? {
                Recorded::Done {
                    news: more,
                    foreign,
                } => {
                    news += more;
                    report(route, foreign);
                }
                // What was said is true no more. The next pass goes by what the route is by then.
                Recorded::Outrun => return Ok(Page { news, next: None }),
            }
        }
        let is_full = pending.len() == usize::from(PAGE);
        let last = pending.last().filter(|_| is_full);
        Ok(Page {
            news,
            next: last.map(|last| last.id),
        })
    }
}

/// What became of a page of deposits.
pub(crate) struct Page {
    /// How many deposits were new or had ended.
    pub(crate) news: usize,
    /// After which of them the next page begins, if there is one.
    pub(crate) next: Option<DepositId>,
}

fn report(route: &PaymentRoute, foreign: usize) {
    if foreign > 0 {
        let route = route.id.hyphenated();
        tracing::error!(%route, foreign, "the provider tells deposits of another route again");
    }
}
