//! Starts and stops the sandbox, and says which path leads where.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use chrono::{DateTime, Utc};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{
    auth::Credentials,
    connection, controls, customer_routes,
    envelope::finish,
    faults::Faults,
    journal::{self, OpenError},
    options::{Clock, Options},
    store::Store,
    token_route,
    validation::Rules,
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
}

/// A running sandbox. It runs until [`SandboxRail::stop`], or the end of the runtime it was started in.
pub struct SandboxRail {
    rail: Data<Rail>,
    server: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

/// What every request needs.
pub(crate) struct Rail {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) rules: Rules,
    pub(crate) credentials: Credentials,
    pub(crate) faults: Faults,
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
    let rail = Data::new(Rail {
        url,
        store: journal::open(&options.data_dir)?.into(),
        rules: Rules {
            individual_duplicates: options.individual_duplicates,
            national_ids: options.national_ids,
        },
        credentials: Credentials::new(&options),
        faults: Faults::default(),
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
        rail,
        server: server.handle(),
        task: tokio::spawn(server),
    })
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/oauth/token").route(web::post().to(token_route::token)))
        .service(
            web::resource(customer_routes::PATH)
                .route(web::post().to(customer_routes::create))
                .route(web::get().to(customer_routes::list)),
        )
        .service(
            web::resource(format!("{}/{{id}}", customer_routes::PATH))
                .route(web::get().to(customer_routes::get))
                .route(web::put().to(customer_routes::update)),
        )
        .service(web::resource("/_sandbox/customers").route(web::get().to(controls::customers)))
        .service(
            web::resource("/_sandbox/customers/{id}/decide")
                .route(web::post().to(controls::decide)),
        )
        .service(
            web::resource("/_sandbox/faults")
                .route(web::get().to(controls::faults))
                .route(web::post().to(controls::add_fault))
                .route(web::delete().to(controls::clear_faults)),
        );
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

    /// Finishes the requests in flight, closes the state and releases the folder. Requests that a fault keeps without
    /// an answer lose their connection; late commits that are still due are lost, as in a crash.
    pub async fn stop(self) {
        self.rail.stopping.send_replace(true);
        self.server.stop(true).await;
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
