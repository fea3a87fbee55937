//! What happens to the rail's callbacks on their way: they come twice, late, out of order and at other services, and
//! among them are some that are forged and some that are not true.

use std::time::Duration;

use fastrand::Rng;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::sleep;

use crate::{client::Client, clock::now, history::Request, rail::Rail};

/// Between two callbacks.
const PAUSE: Duration = Duration::from_millis(40);
/// The rail lets one in so many of its payouts fail that it looks at.
const FAILURES: u8 = 12;

/// Carries callbacks in the rail's name until it is stopped.
pub(crate) struct Courier<'a> {
    pub(crate) client: &'a Client,
    pub(crate) rail: &'a Rail,
    /// Signs the rail's callbacks.
    pub(crate) secret: &'a str,
}

impl Courier<'_> {
    /// Goes on for ever.
    pub(crate) async fn run(&self, mut rng: Rng) {
        loop {
            sleep(PAUSE).await;
            if rng.u8(..FAILURES) == 0 {
                self.fail_some_payout(&mut rng).await;
            }
            let deliveries = self.rail.deliveries().await.unwrap_or_default();
            if deliveries.is_empty() {
                continue;
            }
            let delivery = &deliveries[rng.usize(..deliveries.len())];
            let body = delivery["body"].as_str().expect("a body");
            match rng.u8(..4) {
                0 => self.rail.send_again(delivery).await,
                1 => self.send(&mut rng, body, self.secret).await,
                2 => {
                    let rumour = altered(&mut rng, body);
                    self.send(&mut rng, &rumour, self.secret).await;
                }
                _ => {
                    let forged = altered(&mut rng, body);
                    self.send(&mut rng, &forged, "not the rail's secret").await;
                }
            }
        }
    }

    /// Some service gets this body, signed now.
    async fn send(&self, rng: &mut Rng, body: &str, secret: &str) {
        let service = &self.client.urls[rng.usize(..self.client.urls.len())];
        let time = now();
        let request = self
            .client
            .http
            .post(format!("{service}/rail/webhooks/test"))
            .header(CONTENT_TYPE, "application/json")
            .header("x-blaaiz-timestamp", time)
            .header("x-blaaiz-signature", signature(secret, time, body))
            .body(body.to_owned());
        let is_signed = secret == self.secret;
        self.client
            .exchange(Request::Callback { is_signed }, None, request)
            .await;
    }

    async fn fail_some_payout(&self, rng: &mut Rng) {
        let pending = self.rail.pending_payouts().await.unwrap_or_default();
        if let Some(payout) = rng.choice(&pending) {
            self.rail.fail_payout(payout).await;
        }
    }
}

/// News that the rail has never had: another event, of another outcome.
fn altered(rng: &mut Rng, body: &str) -> String {
    let mut body: Value = serde_json::from_str(body).expect("JSON");
    let customers = ["PENDING", "PROCESSING", "VERIFIED", "REJECTED"];
    let others = ["PENDING", "SUCCESSFUL", "FAILED"];
    for (field, words) in [
        ("new_status", &customers[..]),
        ("transaction_status", &others[..]),
        ("status", &others[..]),
    ] {
        if body.get(field).is_some() {
            body[field] = json!(words[rng.usize(..words.len())]);
        }
    }
    body["event_id"] = json!(format!("rumour-{}", rng.u64(..)));
    body.to_string()
}

/// Hex of HMAC-SHA-256 over the time, a dot, and the body, as the vendor has it.
fn signature(secret: &str, time: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{time}.{body}").as_bytes());
    let signature = mac.finalize().into_bytes();
    signature.iter().map(|byte| format!("{byte:02x}")).collect()
}
