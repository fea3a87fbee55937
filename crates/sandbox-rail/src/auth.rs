//! The rail's two credential schemes: an API key, and OAuth access tokens with scopes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{options::Options, refusal::Refusal};

const API_KEY_HEADER: &str = "x-blaaiz-api-key";

/// Every scope that a client may ask for.
pub(crate) const SCOPES: [&str; 25] = [
    "wallet:read",
    "currency:read",
    "bank:read",
    "customer:read",
    "customer:write",
    "beneficiary:read",
    "virtual-account:read",
    "virtual-account:create",
    "virtual-account:close",
    "collection:create",
    "collection:crypto:create",
    "collection:interac:accept",
    "payout:create",
    "swap:create",
    "transaction:read",
    "fees:read",
    "file:upload",
    "webhook:read",
    "webhook:write",
    "webhook:replay",
    "rates:read",
    "compliance-kyc:read",
    "compliance-kyc:create",
    "compliance-kyc:cancel",
    "compliance-kyc:pii:read",
];

/// The accepted credentials and the tokens issued for them. Tokens do not outlive the process.
pub(crate) struct Credentials {
    api_key: String,
    client_id: String,
    client_secret: String,
    token_life: TimeDelta,
    tokens: Mutex<HashMap<String, Token>>,
}

struct Token {
    scopes: BTreeSet<String>,
    expires_at: DateTime<Utc>,
}

impl Credentials {
    /// Takes the credentials from the options.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            api_key: options.api_key.clone(),
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            token_life: TimeDelta::from_std(options.token_life).unwrap_or(TimeDelta::MAX),
            tokens: Mutex::default(),
        }
    }

    /// Admits a request to an operation that needs `scope`. An access token wins over an API key, which has every
    /// scope.
    pub(crate) fn authorise(
        &self,
        headers: &HeaderMap,
        scope: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if let Some(authorisation) = headers.get(AUTHORIZATION) {
            let bearer = authorisation
                .to_str()
                .ok()
                .and_then(|value| value.split_once(' '));
            let token = bearer
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token);
            return self.authorise_token(token.unwrap_or_default(), scope, now);
        }
        match headers.get(API_KEY_HEADER) {
            Some(key) if key.as_bytes() == self.api_key.as_bytes() => Ok(()),
            _ => Err(Refusal::Unauthenticated("API key")),
        }
    }

    fn authorise_token(
        &self,
        token: &str,
        scope: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        match self.tokens().get(token) {
            Some(token) if now >= token.expires_at => Err(Refusal::Unauthenticated("access token")),
            Some(token) if token.scopes.contains(scope) => Ok(()),
            Some(_) => Err(Refusal::Forbidden(scope)),
            None => Err(Refusal::Unauthenticated("access token")),
        }
    }

    /// Whether this is the accepted OAuth client.
    pub(crate) fn is_client(&self, id: &str, secret: &str) -> bool {
        id == self.client_id && secret == self.client_secret
    }

    /// A new access token. Forgets those that have expired.
    pub(crate) fn issue(&self, scopes: BTreeSet<String>, now: DateTime<Utc>) -> String {
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let expires_at = now
            .checked_add_signed(self.token_life)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        let mut tokens = self.tokens();
        tokens.retain(|_, token| now < token.expires_at);
        tokens.insert(token.clone(), Token { scopes, expires_at });
        token
    }

    /// Life of a token in whole seconds.
    pub(crate) fn expires_in(&self) -> i64 {
        self.token_life.num_seconds()
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
