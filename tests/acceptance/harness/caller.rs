//! A company that calls the API with one key.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::{answer::Answer, patience::eventually, people::unique, service::Service};

/// A caller with a key.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    url: String,
    pub(crate) key: String,
    /// Kept running for this caller.
    _shared: Option<Arc<Service>>,
}

impl Caller {
    /// A new organisation at the shared service.
    pub(crate) async fn of_new_organisation() -> Self {
        let service = Service::shared().await;
        Self {
            _shared: Some(Arc::clone(&service)),
            ..service.caller()
        }
    }

    pub(crate) fn new(url: &str, key: &str) -> Self {
        Self {
            client: Client::new(),
            url: url.to_owned(),
            key: key.to_owned(),
            _shared: None,
        }
    }

    /// The same caller with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        self.client.request(method, url).bearer_auth(&self.key)
    }

    /// Creates a customer under a new idempotency key.
    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.create_as(&new_key(), body).await
    }

    /// Creates a customer under this idempotency key.
    pub(crate) async fn create_as(&self, key: &str, body: &Value) -> Answer {
        Answer::to(self.creation(key).json(body)).await
    }

    /// A create without its body.
    pub(crate) fn creation(&self, key: &str) -> RequestBuilder {
        self.request(Method::POST, "/v1/customers")
            .header("Idempotency-Key", key)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// The customer with this id or reference.
    pub(crate) async fn retrieve(&self, handle: &str) -> Answer {
        self.get(&customer(handle)).await
    }

    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> Answer {
        Answer::to(self.request(Method::GET, "/v1/customers").query(query)).await
    }

    pub(crate) async fn patch(&self, handle: &str, body: &Value) -> Answer {
        Answer::to(self.amendment(handle).json(body)).await
    }

    /// A change without its body.
    pub(crate) fn amendment(&self, handle: &str) -> RequestBuilder {
        self.request(Method::PATCH, &customer(handle))
    }

    /// Closes a customer.
    pub(crate) async fn close(&self, handle: &str) -> Answer {
        Answer::to(self.closing(handle)).await
    }

    /// A closing without a body.
    pub(crate) fn closing(&self, handle: &str) -> RequestBuilder {
        let path = format!("{}/close", customer(handle));
        self.request(Method::POST, &path)
    }

    /// Waits until the customer has this status.
    pub(crate) async fn comes_to(&self, handle: &str, status: &str) -> Answer {
        eventually(&format!("the status {status}"), async || {
            let found = self.retrieve(handle).await.expect(200);
            (found.json()["status"] == status).then_some(found)
        })
        .await
    }

    /// The types of a customer's events, and the statuses between which it went.
    pub(crate) async fn story(&self, handle: &str) -> Vec<String> {
        let events = self.events(handle).await;
        let told = |event: &Value| {
            let (kind, data) = (event["type"].as_str().expect("a type"), &event["data"]);
            match data["previous_status"].as_str() {
                Some(before) => {
                    format!("{before} → {}", data["status"].as_str().expect("a status"))
                }
                None => kind.to_owned(),
            }
        };
        events.iter().map(told).collect()
    }

    /// The events of a customer.
    pub(crate) async fn events(&self, handle: &str) -> Vec<Value> {
        let request = self
            .request(Method::GET, "/v1/events")
            .query(&[("customer_id", handle)]);
        let list = Answer::to(request).await.expect(200).json();
        list["data"].as_array().expect("a list").clone()
    }
}

/// An idempotency key that nobody else has.
pub(crate) fn new_key() -> String {
    format!("key-{}", unique())
}

pub(crate) fn customer(handle: &str) -> String {
    format!(
        "/v1/customers/{}",
        utf8_percent_encode(handle, NON_ALPHANUMERIC)
    )
}
