//! Payment routes: opening them, and what their owners do with them, each under an idempotency key.

use std::{sync::Arc, time::Duration};

use vouch_domain::{
    form::FieldProblem,
    id::PaymentRouteId,
    idempotency::{Grant, Keep, KeptAnswer, KeyClaim},
    payment_route::{PaymentRoute, RouteAction, RouteOrder, RouteRefused, RouteRequest},
    ports::{Holders, LiquidityFailure, Network, RouteUnserved, StoreError},
    tenant::{Env, Tenant},
};

use crate::{
    forward::{ForwardError, Forwarder},
    kept_answers::{Answered, Ended, KeptAnswers, KeyError, OperationError, Unwritten},
};

/// How long a statement may take, its connection included.
const STATEMENT: Duration = Duration::from_secs(5);
/// An opening looks for the holder and stores the route.
const OPENING_STATEMENTS: u32 = 2;
/// A sync brings at most so many pages of pending deposits up to date; what is left then is followed without being asked.
const PAGES: u32 = 5;
/// A sync looks for the route and keeps its answer, and for each page reads and records.
const SYNC_STATEMENTS: u32 = 2 + 2 * PAGES;
/// How often an action is judged anew after somebody else was faster: a route changes at most so often before it is
/// archived, unless two callers pause and activate it all the time.
const ATTEMPTS: u32 = 5;

/// Why there is no payment route to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenRouteError {
    /// The body breaks rules, and its key is not bound to an answer.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    UnknownCustomer,
    /// Nobody passes such deposits on.
    #[error("the route cannot be served: {why}")]
    Unserved {
        /// What was asked for.
        order: Box<RouteOrder>,
        /// Which part of it is the trouble.
        why: RouteUnserved,
    },
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider has not opened it, as far as is known.
    #[error(transparent)]
    Provider(LiquidityFailure),
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperationError for OpenRouteError {
    fn is_unclear(&self) -> bool {
        match self {
            Self::Provider(failure) => failure.is_unclear(),
            Self::Store(_) => true,
            _ => false,
        }
    }
}

/// Why an action on a payment route was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRouteError {
    /// The tenant has no such route.
    #[error("there is no such payment route")]
    Unknown,
    /// The route's status does not allow it.
    #[error(transparent)]
    Refused(#[from] RouteRefused),
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An action makes nothing.
impl OperationError for ChangeRouteError {
    fn is_unclear(&self) -> bool {
        false
    }
}

/// Why the deposits of a payment route were not synced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncDepositsError {
    /// The tenant has no such route.
    #[error("there is no such payment route")]
    Unknown,
    /// They could not be brought up to date. What was recorded stays recorded.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was recorded has ids of its own.
impl OperationError for SyncDepositsError {
    fn is_unclear(&self) -> bool {
        false
    }
}

/// Why it is not known what is served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] LiquidityFailure),
}

/// The use cases.
#[derive(Clone)]
pub struct RouteDesk {
    holders: Arc<dyn Holders>,
    answers: KeptAnswers,
    forwarder: Forwarder,
}

impl RouteDesk {
    /// The use cases on the store of this forwarder, which is woken when there may be something for it to do.
    #[must_use]
    pub fn new(holders: Arc<dyn Holders>, answers: KeptAnswers, forwarder: Forwarder) -> Self {
        Self {
            holders,
            answers,
            forwarder,
        }
    }

    /// What the provider of an env serves.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub async fn network(&self, env: Env) -> Result<Network, NetworkError> {
        let line = self
            .forwarder
            .lines
            .of(env)
            .ok_or(NetworkError::NoProvider)?;
        Ok(line.within(line.routes.network()).await?)
    }

    /// Opens the route that the form describes, answering as `render` has it, or repeats the answer that the key is bound
    /// to.
    ///
    /// # Errors
    /// See [`OpenRouteError`].
    pub async fn open(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<RouteRequest, Vec<FieldProblem>>,
        render: fn(&PaymentRoute) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, OpenRouteError> {
        let desk = self.clone();
        let lease = self.lease(tenant, OPENING_STATEMENTS, 1);
        let invalid = OpenRouteError::Invalid;
        let operation =
            |grant, request| async move { desk.take_order(tenant, &grant, request, render).await };
        self.answers
            .once_if_valid(tenant, claim, lease, form, invalid, operation)
            .await
    }

    /// Takes an owner's action on a route, answering as `render` has it, or repeats the answer that the key is bound to.
    ///
    /// # Errors
    /// See [`ChangeRouteError`].
    pub async fn change(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        route: PaymentRouteId,
        action: RouteAction,
        render: fn(&PaymentRoute) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, ChangeRouteError> {
        let desk = self.clone();
        // Each attempt reads and changes.
        let lease = STATEMENT * (2 * ATTEMPTS);
        self.answers
            .once(tenant, claim, lease, |grant| async move {
                desk.take_action(tenant, &grant, route, action, render)
                    .await
            })
            .await
    }

    /// Records what the provider has to say of a route's deposits. `render` makes the answer of the route and the number
    /// of deposits that were new or had ended; a key that is bound repeats its answer.
    ///
    /// # Errors
    /// See [`SyncDepositsError`].
    pub async fn sync(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        route: PaymentRouteId,
        render: fn(PaymentRouteId, usize) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, SyncDepositsError> {
        let desk = self.clone();
        let lease = self.lease(tenant, SYNC_STATEMENTS, PAGES);
        self.answers
            .once(tenant, claim, lease, |grant| async move {
                desk.sync_deposits(tenant, &grant, route, render).await
            })
            .await
    }

    async fn take_order(
        &self,
        tenant: Tenant,
        grant: &Grant,
        request: RouteRequest,
        render: fn(&PaymentRoute) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, OpenRouteError> {
        let RouteRequest { order, holder } = request;
        let line = self.forwarder.lines.of(tenant.env);
        let line = line.ok_or(OpenRouteError::NoProvider)?;
        let holder = self.holders.holder(tenant, holder).await?;
        let holder = holder.ok_or(OpenRouteError::UnknownCustomer)?;
        let id = PaymentRouteId::of_time_ordered(grant.subject);
        let opened = line.within(line.routes.open_route(id, &order)).await;
        let opened = opened.map_err(|failure| {
            tracing::warn!(%failure, "a payment route was not opened");
            OpenRouteError::Provider(failure)
        })?;
        let terms = match opened {
            Ok(terms) => terms,
            Err(why) => {
                let order = Box::new(order);
                return Err(OpenRouteError::Unserved { order, why });
            }
        };
        let route = PaymentRoute::opened(id, holder, order, terms);
        let answer = render(&route).map_err(KeyError::from)?;
        let keep = Keep {
            grant,
            answer: &answer,
        };
        let kept = self
            .forwarder
            .routes
            .insert_route(tenant, &route, keep)
            .await?;
        let outrun = || StoreError::Defect("a new payment route was outrun".to_owned());
        Ok(Ended::of(kept, answer).ok_or_else(outrun)?)
    }

    async fn take_action(
        &self,
        tenant: Tenant,
        grant: &Grant,
        id: PaymentRouteId,
        action: RouteAction,
        render: fn(&PaymentRoute) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, ChangeRouteError> {
        for _ in 0..ATTEMPTS {
            let route = self.forwarder.routes.find_route(tenant, id).await?;
            let route = route.ok_or(ChangeRouteError::Unknown)?;
            let changed = route.after(action, self.forwarder.clock.now())?;
            let answer = render(&changed).map_err(KeyError::from)?;
            let keep = Keep {
                grant,
                answer: &answer,
            };
            let kept = self
                .forwarder
                .routes
                .advance_route(tenant, route.status, &changed, keep)
                .await?;
            if let Some(ended) = Ended::of(kept, answer) {
                // What has waited at it may go on now.
                self.forwarder.wake.wake();
                return Ok(ended);
            }
        }
        Err(StoreError::Unavailable("a payment route changes all the time".to_owned()).into())
    }

    async fn sync_deposits(
        &self,
        tenant: Tenant,
        grant: &Grant,
        id: PaymentRouteId,
        render: fn(PaymentRouteId, usize) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, SyncDepositsError> {
        let route = self.forwarder.routes.find_route(tenant, id).await?;
        let route = route.ok_or(SyncDepositsError::Unknown)?;
        let (mut recorded, mut after) = (0, None);
        for _ in 0..PAGES {
            let page = self.forwarder.record(tenant, &route, after).await?;
            recorded += page.news;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let answer = render(route.id, recorded).map_err(KeyError::from)?;
        let keep = Keep {
            grant,
            answer: &answer,
        };
        let kept = self
            .forwarder
            .deposits
            .keep_recorded_deposits(tenant, keep)
            .await?;
        let outrun = || StoreError::Defect("a record was outrun".to_owned());
        Ok(Ended::of(kept, answer).ok_or_else(outrun)?)
    }

    /// As long as so many statements and calls may take.
    fn lease(&self, tenant: Tenant, statements: u32, calls: u32) -> Duration {
        let line = self.forwarder.lines.of(tenant.env);
        STATEMENT * statements + line.map_or(Duration::ZERO, |line| line.deadline * calls)
    }
}
