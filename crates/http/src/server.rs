//! What the API needs to run, and the server that runs it.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

pub use actix_web::dev::{Server, ServerHandle};
use actix_web::{
    App, Error, HttpServer,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::KeepAlive,
    middleware::from_fn,
    web::Data,
};
use vouch_application::{
    amend::AmendCustomer, authenticate::Authenticate, callbacks::TakeCallback,
    close::CloseCustomer, create::CreateCustomer, digest::Digests, kyc_files::FileDesk,
    liquidity::LiquidityLines, payment_routes::RouteDesk, payouts::MakePayout, rates::Rates,
    receive_upload::ReceiveUpload, simulate::Simulate, simulate_deposit::SimulateDeposit,
    submit_kyc::SubmitKyc, swaps::SwapDesk, treasury_customers::CreateCustomerForTreasury,
    virtual_accounts::OpenVirtualAccount,
};
use vouch_domain::{
    access::Network,
    ports::{
        Clock, CustomerQueries, Deposits, Ledger, PaymentRoutes, Payouts, Submissions, Swaps,
        TreasuryCustomerQueries, VirtualAccounts,
    },
    values::Policy,
};

use crate::{access_log, health::Readiness, rate_limit::RateLimits, request_id, routes, standards};

/// Longest wait for the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Longest wait for a client to close its side.
const DISCONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// How long an idle connection is kept: longer than the usual minute of a proxy in front, which must be the one to
/// close it.
const IDLE: Duration = Duration::from_secs(75);
/// Most connections of one worker at once; more wait in the kernel.
const CONNECTIONS_PER_WORKER: usize = 10_000;
/// Longest wait, in seconds, for running requests when the server stops: more than the longest create.
const STOP_DEADLINE: u64 = 30;

/// The use cases of one worker. Each worker has its own, because each has a database pool of its own.
#[derive(Clone)]
pub struct Services {
    /// Creates customers.
    pub create: CreateCustomer,
    /// Amends customers.
    pub amend: AmendCustomer,
    /// Closes customers.
    pub close: CloseCustomer,
    /// Reads customers and events.
    pub queries: Arc<dyn CustomerQueries>,
    /// Tells who asks.
    pub authenticate: Authenticate,
    /// Files and submissions of customers.
    pub kyc: KycServices,
    /// Virtual accounts and payouts.
    pub money: MoneyServices,
    /// Takes in what the rail calls about.
    pub callbacks: TakeCallback,
    /// What only the Treasury API offers.
    pub treasury: TreasuryServices,
}

/// The use cases of files and submissions.
#[derive(Clone)]
pub struct KycServices {
    /// Opens uploads, and attaches what was uploaded.
    pub files: FileDesk,
    /// Takes uploads in.
    pub receive_upload: ReceiveUpload,
    /// Submits customers.
    pub submit: SubmitKyc,
    /// Reads submissions.
    pub submissions: Arc<dyn Submissions>,
}

/// The use cases of virtual accounts and payouts.
#[derive(Clone)]
pub struct MoneyServices {
    /// Opens virtual accounts.
    pub open_account: OpenVirtualAccount,
    /// Reads virtual accounts.
    pub accounts: Arc<dyn VirtualAccounts>,
    /// Makes payouts.
    pub make_payout: MakePayout,
    /// Reads payouts.
    pub payouts: Arc<dyn Payouts>,
}

/// The use cases of the Treasury API.
#[derive(Clone)]
pub struct TreasuryServices {
    /// Creates customers.
    pub create_customer: CreateCustomerForTreasury,
    /// Reads customers.
    pub customers: Arc<dyn TreasuryCustomerQueries>,
    /// Opens and cancels swaps.
    pub swap_desk: SwapDesk,
    /// Reads swaps.
    pub swaps: Arc<dyn Swaps>,
    /// Reads rates.
    pub rates: Rates,
    /// Plays swaps.
    pub simulate: Simulate,
    /// Opens payment routes and changes them.
    pub route_desk: RouteDesk,
    /// Reads payment routes.
    pub payment_routes: Arc<dyn PaymentRoutes>,
    /// Reads deposits.
    pub deposits: Arc<dyn Deposits>,
    /// Plays deposits.
    pub simulate_deposit: SimulateDeposit,
    /// Reads transactions.
    pub ledger: Arc<dyn Ledger>,
    /// Who exchanges currencies, and passes deposits on.
    pub liquidity: LiquidityLines,
}

/// What all workers of a process share.
#[derive(Clone)]
pub struct Shared {
    /// Hashes request bodies.
    pub digests: Arc<Digests>,
    /// Tells today's date.
    pub clock: Arc<dyn Clock>,
    /// The operator's choices.
    pub policy: Policy,
    /// Answers `GET /readyz`.
    pub readiness: Arc<dyn Readiness>,
    /// Under which URL callers reach this service.
    pub public_url: String,
    /// What this deployment is called in `GET /health`.
    pub deployment: String,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// How often callers may ask.
    pub rate_limits: Arc<RateLimits>,
}

/// What every handler can reach.
pub(crate) struct State {
    pub(crate) services: Services,
    pub(crate) shared: Shared,
}

/// The whole application of one worker.
#[must_use]
pub fn app(
    services: Services,
    shared: Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(Data::new(State { services, shared }))
        .configure(routes::configure)
        // The last one wrapped runs first.
        .wrap(from_fn(access_log::write))
        .wrap(from_fn(request_id::assign))
}

/// Serves the API on a listener with `workers` workers, each with services of its own.
///
/// The server stops when its handle says so; signals are the caller's business. A request's head may have 96 headers and
/// 128 KiB, which actix-web fixes; larger ones, and heads that are not HTTP, it answers itself, without our envelope.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    workers: usize,
    per_worker: impl Fn() -> Services + Clone + Send + 'static,
    shared: Shared,
) -> io::Result<Server> {
    standards::load_in_background();
    let server = HttpServer::new(move || app(per_worker(), shared.clone()))
        .workers(workers)
        .client_request_timeout(HEAD_DEADLINE)
        .client_disconnect_timeout(DISCONNECT_DEADLINE)
        .keep_alive(KeepAlive::Timeout(IDLE))
        .tcp_nodelay(true)
        .max_connections(CONNECTIONS_PER_WORKER)
        .shutdown_timeout(STOP_DEADLINE)
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(server)
}
