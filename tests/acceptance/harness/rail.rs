//! The sandbox rail behind a service, and what a test may do to it.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::answer::Answer;

/// A sandbox rail's controls.
pub(crate) struct Rail {
    pub(crate) url: String,
}

impl Rail {
    pub(crate) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/_sandbox/{path}", self.url);
        let mut request = Client::new().request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = Answer::unchecked(request).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        answer.json()
    }

    /// Every record with this e-mail.
    pub(crate) async fn customers(&self, email: &str) -> Vec<Value> {
        let all = self.control(Method::GET, "customers", None).await;
        let all = all["data"].as_array().expect("a list").clone();
        let is_wanted = |record: &Value| {
            let stored = record["email"].as_str().unwrap_or_default();
            stored.eq_ignore_ascii_case(email)
        };
        all.into_iter().filter(is_wanted).collect()
    }

    /// Every record of the person in this body.
    pub(crate) async fn records_of(&self, body: &Value) -> Vec<Value> {
        self.customers(body["email"].as_str().expect("an e-mail"))
            .await
    }

    /// Has creates fail like this once.
    pub(crate) async fn fail_once(&self, fault: &str) {
        self.fault(json!({"operation": "create_customer", "fault": fault, "times": 1}))
            .await;
    }

    /// Adds a fault.
    pub(crate) async fn fault(&self, fault: Value) {
        self.control(Method::POST, "faults", Some(fault)).await;
    }

    /// The rail's id of the one record of the person in this body.
    pub(crate) async fn id_of(&self, body: &Value) -> String {
        let records = self.records_of(body).await;
        assert_eq!(records.len(), 1, "{records:?}");
        records[0]["id"].as_str().expect("an id").to_owned()
    }

    /// Decides about a record, and calls back.
    pub(crate) async fn decide(&self, id: &str, status: &str) {
        self.decide_so(id, &json!({ "status": status })).await;
    }

    /// Decides about a record, and calls back unless told otherwise.
    pub(crate) async fn decide_so(&self, id: &str, decision: &Value) {
        let path = format!("customers/{id}/decide");
        self.control(Method::POST, &path, Some(decision.clone()))
            .await;
    }

    /// Hands an individual's document in, as the platform does: its review begins.
    pub(crate) async fn submit(&self, id: &str) {
        let category = json!({"customer_id": id, "file_category": "identity"});
        let presigned = self.external("file/get-presigned-url", &category).await;
        let text = |name: &str| presigned[name].as_str().expect("a text").to_owned();
        let upload = Client::new().put(text("url")).body("%PDF-1.7");
        let uploaded = upload.send().await.expect("an answer");
        assert!(uploaded.status().is_success(), "{}", uploaded.status());
        let files = json!({"id_file": text("file_id")});
        self.external(&format!("customer/{id}/files"), &files).await;
    }

    /// Every review of this record, with what was shown to the reviewers.
    pub(crate) async fn submissions(&self, id: &str) -> Vec<Value> {
        let path = format!("submissions?customer_id={id}");
        let all = self.control(Method::GET, &path, None).await;
        all["data"].as_array().expect("a list").clone()
    }

    /// Every webhook about this record.
    pub(crate) async fn deliveries(&self, id: &str) -> Vec<Value> {
        let path = format!("deliveries?customer_id={id}");
        let all = self.control(Method::GET, &path, None).await;
        all["data"].as_array().expect("a list").clone()
    }

    /// A call of the platform's.
    async fn external(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/api/external/{path}", self.url);
        let request = Client::new().post(url).json(body);
        let request = request.header("x-blaaiz-api-key", "sandbox-key");
        let answer = Answer::unchecked(request).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        answer.json()
    }

    /// Every virtual bank account, oldest first.
    pub(crate) async fn accounts(&self) -> Vec<Value> {
        self.listed("accounts").await
    }

    /// Every payout, oldest first.
    pub(crate) async fn payouts(&self) -> Vec<Value> {
        self.listed("payouts").await
    }

    async fn listed(&self, path: &str) -> Vec<Value> {
        let all = self.control(Method::GET, path, None).await;
        all["data"].as_array().expect("a list").clone()
    }

    /// Decides about an account.
    pub(crate) async fn decide_account(&self, id: &str, status: &str) {
        let path = format!("accounts/{id}/decide");
        let decision = json!({ "status": status });
        self.control(Method::POST, &path, Some(decision)).await;
    }

    /// Decides about a payout, by the rail's id or ours.
    pub(crate) async fn decide_payout(&self, id: &str, status: &str) {
        let path = format!("payouts/{id}/decide");
        let decision = json!({ "status": status });
        self.control(Method::POST, &path, Some(decision)).await;
    }

    /// Asks the rail what a platform would.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/api/external/{path}", self.url);
        let request = Client::new()
            .request(method, url)
            .header("x-blaaiz-api-key", "sandbox-key");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Answer::unchecked(request).await.json()
    }

    /// Ends all faults.
    pub(crate) async fn heal(&self) {
        self.control(Method::DELETE, "faults", None).await;
    }

    /// How often the faults have shown.
    pub(crate) async fn fired(&self) -> u64 {
        let faults = self.control(Method::GET, "faults", None).await;
        let faults = faults["data"].as_array().expect("a list").clone();
        faults
            .iter()
            .map(|fault| fault["fired"].as_u64().expect("a number"))
            .sum()
    }
}
