//! Playing a deposit on a caller's word, in `test`.

use std::sync::Arc;

use vouch_domain::{
    id::SwapId,
    ports::{SettlementJobs, StoreError, Swaps},
    simulation::{Outcome, Simulation},
    swap::{Swap, SwapStatus},
    tenant::Tenant,
};

use crate::settle::{SettleError, Settled, Settler};

/// Why nothing was simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// The tenant has nothing of this id that a simulation could change.
    #[error("there is nothing to simulate")]
    Unknown,
    /// The simulation stands, but has not come to its end yet.
    #[error("the simulation has not ended: {0}")]
    Unsettled(#[from] SettleError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct Simulate {
    swaps: Arc<dyn Swaps>,
    jobs: Arc<dyn SettlementJobs>,
    settler: Settler,
}

impl Simulate {
    /// The use case on this store.
    #[must_use]
    pub fn new(swaps: Arc<dyn Swaps>, jobs: Arc<dyn SettlementJobs>, settler: Settler) -> Self {
        Self {
            swaps,
            jobs,
            settler,
        }
    }

    /// Has the deposit of a swap arrive, and follows the swap to its end. Repeated, it changes nothing.
    ///
    /// The word is stored before anything happens: should the process die, another goes on with it.
    ///
    /// # Errors
    /// See [`SimulateError`]; [`SimulateError::Unknown`] also for a swap that has ended otherwise, or waited for its deposit
    /// for too long.
    pub async fn swap(
        &self,
        tenant: Tenant,
        id: SwapId,
        simulation: &Simulation,
    ) -> Result<Swap, SimulateError> {
        let now = self.settler.clock.now();
        let stands = self.jobs.simulate_swap(tenant, id, simulation, now);
        let stands = stands.await?;
        let swap = self.swaps.find_swap(tenant, id).await?;
        let swap = swap.ok_or(SimulateError::Unknown)?;
        if let Some(simulation) = stands {
            let settled = self.settler.settle(tenant, swap, Some(simulation)).await?;
            return match settled {
                Settled::Final(swap) if swap.state.received().is_some() => Ok(*swap),
                // Cancelled or expired meanwhile; and without a simulator nothing is played.
                Settled::Final(_) | Settled::Waits(_) => Err(SimulateError::Unknown),
            };
        }
        match has_ended_so(&swap, simulation) {
            true => Ok(swap),
            false => Err(SimulateError::Unknown),
        }
    }
}

fn has_ended_so(swap: &Swap, simulation: &Simulation) -> bool {
    let expected = match simulation.outcome {
        Outcome::Completed => SwapStatus::Completed,
        Outcome::Failed => SwapStatus::Failed,
    };
    swap.state.status() == expected
        && simulation
            .amount
            .is_none_or(|amount| swap.state.received() == Some(amount))
}
