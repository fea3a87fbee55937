//! One HTTP request to the rail and its answer: the only place where anything is sent.

use std::time::Duration;

use reqwest::{
    Client, Method, RequestBuilder, Url,
    header::{ACCEPT, HeaderMap, HeaderValue},
    redirect, retry,
};
use tokio::time::{Instant, sleep_until};
use vouch_domain::{ports::RailFailure, tenant::Env};

use crate::{
    answer::{Answer, NoAnswer},
    breaker::{Breaker, Circuit, Leave},
    failure,
    settings::{RailSettings, RailSetupError},
};

/// How long an unused connection is kept: less than any server we know of keeps it (5 s), so that we are never the ones
/// to find it closed.
const KEPT_IDLE: Duration = Duration::from_secs(4);

/// The connections to the rail, behind a circuit breaker.
pub(crate) struct Transport {
    http: Client,
    breaker: Breaker,
    env: Env,
}

/// Leave to send one request.
pub(crate) struct Passage<'a> {
    /// None where the breaker is not concerned.
    leave: Option<Leave<'a>>,
    env: &'static str,
    operation: &'static str,
}

impl Transport {
    pub(crate) fn new(settings: &RailSettings) -> Result<Self, RailSetupError> {
        Ok(Self {
            // Half of the time that a credential leaves over.
            http: http_client(&settings.base_url, settings.create_timeout / 4)?,
            breaker: Breaker::new(settings.env, settings.opens_on),
            env: settings.env,
        })
    }

    /// A request, to be completed and sent.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Whether requests are let through.
    pub(crate) fn circuit(&self) -> Circuit {
        self.breaker.circuit()
    }

    /// Lets one request through, unless the circuit is open.
    pub(crate) fn passage(&self, operation: &'static str) -> Result<Passage<'_>, RailFailure> {
        let env = self.env.as_str();
        match self.breaker.leave() {
            Ok(leave) => Ok(Passage {
                leave: Some(leave),
                env,
                operation,
            }),
            Err(wait) => {
                count(env, operation, "circuit_open");
                Err(failure::held_back("the circuit is open", wait))
            }
        }
    }

    /// Lets a request through to somebody else than the rail, whatever becomes of those to the rail.
    pub(crate) fn passage_elsewhere(&self, operation: &'static str) -> Passage<'_> {
        Passage {
            leave: None,
            env: self.env.as_str(),
            operation,
        }
    }
}

impl Passage<'_> {
    /// Sends the request and waits for the whole answer.
    pub(crate) async fn send(
        self,
        request: RequestBuilder,
        until: Instant,
    ) -> Result<Answer, NoAnswer> {
        let started = Instant::now();
        // The deadline is looked at first: a process that was frozen must not wake up and send what is long overdue.
        let outcome = tokio::select! {
            biased;
            () = sleep_until(until) => Err(NoAnswer::TimedOut),
            outcome = Answer::to(request) => outcome,
        };
        count(self.env, self.operation, label(&outcome));
        metrics::histogram!(
            "vouch_rail_call_seconds", "env" => self.env, "operation" => self.operation
        )
        .record(started.elapsed());
        if let Some(leave) = self.leave {
            leave.settle(&outcome);
        }
        outcome
    }
}

fn count(env: &'static str, operation: &'static str, outcome: &'static str) {
    metrics::counter!(
        "vouch_rail_calls_total", "env" => env, "operation" => operation, "outcome" => outcome
    )
    .increment(1);
}

fn label(outcome: &Result<Answer, NoAnswer>) -> &'static str {
    match outcome {
        Ok(answer) => match answer.status.as_u16() {
            429 => "429",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500..600 => "5xx",
            _ => "other",
        },
        Err(NoAnswer::NotMade) => "not_made",
        Err(NoAnswer::NotConnected { .. }) => "not_connected",
        Err(NoAnswer::TimedOut) => "timed_out",
        Err(NoAnswer::Dropped) => "dropped",
        Err(NoAnswer::TooLong) => "too_long",
    }
}

fn http_client(base_url: &Url, connect_timeout: Duration) -> Result<Client, RailSetupError> {
    // Refused if the process has a provider already; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let json = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let mut builder = Client::builder()
        .user_agent(concat!("vouch/", env!("CARGO_PKG_VERSION")))
        .default_headers(json)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(KEPT_IDLE)
        // One request on a connection at a time, and none sent a second time behind our back.
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        // The environment's proxy is for nobody's personal data.
        .no_proxy();
    if base_url.scheme() == "http" {
        // Nothing to verify, so a machine without root certificates will do for a sandbox.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(RailSetupError::HttpClient)
}
