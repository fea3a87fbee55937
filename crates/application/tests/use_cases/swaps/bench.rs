//! One tenant, one provider, one store.

use std::{
    collections::BTreeSet,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use vouch_application::{
    background::Wake,
    ids::IdMint,
    jobs::Work,
    kept_answers::{Answered, KeptAnswers, Unwritten},
    liquidity::{LiquidityLine, LiquidityLines},
    rates::Rates,
    settle::Settler,
    simulate::{Simulate, SimulateError},
    swaps::{CancelSwapError, OpenSwapError, SwapDesk},
};
use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    form::FieldProblem,
    id::SwapId,
    idempotency::{KeptAnswer, KeyClaim},
    ports::{
        Clock, LiquidityFailure, Market, MarketRate, NextStep, SettlementJobs, Simulator,
        SwapProvider, Swaps,
    },
    simulation::{Outcome, Simulation},
    swap::{Pair, Swap, SwapOrder, SwapRequest, SwapStatus, SwapStep, SwapTerms},
    tenant::{Env, Tenant},
};
use vouch_sandbox_liquidity::SandboxLiquidity;
use vouch_testkit::{FixedClock, InMemory, new_tenant, swap_order, unique_treasury_claim};

pub(crate) const SETTLES_AFTER: Duration = Duration::from_secs(8);
pub(crate) const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);
const DEADLINE: Duration = Duration::from_secs(5);

/// The simulator, which may fall silent: it then carries out what it is told, and does not answer. Of rates it only keeps
/// that of EURC to itself.
pub(crate) struct Provider {
    simulator: SandboxLiquidity,
    is_silent: AtomicBool,
    orders: Mutex<BTreeSet<SwapId>>,
}

impl Provider {
    pub(crate) fn be_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    pub(crate) fn answer(&self) {
        self.is_silent.store(false, Ordering::SeqCst);
    }

    /// How many different orders it has taken.
    pub(crate) fn orders(&self) -> usize {
        self.orders.lock().unwrap().len()
    }

    async fn unless_silent(&self) {
        if self.is_silent.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }
}

#[async_trait]
impl SwapProvider for Provider {
    async fn market(&self) -> Result<Market, LiquidityFailure> {
        self.simulator.market().await
    }

    async fn rate(
        &self,
        pair: &Pair,
        now: DateTime<Utc>,
    ) -> Result<Option<MarketRate>, LiquidityFailure> {
        if pair.from.as_str() == "EURC" {
            self.unless_silent().await;
        }
        self.simulator.rate(pair, now).await
    }

    async fn open_swap(
        &self,
        id: SwapId,
        order: &SwapOrder,
    ) -> Result<SwapTerms, LiquidityFailure> {
        self.orders.lock().unwrap().insert(id);
        self.unless_silent().await;
        self.simulator.open_swap(id, order).await
    }

    async fn next_step(
        &self,
        swap: &Swap,
        now: DateTime<Utc>,
    ) -> Result<NextStep, LiquidityFailure> {
        self.unless_silent().await;
        self.simulator.next_step(swap, now).await
    }

    async fn cancel_swap(&self, swap: &Swap, now: DateTime<Utc>) -> Result<bool, LiquidityFailure> {
        self.simulator.cancel_swap(swap, now).await
    }
}

impl Simulator for Provider {
    fn settles_after(&self) -> Option<Duration> {
        self.simulator.settles_after()
    }

    fn play(
        &self,
        swap: &Swap,
        simulation: &Simulation,
    ) -> Result<Option<SwapStep>, LiquidityFailure> {
        self.simulator.play(swap, simulation)
    }
}

#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) store: InMemory,
    pub(crate) provider: Arc<Provider>,
    pub(crate) ids: Arc<IdMint>,
    pub(crate) tenant: Tenant,
    pub(crate) rates: Rates,
    clock: Arc<FixedClock>,
    desk: SwapDesk,
    settler: Settler,
    simulate: Simulate,
}

impl Bench {
    pub(crate) async fn settling_after(settles_after: Duration) -> Self {
        let clock = FixedClock::new();
        let ids = Arc::new(IdMint::new(Arc::clone(&clock) as _));
        let store = InMemory::default();
        let provider = Arc::new(Provider {
            simulator: SandboxLiquidity::new("seed", settles_after),
            is_silent: AtomicBool::new(false),
            orders: Mutex::default(),
        });
        let lines = LiquidityLines {
            test: Some(LiquidityLine::to_simulators(
                Arc::clone(&provider),
                Arc::new(SandboxLiquidity::new("seed", settles_after)),
                DEADLINE,
            )),
            live: None,
        };
        let port = Arc::new(store.clone());
        let settler = Settler::new(
            Arc::clone(&port) as _,
            Arc::clone(&port) as _,
            lines.clone(),
            Arc::clone(&clock) as _,
            Wake::default(),
        );
        Self {
            tenant: new_tenant(&store, &ids, Env::Test).await,
            desk: SwapDesk::new(
                Arc::clone(&port) as _,
                Arc::clone(&port) as _,
                KeptAnswers::new(Arc::clone(&port) as _, Arc::clone(&ids)),
                lines.clone(),
                Arc::clone(&clock) as _,
                Wake::default(),
            ),
            simulate: Simulate::new(Arc::clone(&port) as _, port, settler.clone()),
            rates: Rates::new(lines, Arc::clone(&clock) as _),
            settler,
            store,
            provider,
            ids,
            clock,
        }
    }

    /// The same organisation in this env.
    pub(crate) fn of_env(&self, env: Env) -> Self {
        let tenant = Tenant { env, ..self.tenant };
        Self {
            tenant,
            ..self.clone()
        }
    }

    /// Another organisation.
    pub(crate) async fn stranger(&self) -> Self {
        Self {
            tenant: new_tenant(&self.store, &self.ids, Env::Test).await,
            ..self.clone()
        }
    }

    pub(crate) async fn open(
        &self,
        claim: &KeyClaim,
        form: Result<SwapRequest, Vec<FieldProblem>>,
    ) -> Result<Answered, OpenSwapError> {
        self.desk.open(self.tenant, claim, form, rendered).await
    }

    /// A new swap of the primary customer.
    pub(crate) async fn opened(&self) -> Swap {
        self.opened_as(&unique_treasury_claim()).await
    }

    pub(crate) async fn opened_as(&self, claim: &KeyClaim) -> Swap {
        let answered = self.open(claim, Ok(order())).await.unwrap();
        let id = SwapId::parse_hyphenated(&answered.answer.body).unwrap();
        let found = self.store.find_swap(self.tenant, id).await.unwrap();
        found.expect("a swap")
    }

    pub(crate) async fn cancel(
        &self,
        claim: &KeyClaim,
        id: SwapId,
    ) -> Result<Answered, CancelSwapError> {
        self.desk.cancel(self.tenant, claim, id, rendered).await
    }

    pub(crate) async fn simulate(
        &self,
        id: SwapId,
        simulation: Simulation,
    ) -> Result<Swap, SimulateError> {
        self.simulate.swap(self.tenant, id, &simulation).await
    }

    /// Notes a simulation, and does nothing about it.
    pub(crate) async fn only_note(&self, id: SwapId, simulation: Simulation) {
        let (store, now) = (&self.store, self.now());
        let noted = store.simulate_swap(self.tenant, id, &simulation, now).await;
        assert_eq!(noted.unwrap(), Some(simulation));
    }

    pub(crate) async fn found(&self, swap: &Swap) -> Swap {
        let found = self.store.find_swap(self.tenant, swap.id).await.unwrap();
        found.expect("a swap")
    }

    pub(crate) async fn count(&self) -> i64 {
        let listed = self.store.list_swaps(self.tenant, HolderFilter::All, 50);
        listed.await.unwrap().total
    }

    /// Has the settler look around. Answers how many jobs it took.
    pub(crate) async fn pass(&self) -> usize {
        self.settler.pass(Env::Test).await.unwrap()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets time pass on every clock.
    pub(crate) fn let_pass(&self, time: Duration) {
        self.store.advance(time);
        self.clock.advance(time);
    }
}

/// An order for the primary customer.
pub(crate) fn order() -> SwapRequest {
    SwapRequest {
        order: swap_order(),
        holder: HolderChoice::Primary,
    }
}

pub(crate) fn outcome_of(outcome: Outcome) -> SwapStatus {
    match outcome {
        Outcome::Completed => SwapStatus::Completed,
        Outcome::Failed => SwapStatus::Failed,
    }
}

fn rendered(swap: &Swap) -> Result<KeptAnswer, Unwritten> {
    Ok(KeptAnswer {
        status: 200,
        body: swap.id.hyphenated().to_string(),
    })
}
