//! Callbacks as the rail signs them.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{answer::Answer, people::unique, service::Service};

/// Whoever knows a rail's secret.
pub(crate) struct Callbacks {
    url: String,
    pub(crate) secret: String,
}

impl Callbacks {
    /// To this service, in the name of its data folder's sandbox rail.
    pub(crate) fn to(service: &Service) -> Self {
        let file = service.home.folder.join("sandbox-rail.json");
        let address = fs::read(file).expect("the rail's address");
        let address: Value = serde_json::from_slice(&address).expect("JSON");
        let secret = address["webhook_secret"].as_str().expect("a secret");
        Self::signed_with(service, "test", secret)
    }

    /// To this service and env, signed with this secret.
    pub(crate) fn signed_with(service: &Service, env: &str, secret: &str) -> Self {
        Self {
            url: format!("{}/rail/webhooks/{env}", service.url),
            secret: secret.to_owned(),
        }
    }

    /// Sends a body, signed now. Answers with the status.
    pub(crate) async fn send(&self, body: &str) -> u16 {
        self.send_signed_at(now(), body).await
    }

    /// Sends a body, signed at this time.
    pub(crate) async fn send_signed_at(&self, time: u64, body: &str) -> u16 {
        let signature = sign(&self.secret, time, body);
        self.send_as(&time.to_string(), &signature, body).await
    }

    /// Sends a body under this time and signature.
    pub(crate) async fn send_as(&self, time: &str, signature: &str, body: &str) -> u16 {
        let request = Client::new()
            .post(&self.url)
            .header("content-type", "application/json")
            .header("x-blaaiz-timestamp", time)
            .header("x-blaaiz-signature", signature)
            .body(body.to_owned());
        Answer::unchecked(request).await.status
    }
}

/// Unix seconds, as the rail's own clock has them.
#[allow(clippy::disallowed_methods, reason = "the rail has a clock of its own")]
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a time after 1970").as_secs()
}

/// Hex of HMAC-SHA-256 over the time, a dot, and the body.
pub(crate) fn sign(secret: &str, time: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{time}.{body}").as_bytes());
    let signature = mac.finalize().into_bytes();
    signature.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the rail says when a customer's status changes: a body like no other.
pub(crate) fn status_changed(rail_id: &str, status: &str, comment: Option<&str>) -> String {
    json!({
        "message": "Customer verification status updated", "event_type": "customer.status_changed",
        "customer_id": rail_id, "customer_email": "somebody@example.com", "old_status": "PENDING",
        "new_status": status, "comment": comment, "updated_at": "2026-03-13T14:30:00.000Z",
        "event_id": format!("event-{}", unique()), "type": "customer",
    })
    .to_string()
}
