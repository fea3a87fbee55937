//! `vouch serve`: wiring, start and graceful stop.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use vouch_application::{
    amend::AmendCustomer,
    authenticate::{Authenticate, PrincipalCache},
    background::Wake,
    callbacks::{CallbackLines, TakeCallback},
    close::CloseCustomer,
    create::CreateCustomer,
    digest::Digests,
    dispatch::Dispatcher,
    forward::Forwarder,
    ids::IdMint,
    kept_answers::KeptAnswers,
    kyc_files::FileDesk,
    liquidity::LiquidityLines,
    payment_routes::RouteDesk,
    provision::Provisioner,
    rates::Rates,
    receive_upload::ReceiveUpload,
    reconcile::Reconciler,
    retention::Purger,
    review::{OverdueAges, Reviewer},
    send_submission::SubmissionSender,
    settle::Settler,
    simulate::Simulate,
    simulate_deposit::SimulateDeposit,
    submit_kyc::SubmitKyc,
    swaps::SwapDesk,
    sweep_uploads::UploadSweeper,
    sync_contact::ContactSyncer,
    transitions::Transitions,
    treasury_customers::CreateCustomerForTreasury,
};
use vouch_domain::{
    ports::{Clock, Documents},
    tenant::Env,
};
use vouch_http::{KycServices, RateLimits, Server, Services, Shared, TreasuryServices};
use vouch_postgres::{Database, Store};

use crate::{
    CommandError, callbacks,
    clock::SystemClock,
    config::ServeArgs,
    demo::DemoKeys,
    documents, liquidity, metrics,
    money::Money,
    operators, output,
    rails::ConfiguredRails,
    readiness::ServiceReadiness,
    sandbox::Sandbox,
    store::{self, OpenStore},
};

/// Runs until the process is asked to stop.
pub(crate) async fn run(args: ServeArgs) -> Result<(), CommandError> {
    #[cfg(debug_assertions)]
    crate::crash::arm()?;
    let store = OpenStore::open(&args.store).await?;
    let served = serve_on(&args, &store).await;
    store.close().await;
    served
}

async fn serve_on(args: &ServeArgs, store: &OpenStore) -> Result<(), CommandError> {
    let listener = TcpListener::bind(args.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;
    let public_url = args
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    let sandbox = sandbox(args, store, &public_url).await?;
    let served = serve(args, store, sandbox.as_ref(), listener, &public_url).await;
    if let Some(sandbox) = sandbox {
        sandbox.close().await;
    }
    served
}

/// The sandbox rail of the test env, unless a rail is configured for it.
async fn sandbox(
    args: &ServeArgs,
    store: &OpenStore,
    public_url: &str,
) -> Result<Option<Sandbox>, CommandError> {
    if args.test_rail.rail().url.is_some() {
        return Ok(None);
    }
    let callback_url = callbacks::url(public_url, Env::Test);
    let sandbox = Sandbox::open(args, &store.database, &callback_url).await?;
    Ok(Some(sandbox))
}

async fn serve(
    args: &ServeArgs,
    store: &OpenStore,
    sandbox: Option<&Sandbox>,
    listener: TcpListener,
    public_url: &str,
) -> Result<(), CommandError> {
    // Before anything that is measured.
    let metrics = metrics::serve(args.ops_listen)?;
    let parts = Parts::new(args, store, sandbox, public_url)?;

    let mut background = parts.start_background(store, args.key_age());

    let server = parts.start(args, store, sandbox, listener)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    if let Err(error) = greet(args, store, sandbox, public_url).await {
        // Nobody reads standard output, say. The service is up all the same.
        tracing::warn!(%error, "the greeting could not be given");
    }

    tokio::select! {
        stop = asked_to_stop() => stop?,
        ended = &mut running => return Err(format!("the server ended by itself: {ended:?}").into()),
        () = background.ends() => return Err("a background task ended by itself".into()),
    }
    tracing::info!("stopping: no new connections, what is under way is finished");
    background.stop();
    handle.stop(true).await;
    running.await??;
    metrics.stop(false).await;
    background.finish().await;
    Ok(())
}

/// What works without being asked.
struct Background {
    /// Has customers, swaps and deposits in hand: takes no more when it is stopped, and finishes those.
    workers: JoinSet<()>,
    wakes: Vec<Wake>,
    /// May be cut off anywhere.
    others: JoinSet<()>,
}

impl Background {
    /// Waits for the end of any task.
    async fn ends(&mut self) {
        tokio::select! {
            _ = self.workers.join_next() => {}
            _ = self.others.join_next() => {}
        }
    }

    fn stop(&self) {
        self.wakes.iter().for_each(Wake::stop);
    }

    /// Waits until nothing is in hand: at most as long as a lease, by the deadlines of the rail, of the providers and of
    /// the store.
    async fn finish(mut self) {
        self.others.shutdown().await;
        while self.workers.join_next().await.is_some() {}
    }
}

/// What all workers share.
struct Parts {
    principals: Arc<PrincipalCache>,
    digests: Arc<Digests>,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    rails: Arc<ConfiguredRails>,
    liquidity: LiquidityLines,
    /// Wakes the reconciler.
    reservations: Wake,
    /// Who reads the rails' callbacks.
    callbacks: CallbackLines,
    overdue: OverdueAges,
    /// Wakes the contact syncer.
    changes: Wake,
    /// Wakes whoever reads callbacks.
    calls: Wake,
    /// Wakes whoever looks for decisions.
    reviews: Wake,
    /// Wakes whoever brings submissions to the rail.
    submissions: Wake,
    documents: Arc<dyn Documents>,
    /// Under which URL callers reach the APIs.
    public_url: String,
    money: Money,
    /// Wakes the settler.
    settlements: Wake,
    /// Wakes the forwarder.
    deposits: Wake,
}

impl Parts {
    fn new(
        args: &ServeArgs,
        store: &OpenStore,
        sandbox: Option<&Sandbox>,
        public_url: &str,
    ) -> Result<Self, CommandError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = Arc::new(IdMint::new(Arc::clone(&clock)));
        let rails = Arc::new(ConfiguredRails::new(args, sandbox)?);
        Ok(Self {
            principals: Arc::default(),
            digests: Arc::new(Digests::new(store.installation.hash_key())),
            money: Money::new(rails.money.clone(), Arc::clone(&ids), Arc::clone(&clock)),
            ids,
            rails,
            reservations: Wake::default(),
            callbacks: callbacks::lines(args, sandbox)?,
            overdue: OverdueAges {
                test: args.test_rail.rail().overdue,
                live: args.live_rail.rail().overdue,
            },
            changes: Wake::default(),
            calls: Wake::default(),
            reviews: Wake::default(),
            submissions: Wake::default(),
            documents: documents::open(args)?,
            public_url: public_url.to_owned(),
            settlements: Wake::default(),
            deposits: Wake::default(),
            liquidity: liquidity::lines(args),
            clock,
        })
    }

    fn start_background(&self, store: &OpenStore, key_age: Duration) -> Background {
        let (mut workers, mut others) = (JoinSet::new(), JoinSet::new());
        let ports = Arc::new(store.background());
        let reconciler = Reconciler::new(
            Arc::clone(&ports) as _,
            Provisioner::new(Arc::clone(&ports) as _, Arc::clone(&self.ids)),
            self.rails.rails.clone(),
            self.reservations.clone(),
        );
        workers.spawn(async move { reconciler.run().await });
        let syncer = ContactSyncer::new(
            Arc::clone(&ports) as _,
            self.rails.rails.clone(),
            self.changes.clone(),
        );
        workers.spawn(async move { syncer.run().await });
        self.money.start(&mut workers, &ports);
        let dispatcher = Dispatcher::new(
            Arc::clone(&ports) as _,
            Arc::clone(&ports) as _,
            self.money.calls(&ports),
            self.callbacks.clone(),
            self.calls.clone(),
            self.reviews.clone(),
        );
        workers.spawn(async move { dispatcher.run().await });
        let reviewer = Reviewer::new(
            Arc::clone(&ports) as _,
            self.transitions(&ports),
            self.rails.rails.clone(),
            self.overdue,
            self.reviews.clone(),
        );
        workers.spawn(async move { reviewer.run().await });
        let sender = SubmissionSender::new(
            Arc::clone(&ports) as _,
            Arc::clone(&self.documents),
            Arc::clone(&ports) as _,
            self.rails.rails.clone(),
            self.overdue,
            self.submissions.clone(),
        );
        workers.spawn(async move { sender.run().await });
        let sweeper = UploadSweeper::new(Arc::clone(&ports) as _, Arc::clone(&self.documents));
        others.spawn(async move { sweeper.run().await });
        let settler = self.settler(&ports);
        workers.spawn(async move { settler.run().await });
        let forwarder = self.forwarder(&ports);
        workers.spawn(async move { forwarder.run().await });
        let purger = Purger::new(Arc::clone(&ports) as _, key_age);
        others.spawn(async move { purger.run().await });
        let principals = Arc::clone(&self.principals);
        others.spawn(async move { principals.watch(&*ports).await });
        Background {
            workers,
            wakes: vec![
                self.reservations.clone(),
                self.changes.clone(),
                self.calls.clone(),
                self.reviews.clone(),
                self.settlements.clone(),
                self.deposits.clone(),
                self.submissions.clone(),
                self.money.accounts.clone(),
                self.money.payouts.clone(),
            ],
            others,
        }
    }

    fn start(
        self,
        args: &ServeArgs,
        store: &OpenStore,
        sandbox: Option<&Sandbox>,
        listener: TcpListener,
    ) -> Result<Server, CommandError> {
        let shared = Shared {
            digests: Arc::clone(&self.digests),
            clock: Arc::clone(&self.clock),
            policy: args.policy(),
            readiness: Arc::new(ServiceReadiness::new(
                store.database.clone(),
                sandbox,
                Arc::clone(&self.rails),
            )),
            public_url: self.public_url.clone(),
            deployment: args.deployment.clone(),
            trusted_proxies: args.trusted_proxies.clone(),
            rate_limits: Arc::new(RateLimits::new(args.rate_limits())),
        };
        // A pool of its own for every worker: nothing is handed from core to core.
        let pools = args.connections_per_worker();
        let workers = args.worker_count();
        let databases: Result<Vec<Database>, _> = (0..workers)
            .map(|_| store::pool(&args.store, &store.url, pools))
            .collect();
        let databases = databases?;
        let installation = store.installation.clone();
        let next = Arc::new(AtomicUsize::new(0));
        let parts = Arc::new(self);
        let per_worker = move || {
            let worker = next.fetch_add(1, Ordering::Relaxed) % databases.len();
            parts.services(&Arc::new(Store::new(
                databases[worker].clone(),
                &installation,
            )))
        };
        Ok(vouch_http::serve(listener, workers, per_worker, shared)?)
    }

    fn transitions(&self, store: &Arc<Store>) -> Transitions {
        Transitions::new(Arc::clone(store) as _, Arc::clone(&self.ids))
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

    fn kyc_services(&self, store: &Arc<Store>) -> KycServices {
        KycServices {
            files: FileDesk::new(Arc::clone(store) as _, Arc::clone(&self.ids)),
            receive_upload: ReceiveUpload::new(
                Arc::clone(store) as _,
                Arc::clone(&self.documents),
                Arc::clone(&self.ids),
            ),
            submit: SubmitKyc::new(
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                self.transitions(store),
                Arc::clone(&self.ids),
                self.submissions.clone(),
            ),
            submissions: Arc::clone(store) as _,
        }
    }

    fn services(&self, store: &Arc<Store>) -> Services {
        let answers = KeptAnswers::new(Arc::clone(store) as _, Arc::clone(&self.ids));
        Services {
            create: CreateCustomer::new(
                Arc::clone(store) as _,
                self.rails.rails.clone(),
                Arc::clone(&self.ids),
                self.reservations.clone(),
            ),
            amend: AmendCustomer::new(
                Arc::clone(store) as _,
                Arc::clone(&self.ids),
                self.changes.clone(),
            ),
            close: CloseCustomer::new(self.transitions(store), Arc::clone(store) as _),
            callbacks: TakeCallback::new(
                Arc::clone(store) as _,
                self.callbacks.clone(),
                Arc::clone(&self.clock),
                self.calls.clone(),
            ),
            queries: Arc::clone(store) as _,
            authenticate: Authenticate::new(
                Arc::clone(store) as _,
                Arc::clone(&self.principals),
                Arc::clone(&self.digests),
                Arc::clone(&self.clock),
            ),
            kyc: self.kyc_services(store),
            money: self.money.services(store, &self.digests),
            treasury: TreasuryServices {
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
                simulate_deposit: SimulateDeposit::new(
                    self.forwarder(store),
                    Arc::clone(&self.ids),
                ),
                ledger: Arc::clone(store) as _,
                liquidity: self.liquidity.clone(),
            },
        }
    }
}

/// Says where everything is, and how to begin.
async fn greet(
    args: &ServeArgs,
    store: &OpenStore,
    sandbox: Option<&Sandbox>,
    public_url: &str,
) -> Result<(), CommandError> {
    output::line(&format!(
        "Vouch serves {public_url} (reference: {public_url}/docs)"
    ))?;
    if let Some(sandbox) = sandbox {
        output::line(&format!(
            "The sandbox rail for test data is at {}",
            sandbox.url
        ))?;
    }
    if !store.is_local() {
        return Ok(());
    }
    if let Some(demo) = DemoKeys::of(&args.store.data_dir, &operators::operators(store)).await? {
        output::line(&format!(
            "Create a first customer, by the Remittance API or by the Treasury API:\n\n{}\n\n{}\n",
            demo.remittance_curl(public_url),
            demo.treasury_curl(public_url)
        ))?;
    }
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn asked_to_stop() -> Result<(), CommandError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
