//! Which liquidity provider serves which env.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use vouch_domain::ports::{
    LiquidityFailure, RouteProvider, RouteSimulator, Simulator, SwapProvider,
};

use crate::lines::Lines;

/// A provider of swaps and payment routes, and how long its calls may take.
#[derive(Clone)]
pub struct LiquidityLine {
    /// Exchanges currencies.
    pub swaps: Arc<dyn SwapProvider>,
    /// The same, where it only plays.
    pub simulator: Option<Arc<dyn Simulator>>,
    /// Passes deposits on.
    pub routes: Arc<dyn RouteProvider>,
    /// The same, where it only plays.
    pub route_simulator: Option<Arc<dyn RouteSimulator>>,
    /// How long a call may take.
    pub deadline: Duration,
}

impl LiquidityLine {
    /// The line to simulators.
    #[must_use]
    pub fn to_simulators(
        swaps: Arc<impl Simulator + 'static>,
        routes: Arc<impl RouteSimulator + 'static>,
        deadline: Duration,
    ) -> Self {
        Self {
            swaps: Arc::clone(&swaps) as _,
            simulator: Some(swaps),
            routes: Arc::clone(&routes) as _,
            route_simulator: Some(routes),
            deadline,
        }
    }

    /// Waits for a call, as long as a call may take.
    pub(crate) async fn within<Answer>(
        &self,
        call: impl Future<Output = Result<Answer, LiquidityFailure>>,
    ) -> Result<Answer, LiquidityFailure> {
        match timeout(self.deadline, call).await {
            Ok(answer) => answer,
            Err(_) => Err(LiquidityFailure::Unclear {
                cause: "no answer in time".to_owned(),
            }),
        }
    }
}

/// The provider of each env.
pub type LiquidityLines = Lines<LiquidityLine>;
