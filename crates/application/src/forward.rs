//! Following deposits: recording what arrived at payment routes, and how it was passed on.
//!
//! The pending deposits of active routes are all the work there is, so nothing is lost with a process. A deposit is
//! recorded by the provider's own id, and ends once: processes that do the same work do no harm.

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use vouch_domain::{
    payment_route::PaymentRoute,
    ports::{Clock, Deposits, LiquidityFailure, PaymentRoutes, StoreError, WaitingRoute},
    tenant::{Env, Tenant},
};

use crate::{background::Wake, liquidity::LiquidityLines};

/// How long to sleep: what other processes left shows only in the store.
const PERIOD: Duration = Duration::from_secs(5);
/// How many routes are read at once.
const BATCH: u8 = 50;
/// How many deposits the provider is told of at once.
const PAGE: u8 = 200;
/// The provider is asked at most so often for one route at a time; what is left then is for the next time.
pub(crate) const MOST_CALLS: u32 = 5;

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

    /// Works for ever, on each env by itself.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        loop {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "waiting payment routes could not be read");
            }
            self.wake.wait(PERIOD).await;
        }
    }

    /// Looks after every active route of an env that has pending deposits. Answers how many deposits were new or had
    /// ended. A route that fails does not hold up the others.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say which routes wait.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        if self.lines.of(env).is_none() {
            return Ok(0);
        }
        let (mut recorded, mut after) = (0, None);
        loop {
            let waiting = self.deposits.waiting_routes(env, after, BATCH).await?;
            let Some(last) = waiting.last().copied() else {
                return Ok(recorded);
            };
            for one in waiting {
                recorded += self.look_after(one).await;
            }
            after = Some(last);
        }
    }

    async fn look_after(&self, waiting: WaitingRoute) -> usize {
        let WaitingRoute { tenant, route } = waiting;
        let recorded = async {
            match self.routes.find_route(tenant, route).await? {
                Some(route) => self.record(tenant, &route).await,
                None => Ok(0),
            }
        };
        recorded.await.unwrap_or_else(|error: ForwardError| {
            let route = route.hyphenated();
            tracing::warn!(%route, %error, "deposits could not be followed yet");
            0
        })
    }

    /// Records what the provider has to say of a route's deposits. Answers how many were new or had ended.
    ///
    /// # Errors
    /// See [`ForwardError`]; what was recorded stays recorded.
    pub(crate) async fn record(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
    ) -> Result<usize, ForwardError> {
        let line = self.lines.of(tenant.env).ok_or(ForwardError::NoProvider)?;
        let mut recorded = 0;
        for _ in 0..MOST_CALLS {
            let pending = self
                .deposits
                .pending_deposits(tenant, route.id, PAGE)
                .await?;
            let asked = line.routes.deposits(route, &pending, self.clock.now());
            let mut news = 0;
            for deposit in line.within(asked).await? {
                news += usize::from(self.deposits.record_deposit(tenant, &deposit).await?);
            }
            recorded += news;
            // Only what has ended makes room for others to be told of.
            if news == 0 || pending.len() < usize::from(PAGE) {
                break;
            }
        }
        Ok(recorded)
    }
}
