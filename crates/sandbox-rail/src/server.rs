//! Starts and stops the sandbox.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web::Data};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{
    auth::Credentials,
    connection,
    envelope::finish,
    faults::Faults,
    journal::{self, OpenError},
    kyc::{uploads::Uploads, verification::Pace},
    options::{Clock, Options},
    record::Record,
    refusal::Refusal,
    routes::routes,
    store::Store,
    validation::Rules,
    webhook::{registration::Registration, sender::Sender},
    worker,
};

const WORKERS: usize = 2;
/// Longer than clients keep idle connections (90 s is reqwest's default), so that none is closed under a request.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// Seconds that a stop waits for requests in flight.
const STOP_SECONDS: u64 = 1;

/// Why a sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state could not be opened.
    #[error(transparent)]
    State(#[from] OpenError),
    /// The address could not be listened on.
    #[error("the sandbox rail cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There can be no client for webhooks.
    #[error("the sandbox rail cannot send webhooks")]
    Sender(#[from] reqwest::Error),
}

/// Webhooks could not be sent to a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallBackError {
    /// It is no http or https URL.
    #[error("the sandbox rail cannot call back at this URL")]
    Url,
    /// The state could not be written.
    #[error("the sandbox rail's state cannot be written")]
    Unwritable,
}

/// A running sandbox. It runs until [`SandboxRail::stop`], or the end of the runtime it was started in.
pub struct SandboxRail {
    rail: Data<Rail>,
    server: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    worker: JoinHandle<()>,
}

/// What every request needs.
pub(crate) struct Rail {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) rules: Rules,
    pub(crate) credentials: Credentials,
    pub(crate) faults: Faults,
    pub(crate) uploads: Uploads,
    pub(crate) sender: Sender,
    pub(crate) pace: Pace,
    pub(crate) first_retry: Duration,
    pub(crate) slow_answer: Duration,
    clock: Clock,
    stopping: watch::Sender<bool>,
}

/// Opens the state and serves it, on threads of its own, until stopped. Call it within a tokio runtime; several
/// sandboxes may run in one process, each with its own folder.
///
/// # Errors
/// When the folder is in use, unreadable or damaged, or the address is not free.
pub async fn start(options: Options) -> Result<SandboxRail, StartError> {
    let listen = |source| StartError::Listen {
        address: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen).map_err(listen)?;
    let url = format!("http://{}", listener.local_addr().map_err(listen)?);
    let store = journal::open(&options.data_dir)?.into();
    let uploads = Uploads::open(&options.data_dir).map_err(|source| OpenError::Io {
        folder: options.data_dir.clone(),
        source,
    })?;
    let rail = Data::new(Rail {
        url,
        store,
        rules: Rules {
            individual_duplicates: options.individual_duplicates,
            national_ids: options.national_ids,
            owners: options.owners,
            account_details: options.account_details,
            repeated_payouts: options.repeated_payouts,
        },
        credentials: Credentials::new(&options),
        faults: Faults::default(),
        uploads,
        sender: Sender::new()?,
        pace: Pace {
            decision: delta(options.decision_delay),
            resubmission: delta(options.resubmission_delay),
        },
        first_retry: options.first_retry,
        slow_answer: options.slow_answer,
        clock: options.clock.clone(),
        stopping: watch::Sender::new(false),
    });
    let shared = rail.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .wrap(from_fn(finish))
            .configure(routes)
    })
    .workers(WORKERS)
    .keep_alive(KEEP_ALIVE)
    // A client that leaves ends its request: a fault may be waiting for exactly that.
    .h1_allow_half_closed(false)
    .on_connect(connection::remember)
    .disable_signals()
    .shutdown_timeout(STOP_SECONDS)
    .listen(listener)
    .map_err(listen)?
    .run();
    Ok(SandboxRail {
        worker: tokio::spawn(worker::run(rail.clone())),
        rail,
        server: server.handle(),
        task: tokio::spawn(server),
    })
}

impl SandboxRail {
    /// Where it listens: `http://` and the bound address, without a path.
    pub fn url(&self) -> &str {
        &self.rail.url
    }

    /// Names the state in the folder: made with it, kept across restarts.
    pub fn instance_id(&self) -> Uuid {
        self.rail.store.instance_id
    }

    /// Has every webhook sent to this URL, and answers the secret that signs them: a new one the first time, and from then
    /// on the same, also after a restart.
    ///
    /// # Errors
    /// When the URL is none, or the state cannot be written.
    pub async fn call_back_at(&self, url: &str) -> Result<String, CallBackError> {
        let register = self.rail.store.change(|state| {
            let registration = Registration::at(url, state.registration.as_ref(), self.rail.now())?;
            let secret = registration.signing_secret.clone();
            Ok((secret, vec![Record::Registration(registration)]))
        });
        register.await.map_err(|refusal| match refusal {
            Refusal::Unwritable => CallBackError::Unwritable,
            _ => CallBackError::Url,
        })
    }

    /// Finishes the requests in flight, closes the state and releases the folder. Requests that a fault keeps without
    /// an answer lose their connection; late commits that are still due are lost, as in a crash.
    pub async fn stop(self) {
        self.rail.stopping.send_replace(true);
        self.server.stop(true).await;
        self.worker.abort();
        // It ends by being aborted: what it left undone is due at the next start.
        let _ = self.worker.await;
        match self.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the sandbox rail stopped badly"),
            Err(error) => tracing::error!(%error, "the sandbox rail stopped badly"),
        }
        let rail = self.rail;
        if let Err(error) = tokio::task::spawn_blocking(move || rail.store.close()).await {
            tracing::error!(%error, "the sandbox rail's state was not closed");
        }
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

impl Rail {
    /// The time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Waits, at most this long, and not beyond a stop.
    pub(crate) async fn silence(&self, at_most: Duration) {
        let mut stopping = self.stopping.subscribe();
        // Either end of the wait is good.
        let _ = timeout(at_most, stopping.wait_for(|stopping| *stopping)).await;
    }
}
