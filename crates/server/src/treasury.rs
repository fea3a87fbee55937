//! Swaps, payment routes and whatever else only the Treasury API offers: what works on them, and what asks for them.

use std::sync::Arc;

use vouch_application::{
    background::Wake, forward::Forwarder, ids::IdMint, kept_answers::KeptAnswers,
    liquidity::LiquidityLines, payment_routes::RouteDesk, rates::Rates, settle::Settler,
    simulate::Simulate, simulate_deposit::SimulateDeposit, swaps::SwapDesk,
    treasury_customers::CreateCustomerForTreasury,
};
use vouch_domain::ports::Clock;
use vouch_http::TreasuryServices;
use vouch_postgres::Store;

use crate::background::Background;

/// What all workers share.
pub(crate) struct Treasury {
    liquidity: LiquidityLines,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    /// Wakes the settler.
    settlements: Wake,
    /// Wakes the forwarder.
    deposits: Wake,
}

impl Treasury {
    pub(crate) fn new(liquidity: LiquidityLines, ids: Arc<IdMint>, clock: Arc<dyn Clock>) -> Self {
        Self {
            liquidity,
            ids,
            clock,
            settlements: Wake::default(),
            deposits: Wake::default(),
        }
    }

    /// Starts whoever settles swaps and follows deposits.
    pub(crate) fn start(&self, background: &mut Background, store: &Arc<Store>) {
        background.work(self.settler(store));
        let forwarder = self.forwarder(store);
        background.start(&self.deposits, async move { forwarder.run().await });
    }

    /// The use cases of requests.
    pub(crate) fn services(&self, store: &Arc<Store>) -> TreasuryServices {
        let answers = KeptAnswers::new(Arc::clone(store) as _, Arc::clone(&self.ids));
        TreasuryServices {
            create_customer: CreateCustomerForTreasury::new(
                Arc::clone(store) as _,
                answers.clone(),
                Arc::clone(&self.ids),
            ),
            customers: Arc::clone(store) as _,
            swap_desk: SwapDesk::new(
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                answers.clone(),
                self.liquidity.clone(),
                Arc::clone(&self.clock),
                self.settlements.clone(),
            ),
            swaps: Arc::clone(store) as _,
            rates: Rates::new(self.liquidity.clone(), Arc::clone(&self.clock)),
            simulate: Simulate::new(
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                self.settler(store),
            ),
            route_desk: RouteDesk::new(Arc::clone(store) as _, answers, self.forwarder(store)),
            payment_routes: Arc::clone(store) as _,
            deposits: Arc::clone(store) as _,
            simulate_deposit: SimulateDeposit::new(self.forwarder(store), Arc::clone(&self.ids)),
            ledger: Arc::clone(store) as _,
            liquidity: self.liquidity.clone(),
        }
    }

    fn settler(&self, store: &Arc<Store>) -> Settler {
        Settler::new(
            Arc::clone(store) as _,
            Arc::clone(store) as _,
            self.liquidity.clone(),
            Arc::clone(&self.clock),
            self.settlements.clone(),
        )
    }

    fn forwarder(&self, store: &Arc<Store>) -> Forwarder {
        Forwarder::new(
            Arc::clone(store) as _,
            Arc::clone(store) as _,
            self.liquidity.clone(),
            Arc::clone(&self.clock),
            self.deposits.clone(),
        )
    }
}
