//! Where the rail calls back.

use reqwest::Method;
use serde_json::{Value, json};

use super::Rail;

impl Rail {
    /// Registers this service, and answers with the secret that signs the callbacks.
    pub(crate) async fn register(&self, service: &str) -> String {
        let registered = self
            .external(Method::POST, "webhook", Some(&self.targets(Some(service))))
            .await
            .expect("a rail");
        let secret = registered["data"]["signing_secret"].as_str();
        secret.expect("a secret").to_owned()
    }

    /// Has it call back at another service, or where nobody hears it. Nothing happens while the rail is away.
    pub(crate) async fn divert(&self, service: Option<&str>) {
        let registered = self.external(Method::GET, "webhook", None).await;
        let Some(registered) = registered else {
            return;
        };
        let id = registered["data"]["id"].as_str().expect("an id");
        let targets = self.targets(service);
        self.external(Method::PUT, &format!("webhook/{id}"), Some(&targets))
            .await;
    }

    fn targets(&self, service: Option<&str>) -> Value {
        let nowhere = self.nowhere.url();
        let url = format!("{}/rail/webhooks/test", service.unwrap_or(&nowhere));
        json!({"collection_url": url, "payout_url": url})
    }

    /// A call as the platform makes it.
    async fn external(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let url = format!("{}/api/external/{path}", self.url());
        let request = self.client.request(method, url);
        let request = request.header("x-blaaiz-api-key", "sandbox-key");
        self.answer_to(request, body).await
    }
}
