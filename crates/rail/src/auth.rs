//! Proving to the rail who calls.

use std::time::Duration;

use reqwest::{
    Method, StatusCode, Url,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};
use serde_json::{Map, Value};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use vouch_domain::ports::RailFailure;

use crate::{
    answer::NoAnswer,
    failure,
    settings::{Credentials, RailSetupError},
    transport::Transport,
};

const API_KEY: HeaderName = HeaderName::from_static("x-blaaiz-api-key");
/// What an access token is asked for. Without this list it would open nothing.
const SCOPE: &str = "customer:read customer:write file:upload virtual-account:read virtual-account:create \
                     payout:create transaction:read fees:read wallet:read";
/// The life of a token that does not state its own.
const USUAL_LIFE: Duration = Duration::from_secs(900);
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(60);
/// For the log.
const NO_TOKEN: &str = "no access token";

/// Makes the credential of each call.
pub(crate) enum Auth {
    ApiKey(HeaderValue),
    Client(OAuthClient),
}

/// An OAuth client with its one token. Who needs a token while another task fetches it waits for that one.
pub(crate) struct OAuthClient {
    token_url: Url,
    id: String,
    secret: String,
    token: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    fresh_until: Instant,
}

/// A header that says who calls.
pub(crate) struct Credential {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl Auth {
    pub(crate) fn new(credentials: Credentials, token_url: Url) -> Result<Self, RailSetupError> {
        match credentials {
            Credentials::ApiKey(key) => sensitive(&key)
                .map(Self::ApiKey)
                .ok_or(RailSetupError::ApiKey),
            Credentials::Client { id, secret } => Ok(Self::Client(OAuthClient {
                token_url,
                id,
                secret,
                token: Mutex::new(None),
            })),
        }
    }

    /// The credential for one call, from the cache where possible, but not the one that the rail has just refused. It
    /// is waited for until then.
    ///
    /// # Errors
    /// Never [`RailFailure::Unclear`]: whatever became of the token request, the call itself was not sent.
    /// [`RailFailure::Unauthorised`] also where there is no other credential than the refused one.
    pub(crate) async fn credential(
        &self,
        transport: &Transport,
        refused: Option<&Credential>,
        until: Instant,
    ) -> Result<Credential, RailFailure> {
        match self {
            Self::ApiKey(_) if refused.is_some() => Err(RailFailure::Unauthorised),
            Self::ApiKey(key) => Ok(Credential {
                name: API_KEY,
                value: key.clone(),
            }),
            Self::Client(client) => Ok(Credential {
                name: AUTHORIZATION,
                value: client.token(transport, refused, until).await?,
            }),
        }
    }
}

impl OAuthClient {
    async fn token(
        &self,
        transport: &Transport,
        refused: Option<&Credential>,
        until: Instant,
    ) -> Result<HeaderValue, RailFailure> {
        let mut cached = timeout_at(until, self.token.lock())
            .await
            .map_err(|_| no_token(NoAnswer::TimedOut))?;
        // Another call may have been refused the same token earlier, and put a new one in its place.
        let is_refused =
            |token: &Token| refused.is_some_and(|refused| refused.value == token.header);
        cached.take_if(|token| is_refused(token) || token.fresh_until <= Instant::now());
        if let Some(token) = cached.as_ref() {
            return Ok(token.header.clone());
        }
        let token = self.fetch(transport, until).await?;
        Ok(cached.insert(token).header.clone())
    }

    async fn fetch(&self, transport: &Transport, until: Instant) -> Result<Token, RailFailure> {
        let asked_at = Instant::now();
        let passage = transport.passage("token")?;
        let request = transport
            .request(Method::POST, self.token_url.clone())
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &self.id),
                ("client_secret", &self.secret),
                ("scope", SCOPE),
            ]);
        let answer = passage.send(request, until).await.map_err(no_token)?;
        match (answer.status, &answer.body) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _)
            | (StatusCode::BAD_REQUEST, Some(_)) => Err(RailFailure::Unauthorised),
            (StatusCode::TOO_MANY_REQUESTS, _) => Err(failure::held_back(NO_TOKEN, answer.wait)),
            (status, Some(body)) if status.is_success() => {
                read(body, asked_at).ok_or_else(|| failure::unavailable(NO_TOKEN))
            }
            _ => Err(failure::unavailable(NO_TOKEN)),
        }
    }
}

/// Whatever the silence says of the token request, the call itself was not sent.
fn no_token(silence: NoAnswer) -> RailFailure {
    failure::unavailable(match silence {
        NoAnswer::TimedOut => "no access token in time",
        _ => NO_TOKEN,
    })
}

fn read(body: &Map<String, Value>, asked_at: Instant) -> Option<Token> {
    let token = body.get("access_token")?.as_str()?;
    let life = body
        .get("expires_in")
        .and_then(Value::as_u64)
        .map_or(USUAL_LIFE, Duration::from_secs);
    Some(Token {
        header: sensitive(&format!("Bearer {token}"))?,
        fresh_until: asked_at.checked_add(life.saturating_sub(MARGIN))?,
    })
}

/// A header value that no log of the HTTP client shows.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
