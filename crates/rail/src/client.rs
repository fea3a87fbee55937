//! Calls: within a deadline and our allowance, once or repeatedly.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::{Value, value::RawValue};
use tokio::time::{Instant, sleep};
use vouch_domain::ports::{RailFailure, Urgency};

use crate::{
    allowance::Allowance,
    answer::Answer,
    auth::{Auth, Credential},
    breaker::Circuit,
    failure,
    settings::{RailSettings, RailSetupError},
    transport::Transport,
};

/// The pauses before the repetitions of what is safe to repeat.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];

/// One request to the rail, without what proves who sends it.
pub(crate) struct Call<'a> {
    /// What it is called in metrics.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Below `/api/external`; each segment needs no escape.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'static str, &'a str)],
    pub(crate) body: Option<Value>,
}

/// What is sent with a request.
#[derive(Clone, Copy)]
enum Body<'a> {
    Value(&'a Value),
    /// Where numbers have to arrive digit by digit.
    Exact(&'a RawValue),
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
    transport: Transport,
    base_url: Url,
    auth: Auth,
    allowance: Allowance,
}

impl RailClient {
    pub(crate) fn new(settings: RailSettings) -> Result<Self, RailSetupError> {
        if !is_address_alone(&settings.base_url) {
            return Err(RailSetupError::BaseUrl);
        }
        let transport = Transport::new(&settings)?;
        let base_url = settings.base_url;
        Ok(Self {
            transport,
            auth: Auth::new(settings.credentials, below(&base_url, &["oauth", "token"]))?,
            allowance: Allowance::new(settings.per_minute, settings.per_hour),
            base_url,
        })
    }

    /// Whether calls are let through.
    pub(crate) fn circuit(&self) -> Circuit {
        self.transport.circuit()
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

    /// Sends a call once. Only after a 401 of the rail's own, which carried nothing out, it is sent again with a new access
    /// token.
    pub(crate) async fn once(
        &self,
        call: &Call<'_>,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        let body = call.body.as_ref().map(Body::Value);
        self.send(call, body, deadline, urgency).await
    }

    /// Likewise, with this body, which arrives to the byte.
    pub(crate) async fn once_with(
        &self,
        call: &Call<'_>,
        body: &RawValue,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        self.send(call, Some(Body::Exact(body)), deadline, urgency)
            .await
    }

    async fn send(
        &self,
        call: &Call<'_>,
        body: Option<Body<'_>>,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        let credential = self
            .auth
            .credential(&self.transport, None, deadline.prepared)
            .await?;
        let answer = self
            .exchange(call, body, &credential, deadline, urgency)
            .await?;
        if answer.status != StatusCode::UNAUTHORIZED || answer.body.is_none() {
            return Ok(answer);
        }
        let another = self
            .auth
            .credential(&self.transport, Some(&credential), deadline.prepared)
            .await?;
        self.exchange(call, body, &another, deadline, urgency).await
    }

    /// Whether bytes of ours may be sent to a URL that the rail gave: encrypted, unless the rail itself is not.
    pub(crate) fn may_send_to(&self, url: &Url) -> bool {
        url.scheme() == "https" || (url.scheme() == "http" && self.base_url.scheme() == "http")
    }

    /// Sends bytes to a URL that the rail gave: once, and without what proves who sends them, as the URL does. That is the
    /// rail's storage, which fails by itself: neither the rail's allowance nor its circuit breaker counts it.
    pub(crate) async fn put(
        &self,
        url: Url,
        until: Instant,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, RailFailure> {
        let passage = self.transport.passage_elsewhere("send_file");
        let request = complete(self.transport.request(Method::PUT, url));
        passage
            .send(request, until)
            .await
            .map_err(failure::of_silence)
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        body: Option<Body<'_>>,
        credential: &Credential,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<Answer, RailFailure> {
        let passage = self.transport.passage(call.operation)?;
        self.allowance
            .take(urgency)
            .map_err(|wait| failure::held_back("our own allowance is used up", wait))?;
        let url = below(&self.base_url, &["api", "external"]);
        let mut request = self
            .transport
            .request(call.method.clone(), below(&url, call.path))
            .header(&credential.name, &credential.value)
            .query(call.query);
        request = match body {
            None => request,
            Some(Body::Value(value)) => request.json(value),
            Some(Body::Exact(raw)) => request.json(raw),
        };
        let answer = passage
            .send(request, deadline.end)
            .await
            .map_err(failure::of_silence)?;
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
