//! Swaps: opening and cancelling them, each under an idempotency key.

use std::{sync::Arc, time::Duration};

use vouch_domain::{
    form::FieldProblem,
    id::SwapId,
    idempotency::{Grant, Keep, KeptAnswer, KeyClaim},
    ports::{Clock, Holders, LiquidityFailure, StoreError, Swaps},
    swap::{DEPOSIT_WINDOW, Pair, Swap, SwapRequest, SwapStep},
    tenant::Tenant,
};

use crate::{
    background::Wake,
    kept_answers::{Answered, Ended, KeptAnswers, KeyError, OperationError, Unwritten},
    liquidity::{LiquidityLine, LiquidityLines},
    steps::{self, Step},
};

/// How long the statements of an operation may take together, connections included.
const STATEMENTS: Duration = Duration::from_secs(15);
/// An operation calls its provider at most so often.
const CALLS: u32 = 2;

/// Why there is no swap to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenSwapError {
    /// The body breaks rules, and its key is not bound to an answer.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    UnknownCustomer,
    /// Nobody exchanges these currencies.
    #[error("the pair is not supported")]
    UnsupportedPair(Pair),
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider has no terms to offer at the moment, as far as is known.
    #[error("there are no terms to offer: {failure}")]
    NoTerms {
        /// For which exchange.
        pair: Pair,
        /// What the provider said instead.
        failure: LiquidityFailure,
    },
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperationError for OpenSwapError {
    fn is_unclear(&self) -> bool {
        match self {
            Self::NoTerms { failure, .. } => failure.is_unclear(),
            Self::Store(_) => true,
            _ => false,
        }
    }
}

/// Why a swap was not cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelSwapError {
    /// The tenant has no such swap.
    #[error("there is no such swap")]
    Unknown,
    /// It does not wait for its deposit, or no more.
    #[error("the swap does not wait for its deposit")]
    NotPending,
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider has not said whether it dropped the order.
    #[error("the liquidity provider did not drop the order")]
    ProviderFailed,
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A cancellation makes nothing.
impl OperationError for CancelSwapError {
    fn is_unclear(&self) -> bool {
        false
    }
}

/// The two use cases.
#[derive(Clone)]
pub struct SwapDesk {
    store: Arc<dyn Swaps>,
    holders: Arc<dyn Holders>,
    answers: KeptAnswers,
    lines: LiquidityLines,
    clock: Arc<dyn Clock>,
    wake: Wake,
}

impl SwapDesk {
    /// The use cases on this store. `wake` wakes the settler.
    #[must_use]
    pub fn new(
        store: Arc<dyn Swaps>,
        holders: Arc<dyn Holders>,
        answers: KeptAnswers,
        lines: LiquidityLines,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Self {
        Self {
            store,
            holders,
            answers,
            lines,
            clock,
            wake,
        }
    }

    /// Opens the swap that the form describes, answering as `render` has it, or repeats the answer that the key is bound
    /// to.
    ///
    /// # Errors
    /// See [`OpenSwapError`].
    pub async fn open(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<SwapRequest, Vec<FieldProblem>>,
        render: fn(&Swap) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, OpenSwapError> {
        let (desk, lease) = (self.clone(), self.lease(tenant));
        let invalid = OpenSwapError::Invalid;
        let operation =
            |grant, request| async move { desk.take_order(tenant, &grant, request, render).await };
        self.answers
            .once_if_valid(tenant, claim, lease, form, invalid, operation)
            .await
    }

    /// Cancels a swap, answering as `render` has it, or repeats the answer that the key is bound to.
    ///
    /// # Errors
    /// See [`CancelSwapError`].
    pub async fn cancel(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        swap: SwapId,
        render: fn(&Swap) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, CancelSwapError> {
        let desk = self.clone();
        self.answers
            .once(tenant, claim, self.lease(tenant), |grant| async move {
                desk.drop_order(tenant, &grant, swap, render).await
            })
            .await
    }

    async fn take_order(
        &self,
        tenant: Tenant,
        grant: &Grant,
        request: SwapRequest,
        render: fn(&Swap) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, OpenSwapError> {
        let SwapRequest { order, holder } = request;
        let line = self.lines.of(tenant.env);
        let line = line.ok_or(OpenSwapError::NoProvider)?;
        let no_terms = |failure: LiquidityFailure| {
            tracing::warn!(%failure, "an order for a swap was not taken");
            let pair = order.pair.clone();
            OpenSwapError::NoTerms { pair, failure }
        };
        let market = line.within(line.swaps.market()).await.map_err(no_terms)?;
        if !market.pairs.contains(&order.pair) {
            return Err(OpenSwapError::UnsupportedPair(order.pair));
        }
        let holder = self.holders.holder(tenant, holder).await?;
        let holder = holder.ok_or(OpenSwapError::UnknownCustomer)?;
        let id = SwapId::of_time_ordered(grant.subject);
        let opened = line.within(line.swaps.open_swap(id, &order)).await;
        let terms = opened.map_err(no_terms)?;
        steps::pass(Step::SwapOpened);
        let swap = Swap::opened(id, holder, order, terms);
        let answer = render(&swap).map_err(KeyError::from)?;
        let keep = Keep {
            grant,
            answer: &answer,
        };
        let kept = self
            .store
            .insert_swap(tenant, &swap, first_look(line), keep)
            .await?;
        steps::pass(Step::SwapStored);
        self.wake.wake();
        let outrun = || StoreError::Defect("a new swap was outrun".to_owned());
        Ok(Ended::of(kept, answer).ok_or_else(outrun)?)
    }

    async fn drop_order(
        &self,
        tenant: Tenant,
        grant: &Grant,
        id: SwapId,
        render: fn(&Swap) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, CancelSwapError> {
        let swap = self.store.find_swap(tenant, id).await?;
        let swap = swap.ok_or(CancelSwapError::Unknown)?;
        let now = self.clock.now();
        let cancelled = swap.after(SwapStep::Cancel, now);
        let cancelled = cancelled.map_err(|_| CancelSwapError::NotPending)?;
        let line = self.lines.of(tenant.env);
        let line = line.ok_or(CancelSwapError::NoProvider)?;
        let dropped = line.within(line.swaps.cancel_swap(&swap, now)).await;
        let dropped = dropped.map_err(|failure| {
            tracing::warn!(swap = %id.hyphenated(), %failure, "an order for a swap was not dropped");
            CancelSwapError::ProviderFailed
        })?;
        if !dropped {
            return Err(CancelSwapError::NotPending);
        }
        let answer = render(&cancelled).map_err(KeyError::from)?;
        let keep = Keep {
            grant,
            answer: &answer,
        };
        // The deposit may have come meanwhile: then the statement finds another status, and the deposit wins.
        let kept = self.store.cancel_swap(tenant, &cancelled, keep).await?;
        Ended::of(kept, answer).ok_or(CancelSwapError::NotPending)
    }

    /// Longer than everything that an operation may have to wait for.
    fn lease(&self, tenant: Tenant) -> Duration {
        let line = self.lines.of(tenant.env);
        let calls = line.map_or(Duration::ZERO, |line| line.deadline * CALLS);
        STATEMENTS + calls
    }
}

/// In how long a new swap is worth a look.
fn first_look(line: &LiquidityLine) -> Duration {
    let until_expiry = DEPOSIT_WINDOW.to_std().unwrap_or_default();
    match &line.simulator {
        Some(simulator) => simulator
            .settles_after()
            .map_or(until_expiry, |settles_after| {
                settles_after.min(until_expiry)
            }),
        None => Duration::ZERO,
    }
}
