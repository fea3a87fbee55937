//! A sandbox in a folder of its own, and a client for it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use vouch_sandbox_rail::{Options, SandboxRail, start};

pub(crate) const CUSTOMERS: &str = "/api/external/customer";

pub(crate) struct Sandbox {
    pub(crate) rail: SandboxRail,
    pub(crate) folder: TempDir,
    client: Client,
}

impl Sandbox {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(adjust: impl FnOnce(&mut Options)) -> Self {
        Self::within(TempDir::new().unwrap(), adjust).await
    }

    async fn within(folder: TempDir, adjust: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::new(folder.path());
        adjust(&mut options);
        Self {
            rail: start(options).await.unwrap(),
            folder,
            client: client(),
        }
    }

    /// Stops, lets `meanwhile` look at the folder, and starts again.
    pub(crate) async fn restart(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self {
            rail,
            folder,
            client,
        } = self;
        drop(client);
        rail.stop().await;
        meanwhile(folder.path());
        Self::within(folder, |_| {}).await
    }

    /// A request without credentials.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.rail.url()))
    }

    /// A request with the API key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path)
            .header("x-blaaiz-api-key", "sandbox-key")
    }

    pub(crate) fn creation(&self, body: &Value) -> RequestBuilder {
        self.request(Method::POST, CUSTOMERS).json(body)
    }

    /// Status and body of a create.
    pub(crate) async fn create(&self, body: &Value) -> (u16, Value) {
        answer(self.creation(body).send().await.unwrap()).await
    }

    /// Id of a customer that must have been created.
    pub(crate) async fn created(&self, body: &Value) -> String {
        let (status, answer) = self.create(body).await;
        assert_eq!(status, 201, "{answer}");
        answer["data"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn put(&self, id: &str, body: &Value) -> (u16, Value) {
        answer(
            self.request(Method::PUT, &format!("{CUSTOMERS}/{id}"))
                .json(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Status and body of a read, `path` being relative to the customers.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(
            self.request(Method::GET, &format!("{CUSTOMERS}{path}"))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn decide(&self, id: &str, status: &str) {
        let decision = json!({ "status": status });
        let path = format!("/_sandbox/customers/{id}/decide");
        let response = self
            .bare(Method::POST, &path)
            .json(&decision)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
    }

    /// All stored records.
    pub(crate) async fn stored(&self) -> Vec<Value> {
        let response = self
            .bare(Method::GET, "/_sandbox/customers")
            .send()
            .await
            .unwrap();
        answer(response).await.1["data"].as_array().unwrap().clone()
    }

    pub(crate) async fn fault(&self, rule: Value) {
        let response = self
            .bare(Method::POST, "/_sandbox/faults")
            .json(&rule)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
    }

    /// Status and body of a token request.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        answer(
            self.bare(Method::POST, "/oauth/token")
                .form(form)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// An access token with these scopes.
    pub(crate) async fn access_token(&self, scope: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "sandbox-client"),
            ("client_secret", "sandbox-secret"),
            ("scope", scope),
        ];
        let (status, body) = self.token(&form).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }
}

fn client() -> Client {
    // The client wants a TLS provider even when it never speaks TLS; another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Every answer has to come: no test may hang.
    Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

/// Status and JSON body; every answer has one.
pub(crate) async fn answer(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
pub(crate) struct StoppedClock(Arc<AtomicI64>);

impl StoppedClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn install(&self, options: &mut Options) {
        let seconds = self.0.clone();
        let start = DateTime::from_timestamp(1_705_314_600, 0).unwrap();
        options.clock =
            Arc::new(move || start + TimeDelta::seconds(seconds.load(Ordering::SeqCst)));
    }
}

pub(crate) fn individual(email: &str) -> Value {
    json!({
        "type": "individual",
        "email": email,
        "country": "NG",
        "first_name": "Ada",
        "last_name": "Obi",
        "id_type": "passport",
        "id_number": format!("A-{email}"),
    })
}

pub(crate) fn business(registration_number: &str) -> Value {
    json!({
        "type": "business",
        "email": "office@example.com",
        "country": "GB",
        "business_name": "Example Ltd",
        "registration_number": registration_number,
        "incorporation_country": "GB",
    })
}

/// `body` with `changes` laid over it; null removes a key.
pub(crate) fn with(mut body: Value, changes: Value) -> Value {
    let (Some(fields), Value::Object(changes)) = (body.as_object_mut(), changes) else {
        panic!("objects only")
    };
    fields.extend(changes);
    fields.retain(|_, value| !value.is_null());
    body
}
