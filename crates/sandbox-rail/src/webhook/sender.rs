//! Sends deliveries, signed.

use std::{sync::OnceLock, time::Duration};

use actix_web::http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Url, redirect};
use sha2::Sha256;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    kyc::uploads::hex, record::Record, refusal::Refusal, server::Rail, webhook::delivery::Delivery,
};

/// How long the platform may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The most attempts at a time.
const AT_ONCE: usize = 16;
const TIMESTAMP: HeaderName = HeaderName::from_static("x-blaaiz-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-blaaiz-signature");

/// The way out of the sandbox.
pub(crate) struct Sender {
    plain: Client,
    /// Made when it is needed: it reads the machine's root certificates, and there may be none.
    secure: OnceLock<Client>,
    slots: Semaphore,
}

impl Sender {
    /// Connects to nobody yet.
    pub(crate) fn new() -> reqwest::Result<Self> {
        // Refused if the process has a provider already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            plain: client().tls_certs_only([]).build()?,
            secure: OnceLock::new(),
            slots: Semaphore::new(AT_ONCE),
        })
    }

    /// The answer's status.
    async fn post(&self, url: Url, signed: Signed, body: String) -> reqwest::Result<u16> {
        let client = match url.scheme() {
            "https" => self.secure()?,
            _ => &self.plain,
        };
        let request = client
            .post(url)
            .header(CONTENT_TYPE.as_str(), "application/json")
            .header(USER_AGENT.as_str(), "Blaaiz")
            .header(TIMESTAMP.as_str(), signed.timestamp)
            .header(SIGNATURE.as_str(), signed.signature)
            .body(body);
        Ok(request.send().await?.status().as_u16())
    }

    fn secure(&self) -> reqwest::Result<&Client> {
        match self.secure.get() {
            Some(client) => Ok(client),
            None => {
                let client = client().build()?;
                Ok(self.secure.get_or_init(|| client))
            }
        }
    }
}

fn client() -> reqwest::ClientBuilder {
    Client::builder()
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .no_proxy()
}

/// Tries a delivery once and remembers how that went. The attempt is on disk before it is made, and so is the event.
pub(crate) async fn deliver(rail: &Rail, id: Uuid) -> Result<(), Refusal> {
    // It is never closed.
    let _slot = rail.sender.slots.acquire().await;
    let begin = rail.store.change(|state| {
        let (Some(delivery), Some(registration)) = (state.deliveries.get(id), &state.registration)
        else {
            return Ok((None, Vec::new()));
        };
        let delivery = delivery.attempted(rail.now(), rail.first_retry);
        let attempt = (delivery.clone(), registration.clone());
        Ok((Some(attempt), vec![Record::Delivery(delivery)]))
    });
    let Some((Delivery { channel, body, .. }, registration)) = begin.await? else {
        return Ok(());
    };
    let signed = Signed::new(&registration.signing_secret, rail.now(), &body);
    let url = registration.url(channel).clone();
    let status = match rail.sender.post(url, signed, body).await {
        Ok(status) => Some(status),
        Err(error) => {
            tracing::debug!(error = %error.without_url(), "a webhook was not answered");
            None
        }
    };
    let end = |delivery: &Delivery| delivery.answered(rail.now(), status, rail.first_retry);
    let remember = rail.store.change(|state| {
        let step = state.deliveries.get(id).map(end).map(Record::Delivery);
        Ok(((), step.into_iter().collect()))
    });
    remember.await
}

/// A body's signature at some time.
struct Signed {
    timestamp: i64,
    signature: String,
}

impl Signed {
    /// Hex of HMAC-SHA-256 over the time in Unix seconds, a dot, and the raw body.
    fn new(secret: &str, now: DateTime<Utc>, body: &str) -> Self {
        let timestamp = now.timestamp();
        Self {
            timestamp,
            signature: sign(secret, timestamp, body),
        }
    }
}

fn sign(secret: &str, timestamp: i64, body: &str) -> String {
    let mut mac = keyed(secret.as_bytes());
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// A key shorter than the hash's block is filled up with zeros (RFC 2104 §2); ours are.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (filled, byte) in block.iter_mut().zip(key) {
        *filled = *byte;
    }
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_signature_is_the_vendors() {
        let body = r#"{"event_type":"customer.status_changed"}"#;
        assert_eq!(
            sign("sec", 1_700_000_000, body),
            "0b2fe5b33514f2f017ef7373d27b6c00f730c7d495b60f0aa048f4b830f85757"
        );
    }
}
