//! Playing a deposit at a payment route on a caller's word, in `test`.

use std::{slice, sync::Arc};

use vouch_domain::{
    id::PaymentRouteId,
    ledger::RouteDeposit,
    payment_route::{RouteRefused, RouteStatus},
    ports::{LiquidityFailure, Recorded, StoreError},
    simulation::Simulation,
    tenant::Tenant,
};

use crate::{forward::Forwarder, ids::IdMint};

/// How often an arrival is played anew at a route that has changed meanwhile.
const ATTEMPTS: u8 = 5;

/// Why no deposit was simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateDepositError {
    /// The tenant has no such route, or nothing is played for it.
    #[error("there is nothing to simulate")]
    Unknown,
    /// The route takes no deposits any more.
    #[error(transparent)]
    Refused(RouteRefused),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] LiquidityFailure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct SimulateDeposit {
    forwarder: Forwarder,
    ids: Arc<IdMint>,
}

impl SimulateDeposit {
    /// The use case on the store of this forwarder.
    #[must_use]
    pub fn new(forwarder: Forwarder, ids: Arc<IdMint>) -> Self {
        Self { forwarder, ids }
    }

    /// Has a new deposit arrive at the route of this id: it has ended at once, or waits when the route is paused.
    ///
    /// # Errors
    /// See [`SimulateDepositError`].
    pub async fn arrive(
        &self,
        tenant: Tenant,
        id: PaymentRouteId,
        simulation: &Simulation,
    ) -> Result<RouteDeposit, SimulateDepositError> {
        let Forwarder {
            routes,
            deposits,
            lines,
            ..
        } = &self.forwarder;
        let line = lines.of(tenant.env);
        let simulator = line.and_then(|line| line.route_simulator.as_ref());
        let simulator = simulator.ok_or(SimulateDepositError::Unknown)?;
        for _ in 0..ATTEMPTS {
            let route = routes.find_route(tenant, id).await?;
            let route = route.ok_or(SimulateDepositError::Unknown)?;
            if route.status == RouteStatus::Archived {
                let already = route.status;
                return Err(SimulateDepositError::Refused(RouteRefused { already }));
            }
            let deposit = simulator.arrive(&route, self.ids.mint(), simulation)?;
            let told = slice::from_ref(&deposit);
            match deposits.record_deposits(tenant, &route, told).await? {
                Recorded::Done { news: 1, .. } => return Ok(RouteDeposit::of(&route, deposit)),
                Recorded::Done { .. } => return Err(not_new().into()),
                // Paused, activated or archived meanwhile.
                Recorded::Outrun => {}
            }
        }
        Err(StoreError::Unavailable("a payment route changes all the time".to_owned()).into())
    }
}

fn not_new() -> StoreError {
    StoreError::Defect("a deposit with a new id was known".to_owned())
}
