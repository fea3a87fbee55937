//! Sending: within a deadline and our allowance, once or repeatedly.

use std::time::Duration;

use reqwest::{
    Client, Method, StatusCode, Url,
    header::{ACCEPT, HeaderMap, HeaderValue},
    redirect, retry,
};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use vouch_domain::ports::{RailFailure, Urgency};

use crate::{
    allowance::Allowance,
    answer::Answer,
    auth::{Auth, Credential},
    failure,
    settings::{RailSettings, RailSetupError},
};

/// The pauses before the repetitions of what is safe to repeat.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];
/// How long an unused connection is kept: less than any server we know of keeps it (5 s), so that we are never the ones
/// to find it closed.
const KEPT_IDLE: Duration = Duration::from_secs(4);

/// One request to the rail, without what proves who sends it.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Below `/api/external`; each segment needs no escape.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'static str, &'a str)],
    pub(crate) body: Option<Value>,
}

/// When a call must have ended, whatever it waits for.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    /// When there must be a credential. What is left after that outlasts every attempt to connect, so where a create
    /// runs out of time later, it may have been sent; where earlier, it was not.
    prepared: Instant,
    end: Instant,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self {
            prepared: now + timeout / 2,
            end: now + timeout,
        }
    }
}

/// The rail, to whoever has a call for it.
pub(crate) struct RailClient {
    http: Client,
    base_url: Url,
    auth: Auth,
    allowance: Allowance,
}

impl RailClient {
    pub(crate) fn new(settings: RailSettings) -> Result<Self, RailSetupError> {
        let base_url = settings.base_url;
        if !is_address_alone(&base_url) {
            return Err(RailSetupError::BaseUrl);
        }
        Ok(Self {
            // Half of the time that a credential leaves over.
            http: http_client(&base_url, settings.create_timeout / 4)?,
            auth: Auth::new(settings.credentials, below(&base_url, &["oauth", "token"]))?,
            allowance: Allowance::new(settings.per_minute, settings.per_hour),
            base_url,
        })
    }

    /// Sends a call that is safe to repeat, up to three times within the deadline.
    pub(crate) async fn repeatedly(
        &self,
        call: &Call<'_>,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        for pause in PAUSES {
            let outcome = self.once(call, deadline, urgency).await;
            if !is_worth_repeating(&outcome) || Instant::now() + pause >= deadline.end {
                return outcome;
            }
            let status = outcome.as_ref().map(|answer| answer.status.as_u16()).ok();
            let failure = outcome.as_ref().err().map(tracing::field::display);
            tracing::debug!(status, failure, "asking the rail again");
            sleep(pause).await;
        }
        self.once(call, deadline, urgency).await
    }

    /// Sends a call once. Only after a 401, which carried nothing out, it is sent again with a new access token.
    pub(crate) async fn once(
        &self,
        call: &Call<'_>,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        let credential = self.credential(None, deadline).await?;
        let answer = self.exchange(call, &credential, deadline, urgency).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let another = self.credential(Some(&credential), deadline).await?;
        self.exchange(call, &another, deadline, urgency).await
    }

    async fn credential(
        &self,
        refused: Option<&Credential>,
        deadline: Deadline,
    ) -> Result<Credential, RailFailure> {
        timeout_at(deadline.prepared, self.auth.credential(&self.http, refused))
            .await
            .unwrap_or_else(|_| Err(failure::unavailable("no access token in time")))
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        credential: &Credential,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        self.allowance
            .take(urgency)
            .map_err(|wait| failure::held_back("our own allowance is used up", wait))?;
        let url = below(&self.base_url, &["api", "external"]);
        let mut request = self
            .http
            .request(call.method.clone(), below(&url, call.path))
            .header(&credential.name, &credential.value)
            .query(call.query);
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let answer = timeout_at(deadline.end, Answer::to(request))
            .await
            .unwrap_or_else(|_| Err(failure::unclear("timed out")))?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            self.allowance.exhaust(answer.wait);
        }
        Ok(answer)
    }
}

fn is_worth_repeating(outcome: &Result<Answer, RailFailure>) -> bool {
    match outcome {
        Ok(answer) => answer.is_worth_repeating(),
        Err(RailFailure::Unclear { .. }) => true,
        Err(RailFailure::Unavailable { retry_after, .. }) => retry_after.is_none(),
        Err(RailFailure::Refused { .. } | RailFailure::Unauthorised) => false,
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

fn is_address_alone(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

fn below(url: &Url, path: &[&str]) -> Url {
    let mut url = url.clone();
    // Only URLs without a host have no path, and http is not written without one.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
