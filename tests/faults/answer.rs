//! What a service answered.

use serde_json::Value;

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// All of them, as text.
    pub(crate) headers: String,
    pub(crate) body: Value,
}

impl Answer {
    /// The answer to a request; an error when the connection failed, or the client lost its patience.
    pub(crate) async fn to(request: reqwest::RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let header = response.headers().get("retry-after");
        let retry_after = header
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let headers = format!("{:?}", response.headers());
        let text = response.text().await?;
        Ok(Self {
            status,
            retry_after,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The code of an error.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The text of a field of the body.
    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }

    /// The status of the customer that the answer is.
    pub(crate) fn customer_status(&self) -> Option<&str> {
        let is_customer = self.body["object"] == "customer";
        self.body["status"].as_str().filter(|_| is_customer)
    }
}
