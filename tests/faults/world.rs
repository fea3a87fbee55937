//! Everything that a run needs: a database, a rail, services, and callers.

use std::{fs, sync::Arc, time::Duration};

use fastrand::Rng;
use tempfile::TempDir;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    claims::Claim,
    client::{self, Client},
    cluster::{Cluster, MASTER_KEY, disconnect_some, folder, program},
    courier::Courier,
    disturbances::Disturbance,
    history::History,
    orders::Order,
    patience::within,
    plan::{Errand, Plan},
    port::Port,
    rail::Rail,
    report::Report,
    service::Service,
};

/// Long enough for every process to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How many requests of a seeded run are under way at once.
const AT_ONCE: usize = 24;
/// After so long without a decision the rail is asked for one, in milliseconds.
const OVERDUE_MS: &str = "1000";

/// How long the services wait for the rail, in milliseconds: create, look-up, settle time.
pub(crate) struct Patience(u32, u32, u32);

impl Patience {
    /// How long a create waits.
    pub(crate) fn create(&self) -> Duration {
        Duration::from_millis(self.0.into())
    }
}

/// For runs with many failures: short deadlines, and a settle time that outlasts a slow machine.
pub(crate) const IMPATIENT: Patience = Patience(300, 300, 1_500);
/// For tests in which the rail is either well or away.
pub(crate) const PATIENT: Patience = Patience(3_000, 2_000, 1_000);

/// The processes of one run, killed with this value.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) rail: Rail,
    pub(crate) services: Vec<Service>,
    /// Where each service tells its metrics.
    pub(crate) metrics: Vec<String>,
    /// Of the run's database, for those who disturb it.
    pub(crate) database_url: String,
    /// Signs the rail's callbacks.
    webhook_secret: String,
    /// What every command on the run's data needs.
    settings: Vec<(&'static str, String)>,
    /// Held while the services may be restarted.
    _ports: Vec<Port>,
    folder: TempDir,
}

impl World {
    /// Starts so many services on a new database, and waits until all of them serve.
    pub(crate) async fn start(
        cluster: &Cluster,
        name: &str,
        services: usize,
        patience: Patience,
        claims: Vec<Claim>,
    ) -> Self {
        let folder = folder("vouch-faults-");
        let http = client::http();
        let listeners: Vec<(Port, Port)> =
            (0..services).map(|_| (Port::new(), Port::new())).collect();
        let rail = Rail::start(folder.path(), &http);
        let up = within(START_LIMIT, async || rail.is_up().await.then_some(()));
        up.await.expect("a rail that answers");
        let webhook_secret = rail.register(&listeners[0].0.url()).await;
        let database_url = cluster.database(name).await;
        let settings = vec![
            ("DATABASE_URL", database_url.clone()),
            ("VOUCH_MASTER_KEY", MASTER_KEY.to_owned()),
            ("VOUCH_RAIL_TEST_URL", rail.url()),
            ("VOUCH_RAIL_TEST_CLIENT_ID", "sandbox-client".to_owned()),
            ("VOUCH_RAIL_TEST_CLIENT_SECRET", "sandbox-secret".to_owned()),
            ("VOUCH_RAIL_TEST_WEBHOOK_SECRET", webhook_secret.clone()),
            ("VOUCH_RAIL_TEST_OVERDUE_MS", OVERDUE_MS.to_owned()),
            // All of them share the files.
            (
                "VOUCH_DATA_DIR",
                folder.path().join("data").display().to_string(),
            ),
            ("VOUCH_RATE_LIMIT_READ", "0".to_owned()),
            ("VOUCH_RATE_LIMIT_WRITE", "0".to_owned()),
        ];
        let Patience(create, look_up, settle) = patience;
        let service = |(number, (api, metrics)): (usize, &(Port, Port))| {
            let shared = settings.clone();
            let own = [
                ("VOUCH_LISTEN", api.address.to_string()),
                ("VOUCH_OPS_LISTEN", metrics.address.to_string()),
                ("VOUCH_WORKERS", "1".to_owned()),
                ("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", create.to_string()),
                ("VOUCH_RAIL_TEST_LOOKUP_TIMEOUT_MS", look_up.to_string()),
                ("VOUCH_RAIL_TEST_SETTLE_MS", settle.to_string()),
            ];
            let command = move || {
                let mut command = program();
                command.arg("serve").envs(shared.clone()).envs(own.clone());
                command
            };
            Service::start(
                command,
                &folder.path().join(format!("service-{number}.log")),
            )
        };
        let services: Vec<Service> = listeners.iter().enumerate().map(service).collect();
        let world = Self {
            client: Client {
                http,
                urls: listeners.iter().map(|(api, _)| api.url()).collect(),
                counts: services.iter().map(Service::counts).collect(),
                keys: cluster.keys.clone(),
                claims: Arc::new(claims),
                orders: Arc::default(),
                history: Arc::new(History::default()),
                slots: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            },
            rail,
            services,
            metrics: listeners.iter().map(|(_, metrics)| metrics.url()).collect(),
            database_url,
            webhook_secret,
            settings,
            _ports: listeners
                .into_iter()
                .flat_map(|(api, metrics)| [api, metrics])
                .collect(),
            folder,
        };
        world.healthy().await;
        world
    }

    /// The same world, in which somebody wants these payouts, and callers wait for each other rather than flood a slow
    /// machine with what none of them has the patience for.
    pub(crate) fn wanting(mut self, orders: Vec<Order>) -> Self {
        self.client.orders = Arc::new(orders);
        self.client.slots = Arc::new(Semaphore::new(AT_ONCE));
        self
    }

    /// Waits until the rail answers and every service is ready.
    pub(crate) async fn healthy(&self) {
        let is_ready = async |url: &String| {
            let answer = self.client.http.get(format!("{url}/readyz")).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        let all = within(START_LIMIT, async || {
            for url in &self.client.urls {
                if !is_ready(url).await {
                    return None;
                }
            }
            self.rail.is_up().await.then_some(())
        });
        if all.await.is_none() {
            panic!(
                "a process does not serve: see {}",
                self.folder.path().display()
            );
        }
    }

    /// What an operator is told of our customers and the rail's.
    pub(crate) async fn report(&self) -> Result<Report, String> {
        let mut command = program();
        command.envs(self.settings.clone());
        Report::by(command).await
    }

    /// Does what clients do, each at its time, and answers when the last of them has ended.
    pub(crate) async fn perform(&self, errands: Vec<Errand>) {
        let begin = Instant::now();
        let mut under_way = tokio::task::JoinSet::new();
        for errand in errands {
            sleep_until(begin + errand.at).await;
            let client = self.client.clone();
            under_way.spawn(async move { client.perform(errand).await });
        }
        under_way.join_all().await;
    }

    /// Carries out a script, and then sees to it that nothing goes wrong any more.
    pub(crate) async fn suffer(&self, cluster: &mut Cluster, script: Vec<(Duration, Disturbance)>) {
        let begin = Instant::now();
        for (at, disturbance) in script {
            sleep_until(begin + at).await;
            self.disturb(cluster, disturbance).await;
        }
    }

    async fn disturb(&self, cluster: &mut Cluster, disturbance: Disturbance) {
        match disturbance {
            Disturbance::Kill { service } => self.services[service].kill(),
            Disturbance::Doom { service, step } => self.services[service].doom(&step),
            Disturbance::Faults(faults) => self.rail.set_faults(&faults).await,
            Disturbance::Divert { service } => {
                let service = service.map(|service| self.client.urls[service].as_str());
                self.rail.divert(service).await;
            }
            Disturbance::Disconnect => disconnect_some(&self.database_url).await,
            Disturbance::RestartDatabase(ending) => cluster.restart(ending).await,
            Disturbance::RestartRail { after } => {
                let _pause = self.rail.process.pause().await;
                sleep(after).await;
            }
        }
    }

    /// Ends every fault, and waits until all is well.
    pub(crate) async fn heal(&self) {
        for service in &self.services {
            service.disarm();
        }
        self.healthy().await;
        self.rail.set_faults(&[]).await;
        self.rail.divert(Some(&self.client.urls[0])).await;
    }

    /// Runs a plan to the end of its troubles.
    pub(crate) async fn run(&self, cluster: &mut Cluster, seed: u64, plan: Plan) {
        let regulars: Vec<usize> = plan.calm[0].iter().map(|errand| errand.claim).collect();
        for errands in plan.calm {
            self.perform(errands).await;
        }
        self.verified(&regulars).await;
        let courier = Courier {
            client: &self.client,
            rail: &self.rail,
            secret: &self.webhook_secret,
        };
        let troubles = async {
            tokio::join!(
                self.perform(plan.errands),
                self.suffer(cluster, plan.script)
            )
        };
        tokio::select! {
            _ = troubles => {}
            // Two at once, so that callbacks overtake each other.
            () = courier.run(Rng::with_seed(seed)) => {}
            () = courier.run(Rng::with_seed(!seed)) => {}
        }
        self.heal().await;
    }

    /// Waits until these customers are verified.
    async fn verified(&self, claims: &[usize]) {
        for claim in claims {
            let verified = within(START_LIMIT, async || {
                let answer = self.client.retrieve(0, *claim).await?;
                (answer.customer_status() == Some("verified")).then_some(())
            });
            verified.await.expect("a verified customer");
        }
    }

    /// All that the services wrote into their logs.
    pub(crate) fn logs(&self) -> String {
        let log = |number| self.folder.path().join(format!("service-{number}.log"));
        let logs = (0..self.services.len()).map(|number| fs::read(log(number)).expect("a log"));
        logs.map(|log| String::from_utf8_lossy(&log).into_owned())
            .collect()
    }

    /// Fails when there is anything to complain of; then the logs are kept.
    pub(crate) fn conclude(self, what: &str, complaints: &[String]) {
        if complaints.is_empty() {
            return;
        }
        let mut folder = self.folder;
        folder.disable_cleanup(true);
        panic!(
            "{what}; logs are in {}:\n{}",
            folder.path().display(),
            complaints.join("\n")
        );
    }
}
