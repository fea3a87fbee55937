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
use reqwest::{Body, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
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

    /// A sandbox that decides at once and tries deliveries again at once.
    pub(crate) async fn quick() -> Self {
        Self::with(quick).await
    }

    /// A sandbox that decides nothing by itself while a test runs.
    pub(crate) async fn patient() -> Self {
        Self::with(patient).await
    }

    /// Stops, and starts again when everything is due that was not.
    pub(crate) async fn restart_later(self) -> Self {
        let later = |options: &mut Options| {
            patient(options);
            let clock = options.clock.clone();
            options.clock = Arc::new(move || clock() + TimeDelta::hours(2));
        };
        self.restart_with(|_| {}, later).await
    }

    /// Stops, lets `meanwhile` look at the folder, and starts again.
    pub(crate) async fn restart(self, meanwhile: impl FnOnce(&Path)) -> Self {
        self.restart_with(meanwhile, |_| {}).await
    }

    /// Stops, lets `meanwhile` look at the folder, and starts again with other options.
    pub(crate) async fn restart_with(
        self,
        meanwhile: impl FnOnce(&Path),
        adjust: impl FnOnce(&mut Options),
    ) -> Self {
        let Self {
            rail,
            folder,
            client,
        } = self;
        drop(client);
        rail.stop().await;
        meanwhile(folder.path());
        Self::within(folder, adjust).await
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

    /// Status and body of a call of the rail.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self.request(method, &format!("/api/external{path}"));
        answer(request.json(body).send().await.unwrap()).await
    }

    /// Status and body of a call that sends nothing.
    pub(crate) async fn read(&self, path: &str) -> (u16, Value) {
        let request = self.request(Method::GET, &format!("/api/external{path}"));
        answer(request.send().await.unwrap()).await
    }

    /// What the rail keeps, and shows to tests alone.
    pub(crate) async fn kept(&self, what: &str) -> Vec<Value> {
        let path = format!("/_sandbox/{what}");
        let response = self.bare(Method::GET, &path).send().await.unwrap();
        answer(response).await.1["data"].as_array().unwrap().clone()
    }

    /// Asks a control to do something.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.bare(Method::POST, &format!("/_sandbox/{path}"));
        answer(request.json(body).send().await.unwrap()).await
    }

    /// Waits until the customer has this status, and returns the customer.
    pub(crate) async fn until_status(&self, id: &str, status: &str) -> Value {
        let path = format!("/customer/{id}");
        until(async || {
            let customer = self.read(&path).await.1["data"].clone();
            (customer["verification_status"] == status).then_some(customer)
        })
        .await
    }

    /// A presigned URL for one of an individual's files.
    pub(crate) async fn presigned(&self, customer: &str, category: &str) -> Value {
        let wanted = json!({ "customer_id": customer, "file_category": category });
        let (status, body) = self
            .call(Method::POST, "/file/get-presigned-url", &wanted)
            .await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The answer to the PUT of these bytes.
    pub(crate) async fn upload(&self, presigned: &Value, bytes: impl Into<Body>) -> Response {
        let url = presigned["url"].as_str().unwrap();
        let request = self.client.put(url).header("content-type", "image/png");
        request.body(bytes).send().await.unwrap()
    }

    /// Id of a file that has been uploaded for the customer.
    pub(crate) async fn uploaded(&self, customer: &str, category: &str) -> String {
        let presigned = self.presigned(customer, category).await;
        assert_eq!(self.upload(&presigned, PNG).await.status(), 200);
        presigned["file_id"].as_str().unwrap().to_owned()
    }

    /// Status and body of an attachment.
    pub(crate) async fn attach(&self, customer: &str, files: &Value) -> (u16, Value) {
        self.call(Method::POST, &format!("/customer/{customer}/files"), files)
            .await
    }

    /// Hands the customer to the reviewers, with its identity document.
    pub(crate) async fn submitted(&self, customer: &str) {
        let file = self.uploaded(customer, "identity").await;
        let (status, body) = self.attach(customer, &json!({ "id_file": file })).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Id of a customer that is verified without having been reviewed.
    pub(crate) async fn verified(&self, email: &str) -> String {
        let id = self.created(&individual(email)).await;
        self.decide(&id, "VERIFIED").await;
        id
    }

    /// Id of the wallet in this currency.
    pub(crate) async fn wallet(&self, currency: &str) -> String {
        let (_, body) = self.read("/wallet").await;
        let wallets = body["data"].as_array().unwrap();
        let wallet = wallets.iter().find(|wallet| wallet["currency"] == currency);
        wallet.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Secret of a webhook that has been registered for everything.
    pub(crate) async fn registered(&self, url: &str) -> String {
        let urls = json!({ "collection_url": format!("{url}/collection"), "payout_url": format!("{url}/payout") });
        let (status, body) = self.call(Method::POST, "/webhook", &urls).await;
        assert_eq!(status, 200, "{body}");
        body["data"]["signing_secret"].as_str().unwrap().to_owned()
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

/// The start of a picture.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand the rest";

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Decisions and repetitions without a pause.
pub(crate) fn quick(options: &mut Options) {
    options.decision_delay = Duration::from_millis(5);
    options.first_retry = Duration::from_millis(5);
}

/// Decisions and repetitions after an hour.
pub(crate) fn patient(options: &mut Options) {
    options.decision_delay = Duration::from_secs(3600);
    options.first_retry = Duration::from_secs(3600);
}

/// Asks until there is something.
pub(crate) async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it never happened");
        tokio::time::sleep(PAUSE).await;
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
