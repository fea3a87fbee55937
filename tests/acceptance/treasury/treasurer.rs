//! A team that calls the Treasury API with one key.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::schema;
use crate::harness::{Answer, Service, unique};

/// Every scope there is.
pub(super) const SCOPES: [&str; 5] = [
    "fx:read",
    "transfers:read",
    "transfers:write",
    "collections:read",
    "collections:write",
];

/// A caller with a key. Every answer is checked against the schemas.
#[derive(Clone)]
pub(super) struct Treasurer {
    client: Client,
    pub(super) url: String,
    pub(super) key: String,
    /// Kept running for this caller.
    pub(super) service: Option<Arc<Service>>,
}

impl Treasurer {
    /// A new organisation at the shared service, with a test key that may do everything.
    pub(super) async fn of_new_organisation() -> Self {
        let service = Service::shared().await;
        let organisation = service.organisation();
        Self {
            service: Some(Arc::clone(&service)),
            ..Self::of(&service, &organisation, "test", &SCOPES)
        }
    }

    /// A caller with a new key of this organisation.
    pub(super) fn of(service: &Service, organisation: &str, env: &str, scopes: &[&str]) -> Self {
        let scopes: Vec<_> = scopes.iter().flat_map(|scope| ["--scope", scope]).collect();
        let key = service.key_of("treasury", organisation, env, &scopes);
        Self::new(&service.url, &key.secret)
    }

    pub(super) fn new(url: &str, key: &str) -> Self {
        Self {
            client: Client::new(),
            url: url.to_owned(),
            key: key.to_owned(),
            service: None,
        }
    }

    /// A request with the key.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.key)
    }

    /// A request without a key.
    pub(super) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request, and checks the answer.
    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.expect("an answer");
        let answer = Answer::of(response).await;
        schema::check(&method, &path, &answer);
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts under a new idempotency key.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(&new_key(), path, body).await
    }

    /// Posts under this idempotency key.
    pub(super) async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path);
        self.send(request.header("Idempotency-Key", key).json(body))
            .await
    }

    /// The customers of a list, and its total.
    pub(super) async fn customers(&self, query: &str) -> (Vec<Value>, u64) {
        let path = format!("/v1/customers{query}");
        let list = self.get(&path).await.expect(200).json();
        let customers = list["data"]["customers"].as_array().expect("a list");
        (
            customers.clone(),
            list["data"]["total"].as_u64().expect("a number"),
        )
    }
}

/// What an answer says in words.
pub(super) trait Words {
    /// Its message.
    fn message(&self) -> String;
    /// Its data.
    fn data(&self) -> Value;
    /// This answer, if it is that error.
    fn expect_message(self, status: u16, message: &str) -> Self;
    /// This answer, if it refuses exactly these fields.
    fn expect_invalid(self, fields: &[&str]) -> Self;
}

impl Words for Answer {
    fn message(&self) -> String {
        let message = &self.json()["message"];
        message.as_str().expect("a message").to_owned()
    }

    fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    #[track_caller]
    fn expect_message(self, status: u16, message: &str) -> Self {
        assert_eq!(
            (self.status, self.message().as_str()),
            (status, message),
            "{}",
            self.text
        );
        self
    }

    #[track_caller]
    fn expect_invalid(self, fields: &[&str]) -> Self {
        let answer = self.expect_message(422, "Validation failed");
        let errors = answer.json()["errors"].as_object().expect("errors").clone();
        let found: Vec<_> = errors.keys().map(String::as_str).collect();
        assert_eq!(found, fields, "{}", answer.text);
        answer
    }
}

/// An idempotency key that nobody else has.
pub(super) fn new_key() -> String {
    format!("treasury-{}", unique())
}

/// A payer; its e-mail is unique.
pub(super) fn payer() -> Value {
    let number = unique();
    json!({ "name": format!("Payer {number}"), "email": format!("payer{number}@example.com") })
}
