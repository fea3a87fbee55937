//! Settling swaps: following each to its end, whatever happens to the process.
//!
//! A step is told by the provider, or by the simulation that a caller asked for, and stored by one statement that is
//! guarded by the status from which the step leads on. So a step that two processes know of happens once, and a process
//! that dies leaves a swap from which the next one goes on.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use vouch_domain::{
    ports::{Clock, LiquidityFailure, NextStep, SettlementJob, SettlementJobs, StoreError, Swaps},
    simulation::Simulation,
    swap::{StepRefused, Swap, SwapState, SwapStatus, SwapStep},
    tenant::{Env, Tenant},
};

use crate::{
    background::Wake,
    jobs::{Onward, Work},
    liquidity::{LiquidityLine, LiquidityLines},
    steps::{self, Step},
};

/// Steps from the first status to a final one.
const MOST_STEPS: u32 = 3;
/// How long the statements of a settlement may take together.
const STATEMENTS: Duration = Duration::from_secs(15);
/// When to look again after a deposit that its provider says nothing of.
const IDLE: Duration = Duration::from_secs(60);

/// Why a swap came no further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The env has no provider.
    #[error("no liquidity provider is configured")]
    NoProvider,
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] LiquidityFailure),
    /// The provider told a step that does not follow.
    #[error(transparent)]
    Step(#[from] StepRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a swap could be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// To a final status.
    Final(Box<Swap>),
    /// There is nothing to do for so long.
    Waits(Duration),
}

/// Follows swaps.
#[derive(Clone)]
pub struct Settler {
    swaps: Arc<dyn Swaps>,
    jobs: Arc<dyn SettlementJobs>,
    lines: LiquidityLines,
    pub(crate) clock: Arc<dyn Clock>,
    wake: Wake,
}

impl Settler {
    /// A settler on this store.
    #[must_use]
    pub fn new(
        swaps: Arc<dyn Swaps>,
        jobs: Arc<dyn SettlementJobs>,
        lines: LiquidityLines,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Self {
        Self {
            swaps,
            jobs,
            lines,
            clock,
            wake,
        }
    }
}

#[async_trait]
impl Work for Settler {
    type Line = LiquidityLine;
    type Job = SettlementJob;

    const JOBS: &'static str = "settlements";
    const AT_ONCE: u8 = 8;
    const PERIOD: Duration = Duration::from_secs(5);

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &LiquidityLines {
        &self.lines
    }

    async fn take(
        &self,
        env: Env,
        line: &LiquidityLine,
        room: u8,
    ) -> Result<Vec<SettlementJob>, StoreError> {
        self.jobs.take_due_swaps(env, lease(line), room).await
    }

    async fn next_due(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        self.jobs.next_due_swap(env).await
    }

    async fn work_on(&self, _line: &LiquidityLine, job: SettlementJob, _: Instant) -> Onward {
        let settled = self
            .settle(job.tenant, job.swap.clone(), job.simulation)
            .await;
        let swap = job.swap.id.hyphenated();
        let given_back = match settled {
            Ok(Settled::Final(_)) => Ok(()),
            Ok(Settled::Waits(delay)) => self.jobs.put_off_swap(&job, delay).await,
            Err(error) => {
                tracing::warn!(%swap, %error, "a swap could not be settled yet");
                self.jobs.free_swap(&job).await
            }
        };
        if let Err(error) = given_back {
            tracing::warn!(%swap, %error, "a settlement job was not given back; its lease ends by itself");
        }
        Onward::GoOn
    }
}

impl Settler {
    /// Follows a swap as far as it goes now.
    ///
    /// # Errors
    /// See [`SettleError`]; the swap is as far as it came.
    pub(crate) async fn settle(
        &self,
        tenant: Tenant,
        mut swap: Swap,
        simulation: Option<Simulation>,
    ) -> Result<Settled, SettleError> {
        let line = self.lines.of(tenant.env).ok_or(SettleError::NoProvider)?;
        while !swap.state.status().is_final() {
            let now = self.clock.now();
            let step = match next_step(line, &swap, simulation, now).await? {
                Due::Now(step) => step,
                Due::In(delay) => return Ok(Settled::Waits(delay)),
            };
            let after = swap.after(step, now)?;
            let moved = self
                .swaps
                .advance_swap(tenant, swap.state.status(), &after)
                .await?;
            swap = if moved {
                steps::pass(recorded(after.state.status()));
                after
            } else {
                self.as_it_is_now(tenant, &swap).await?
            };
        }
        Ok(Settled::Final(Box::new(swap)))
    }

    /// Somebody else was faster: goes on from where they are.
    async fn as_it_is_now(&self, tenant: Tenant, swap: &Swap) -> Result<Swap, StoreError> {
        let found = self.swaps.find_swap(tenant, swap.id).await?;
        found.ok_or_else(|| StoreError::Defect("a swap has vanished".to_owned()))
    }
}

/// When a step is due.
enum Due {
    Now(SwapStep),
    In(Duration),
}

async fn next_step(
    line: &LiquidityLine,
    swap: &Swap,
    simulation: Option<Simulation>,
    now: DateTime<Utc>,
) -> Result<Due, LiquidityFailure> {
    if let Some((simulation, simulator)) = simulation.zip(line.simulator.as_ref())
        && let Some(step) = simulator.play(swap, &simulation)?
    {
        return Ok(Due::Now(step));
    }
    let next = line.within(line.swaps.next_step(swap, now)).await?;
    let delay = match next {
        NextStep::Now(step) => return Ok(Due::Now(step)),
        NextStep::LookAgain(delay) => Some(delay),
        NextStep::Never => None,
    };
    if swap.state != SwapState::AwaitingDeposit {
        return Ok(Due::In(delay.unwrap_or(IDLE)));
    }
    Ok(match (swap.expires_at() - now).to_std() {
        Ok(left) if !left.is_zero() => Due::In(delay.map_or(left, |delay| delay.min(left))),
        _ => Due::Now(SwapStep::Expire),
    })
}

/// Long enough for every step of a swap.
fn lease(line: &LiquidityLine) -> Duration {
    line.deadline * MOST_STEPS + STATEMENTS
}

fn recorded(status: SwapStatus) -> Step {
    match status {
        SwapStatus::DepositReceived => Step::DepositRecorded,
        SwapStatus::Swapping => Step::SwapBegun,
        _ => Step::SwapSettled,
    }
}
