//! The sandbox rail as a process of its own, and its controls.

mod webhook;

use std::path::Path;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{cluster::program, port::Port, service::Service};

/// How long it takes to decide, and before it calls again where nobody heard it, in milliseconds.
const DECISION_MS: &str = "300";
const FIRST_RETRY_MS: &str = "300";

/// A sandbox rail that keeps its address and its state when it is killed.
pub(crate) struct Rail {
    pub(crate) process: Service,
    port: Port,
    /// Where nobody listens.
    nowhere: Port,
    client: Client,
}

impl Rail {
    pub(crate) fn start(folder: &Path, client: &Client) -> Self {
        let port = Port::new();
        let (listen, data) = (port.address.to_string(), folder.join("rail"));
        let command = move || {
            let mut command = program();
            command
                .args(["sandbox-rail", "--listen", &listen, "--data"])
                .arg(&data)
                .args(["--decision-ms", DECISION_MS])
                .args(["--first-retry-ms", FIRST_RETRY_MS])
                // It must not be the rail's care that keeps us from paying twice.
                .arg("--accept-repeated-payouts");
            command
        };
        Self {
            process: Service::start(command, &folder.join("rail.log")),
            port,
            nowhere: Port::new(),
            client: client.clone(),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.port.url()
    }

    /// Whether it answers.
    pub(crate) async fn is_up(&self) -> bool {
        self.control(Method::GET, "faults", None).await.is_some()
    }

    /// Puts these faults in the place of all others. Nothing happens while the rail is away.
    pub(crate) async fn set_faults(&self, faults: &[Value]) {
        self.control(Method::DELETE, "faults", None).await;
        for fault in faults {
            self.control(Method::POST, "faults", Some(fault)).await;
        }
    }

    /// Every record, whole.
    pub(crate) async fn customers(&self) -> Vec<Value> {
        self.all("customers").await.expect("a rail")
    }

    /// Every payout.
    pub(crate) async fn payouts(&self) -> Vec<Value> {
        self.all("payouts").await.expect("a rail")
    }

    /// Every virtual account.
    pub(crate) async fn accounts(&self) -> Vec<Value> {
        self.all("accounts").await.expect("a rail")
    }

    /// Every review.
    pub(crate) async fn submissions(&self) -> Vec<Value> {
        self.all("submissions").await.expect("a rail")
    }

    /// Every callback that was ever sent or will be; nothing while the rail is away.
    pub(crate) async fn deliveries(&self) -> Option<Vec<Value>> {
        self.all("deliveries").await
    }

    /// Has a callback sent once more.
    pub(crate) async fn send_again(&self, delivery: &Value) {
        let id = delivery["id"].as_str().expect("an id");
        self.control(Method::POST, &format!("deliveries/{id}/send"), None)
            .await;
    }

    /// Has a payout fail that was still to be carried out.
    pub(crate) async fn fail_payout(&self, payout: &Value) {
        let id = payout["id"].as_str().expect("an id");
        let decision = json!({"status": "FAILED"});
        self.control(
            Method::POST,
            &format!("payouts/{id}/decide"),
            Some(&decision),
        )
        .await;
    }

    /// The payouts that are not carried out yet; nothing while the rail is away.
    pub(crate) async fn pending_payouts(&self) -> Option<Vec<Value>> {
        let mut payouts = self.all("payouts").await?;
        payouts.retain(|payout| payout["status"] == "PENDING");
        Some(payouts)
    }

    async fn all(&self, records: &str) -> Option<Vec<Value>> {
        let all = self.control(Method::GET, records, None).await?;
        Some(all["data"].as_array().expect("a list").clone())
    }

    async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let url = format!("{}/_sandbox/{path}", self.url());
        let request = self.client.request(method, url);
        self.answer_to(request, body).await
    }

    async fn answer_to(&self, request: RequestBuilder, body: Option<&Value>) -> Option<Value> {
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.ok()?;
        assert!(
            answer.status().is_success(),
            "the rail refused {}: {body:?}",
            answer.url().path()
        );
        answer.json().await.ok()
    }
}
