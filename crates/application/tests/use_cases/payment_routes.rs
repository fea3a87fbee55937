//! Payment routes, from their order to the end of their deposits.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    background::Wake,
    forward::{ForwardError, Forwarder},
    ids::IdMint,
    kept_answers::{Answered, KeptAnswers, Unwritten},
    liquidity::{LiquidityLine, LiquidityLines},
    payment_routes::{ChangeRouteError, OpenRouteError, RouteDesk, SyncDepositsError},
    simulate_deposit::{SimulateDeposit, SimulateDepositError},
};
use vouch_domain::{
    customer::{HolderChoice, HolderFilter},
    id::PaymentRouteId,
    idempotency::{KeptAnswer, Repetition},
    payment_route::{
        Deposit, DepositStatus, PaymentRoute, RouteAction, RouteRefused, RouteRequest, RouteStatus,
    },
    ports::{DepositFilter, Deposits, PaymentRoutes, RouteUnserved},
    simulation::{Outcome, Simulation},
    tenant::{Env, Tenant},
    values::ChainId,
};
use vouch_sandbox_liquidity::SandboxLiquidity;
use vouch_testkit::{
    FixedClock, InMemory, new_tenant, pending_deposit, route_order, unique_treasury_claim,
};

/// One tenant, the simulator, one store.
struct Bench {
    store: InMemory,
    ids: Arc<IdMint>,
    tenant: Tenant,
    desk: RouteDesk,
    forwarder: Forwarder,
    simulate: SimulateDeposit,
    wake: Wake,
}

impl Bench {
    async fn new() -> Self {
        let clock = FixedClock::new();
        let ids = Arc::new(IdMint::new(Arc::clone(&clock) as _));
        let store = InMemory::default();
        let port = Arc::new(store.clone());
        let simulator = Arc::new(SandboxLiquidity::new("seed", Duration::ZERO));
        let deadline = Duration::from_secs(5);
        let lines = LiquidityLines {
            test: Some(LiquidityLine::to_simulators(
                Arc::clone(&simulator),
                simulator,
                deadline,
            )),
            live: None,
        };
        let wake = Wake::default();
        let forwarder = Forwarder::new(
            Arc::clone(&port) as _,
            Arc::clone(&port) as _,
            lines,
            Arc::clone(&clock) as _,
            wake.clone(),
        );
        let answers = KeptAnswers::new(Arc::clone(&port) as _, Arc::clone(&ids));
        Self {
            wake,
            tenant: new_tenant(&store, &ids, Env::Test).await,
            desk: RouteDesk::new(port, answers, forwarder.clone()),
            simulate: SimulateDeposit::new(forwarder.clone(), Arc::clone(&ids)),
            forwarder,
            ids,
            store,
        }
    }

    async fn open(&self, request: RouteRequest) -> Result<Answered, OpenRouteError> {
        let claim = unique_treasury_claim();
        let opened = self.desk.open(self.tenant, &claim, Ok(request), rendered);
        opened.await
    }

    /// A new route of the primary customer.
    async fn opened(&self) -> PaymentRouteId {
        let answered = self.open(request()).await.unwrap();
        PaymentRouteId::parse_hyphenated(&answered.answer.body).unwrap()
    }

    async fn change(
        &self,
        route: PaymentRouteId,
        action: RouteAction,
    ) -> Result<Answered, ChangeRouteError> {
        let claim = unique_treasury_claim();
        self.desk
            .change(self.tenant, &claim, route, action, rendered)
            .await
    }

    async fn arrive(
        &self,
        route: PaymentRouteId,
        outcome: Outcome,
    ) -> Result<Deposit, SimulateDepositError> {
        let simulation = Simulation {
            outcome,
            amount: None,
        };
        let arrived = self
            .simulate
            .arrive(self.tenant, route, &simulation)
            .await?;
        Ok(arrived.deposit)
    }

    async fn synced(&self, route: PaymentRouteId) -> String {
        let claim = unique_treasury_claim();
        let synced = self.desk.sync(self.tenant, &claim, route, counted);
        synced.await.unwrap().answer.body
    }

    /// The statuses of all deposits, newest first.
    async fn statuses(&self) -> Vec<DepositStatus> {
        let filter = DepositFilter::Holder(HolderFilter::All);
        let listed = self.store.list_deposits(self.tenant, filter, 50).await;
        let statuses = listed.unwrap().rows.into_iter();
        statuses.map(|row| row.deposit.status).collect()
    }

    async fn found(&self, route: PaymentRouteId) -> PaymentRoute {
        let found = self.store.find_route(self.tenant, route).await;
        found.unwrap().unwrap()
    }
}

fn request() -> RouteRequest {
    RouteRequest {
        order: route_order(),
        holder: HolderChoice::Primary,
    }
}

fn rendered(route: &PaymentRoute) -> Result<KeptAnswer, Unwritten> {
    Ok(KeptAnswer {
        status: 200,
        body: route.id.hyphenated().to_string(),
    })
}

fn counted(_: PaymentRouteId, synced: usize) -> Result<KeptAnswer, Unwritten> {
    Ok(KeptAnswer {
        status: 200,
        body: synced.to_string(),
    })
}

#[tokio::test(start_paused = true)]
async fn a_repeated_order_opens_one_route() {
    let bench = Bench::new().await;
    let claim = unique_treasury_claim();
    let open = async || {
        let opened = bench
            .desk
            .open(bench.tenant, &claim, Ok(request()), rendered);
        opened.await.unwrap()
    };
    let (first, again) = (open().await, open().await);
    assert_eq!(first.answer, again.answer);
    assert_eq!(
        (first.repeats, again.repeats),
        (None, Some(Repetition::Same))
    );
    let listed = bench.store.list_routes(bench.tenant, HolderFilter::All, 50);
    assert_eq!(listed.await.unwrap().total, 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_serves_is_refused() {
    let bench = Bench::new().await;
    let mut order = route_order();
    order.destination_chain = ChainId::new(42).unwrap();
    let unserved = bench.open(RouteRequest { order, ..request() }).await;
    let is_refused = matches!(
        unserved,
        Err(OpenRouteError::Unserved {
            why: RouteUnserved::Corridor,
            ..
        })
    );
    assert!(is_refused, "{unserved:?}");
    let holder = HolderChoice::Nobody;
    let unknown = bench
        .open(RouteRequest {
            holder,
            ..request()
        })
        .await;
    assert_eq!(unknown, Err(OpenRouteError::UnknownCustomer));
}

#[tokio::test(start_paused = true)]
async fn live_has_no_provider() {
    let bench = Bench::new().await;
    let live = Tenant {
        env: Env::Live,
        ..bench.tenant
    };
    let claim = unique_treasury_claim();
    let opened = bench.desk.open(live, &claim, Ok(request()), rendered).await;
    assert_eq!(opened, Err(OpenRouteError::NoProvider));
    assert_eq!(bench.forwarder.pass(Env::Live).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn deposits_wait_while_their_route_is_paused() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.arrive(route, Outcome::Completed).await.unwrap();
    assert_eq!(bench.statuses().await, [DepositStatus::Success]);
    bench.change(route, RouteAction::Pause).await.unwrap();
    bench.arrive(route, Outcome::Completed).await.unwrap();
    bench.arrive(route, Outcome::Failed).await.unwrap();
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(0));
    assert_eq!(bench.synced(route).await, "0");
    let waiting = [
        DepositStatus::Pending,
        DepositStatus::Pending,
        DepositStatus::Success,
    ];
    assert_eq!(bench.statuses().await, waiting);
    bench.change(route, RouteAction::Activate).await.unwrap();
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(2));
    let ended = [
        DepositStatus::Failed,
        DepositStatus::Success,
        DepositStatus::Success,
    ];
    assert_eq!(bench.statuses().await, ended);
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_sync_passes_on_what_has_waited() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.change(route, RouteAction::Pause).await.unwrap();
    for _ in 0..3 {
        bench.arrive(route, Outcome::Completed).await.unwrap();
    }
    bench.change(route, RouteAction::Activate).await.unwrap();
    assert_eq!(bench.synced(route).await, "3");
    assert_eq!(bench.synced(route).await, "0");
    let claim = unique_treasury_claim();
    let nobodys = bench.ids.mint();
    let unknown = bench.desk.sync(bench.tenant, &claim, nobodys, counted);
    assert_eq!(unknown.await, Err(SyncDepositsError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn what_stands_still_does_not_hide_what_comes_after_it() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.change(route, RouteAction::Pause).await.unwrap();
    let paused = bench.found(route).await;
    // Deposits that the simulator knows nothing of: more than a sync asks about.
    let foreign: Vec<_> = (0..1_100)
        .map(|_| pending_deposit(&paused, bench.ids.mint()))
        .collect();
    let recorded = bench.store.record_deposits(bench.tenant, &paused, &foreign);
    recorded.await.unwrap();
    bench.arrive(route, Outcome::Completed).await.unwrap();
    bench.change(route, RouteAction::Activate).await.unwrap();
    assert_eq!(bench.synced(route).await, "0");
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(1));
    assert_eq!(bench.statuses().await[0], DepositStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn what_had_arrived_at_an_archived_route_is_passed_on() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.change(route, RouteAction::Pause).await.unwrap();
    bench.arrive(route, Outcome::Completed).await.unwrap();
    bench.change(route, RouteAction::Archive).await.unwrap();
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(1));
    assert_eq!(bench.statuses().await, [DepositStatus::Success]);
}

#[tokio::test(start_paused = true)]
async fn who_is_stopped_takes_nothing_more() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.change(route, RouteAction::Pause).await.unwrap();
    bench.arrive(route, Outcome::Completed).await.unwrap();
    bench.change(route, RouteAction::Activate).await.unwrap();
    bench.wake.stop();
    assert_eq!(bench.forwarder.pass(Env::Test).await, Ok(0));
    // And ends.
    bench.forwarder.run().await;
}

#[tokio::test(start_paused = true)]
async fn an_archived_route_is_over() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    bench.change(route, RouteAction::Archive).await.unwrap();
    let already = RouteRefused {
        already: RouteStatus::Archived,
    };
    for action in RouteAction::ALL {
        let late = bench.change(route, action).await;
        assert_eq!(late, Err(ChangeRouteError::Refused(already)));
    }
    let late = bench.arrive(route, Outcome::Completed).await;
    assert_eq!(late, Err(SimulateDepositError::Refused(already)));
    assert_eq!(bench.found(route).await.status, RouteStatus::Archived);
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_nothing_is_synced() {
    let bench = Bench::new().await;
    let route = bench.opened().await;
    let lines = LiquidityLines::default();
    let port = Arc::new(bench.store.clone());
    let clock = FixedClock::new();
    let ids = Arc::new(IdMint::new(Arc::clone(&clock) as _));
    let forwarder = Forwarder::new(
        Arc::clone(&port) as _,
        Arc::clone(&port) as _,
        lines,
        clock,
        Wake::default(),
    );
    let answers = KeptAnswers::new(Arc::clone(&port) as _, ids);
    let desk = RouteDesk::new(port, answers, forwarder);
    let claim = unique_treasury_claim();
    let synced = desk.sync(bench.tenant, &claim, route, counted).await;
    let error = SyncDepositsError::Forward(ForwardError::NoProvider);
    assert_eq!(synced, Err(error));
}
