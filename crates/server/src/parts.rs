//! What serves requests and what works in the background, wired to one process's settings.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use vouch_application::{
    amend::AmendCustomer,
    authenticate::{Authenticate, PrincipalCache},
    background::Wake,
    close::CloseCustomer,
    create::CreateCustomer,
    digest::Digests,
    ids::IdMint,
    provision::Provisioner,
    reconcile::Reconciler,
    retention::Purger,
    sync_contact::ContactSyncer,
    transitions::Transitions,
};
use vouch_domain::ports::Clock;
use vouch_http::{RateLimits, Server, Services, Shared};
use vouch_postgres::{Database, Store};

use crate::{
    CommandError,
    background::Background,
    clock::SystemClock,
    config::ServeArgs,
    kyc::Kyc,
    liquidity,
    money::Money,
    rails::ConfiguredRails,
    readiness::ServiceReadiness,
    sandbox::Sandbox,
    store::{self, OpenStore},
    treasury::Treasury,
};

/// What all workers share.
pub(crate) struct Parts {
    principals: Arc<PrincipalCache>,
    digests: Arc<Digests>,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    rails: Arc<ConfiguredRails>,
    /// Wakes the reconciler.
    reservations: Wake,
    /// Wakes the contact syncer.
    changes: Wake,
    /// Under which URL callers reach the APIs.
    public_url: String,
    kyc: Kyc,
    money: Money,
    treasury: Treasury,
}

impl Parts {
    pub(crate) fn new(
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
            reservations: Wake::default(),
            changes: Wake::default(),
            public_url: public_url.to_owned(),
            kyc: Kyc::new(
                args,
                sandbox,
                rails.rails.clone(),
                Arc::clone(&ids),
                Arc::clone(&clock),
            )?,
            money: Money::new(rails.money.clone(), Arc::clone(&ids), Arc::clone(&clock)),
            treasury: Treasury::new(liquidity::lines(args), Arc::clone(&ids), Arc::clone(&clock)),
            ids,
            clock,
            rails,
        })
    }

    /// Starts whatever works without being asked. Idempotency keys are forgotten at this age.
    pub(crate) fn start_background(&self, store: &OpenStore, key_age: Duration) -> Background {
        let store = Arc::new(store.background());
        let mut background = Background::default();
        background.work(Reconciler::new(
            Arc::clone(&store) as _,
            Provisioner::new(Arc::clone(&store) as _, Arc::clone(&self.ids)),
            self.rails.rails.clone(),
            self.reservations.clone(),
        ));
        background.work(ContactSyncer::new(
            Arc::clone(&store) as _,
            self.rails.rails.clone(),
            self.changes.clone(),
        ));
        self.kyc
            .start(&mut background, &store, self.money.calls(&store));
        self.money.start(&mut background, &store);
        self.treasury.start(&mut background, &store);
        let purger = Purger::new(Arc::clone(&store) as _, key_age);
        background.start_other(async move { purger.run().await });
        let principals = Arc::clone(&self.principals);
        background.start_other(async move { principals.watch(&*store).await });
        background
    }

    /// Starts the server of the APIs.
    pub(crate) fn start(
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

    fn services(&self, store: &Arc<Store>) -> Services {
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
            close: CloseCustomer::new(
                Transitions::new(Arc::clone(store) as _, Arc::clone(&self.ids)),
                Arc::clone(store) as _,
            ),
            callbacks: self.kyc.callbacks(store),
            queries: Arc::clone(store) as _,
            authenticate: Authenticate::new(
                Arc::clone(store) as _,
                Arc::clone(&self.principals),
                Arc::clone(&self.digests),
                Arc::clone(&self.clock),
            ),
            kyc: self.kyc.services(store),
            money: self.money.services(store, &self.digests),
            treasury: self.treasury.services(store),
        }
    }
}
