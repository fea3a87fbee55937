//! What a service answered.

use reqwest::{RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Sends a request whose answer is not one of ours.
    pub(crate) async fn unchecked(request: RequestBuilder) -> Self {
        Self::of(request.send().await.expect("an answer")).await
    }

    /// Reads an answer to its end.
    pub(crate) async fn of(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    /// Sends a request whose answer has what all our answers have.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let answer = Self::unchecked(request).await;
        assert!(answer.headers.contains_key("x-request-id"), "{answer:?}");
        if answer.status >= 400 {
            let error = &answer.json()["error"];
            let is_text = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
            assert!(
                ["type", "code", "message"].into_iter().all(is_text),
                "{error}"
            );
            assert_eq!(error["request_id"], answer.header("x-request-id"));
        }
        answer
    }

    /// This answer, if it has the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// This answer, if it is that error.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.code().as_str()),
            (status, code),
            "{}",
            self.text
        );
        self
    }

    /// This answer, if it refuses this field.
    #[track_caller]
    pub(crate) fn expect_refused(self, code: &str, field: &str) -> Self {
        let error = &self.json()["error"];
        assert_eq!(
            (self.status, &error["code"], &error["field"]),
            (400, &code.into(), &field.into()),
            "{error}"
        );
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The code of an error.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The id of the object.
    pub(crate) fn id(&self) -> String {
        self.json()["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id in {}", self.text))
            .to_owned()
    }

    /// The references of a list of customers.
    pub(crate) fn references(&self) -> Vec<String> {
        let list = self.json();
        let text = |customer: &Value| customer["customer_reference"].as_str().map(str::to_owned);
        let data = list["data"]
            .as_array()
            .unwrap_or_else(|| panic!("no list: {list}"));
        data.iter()
            .map(|customer| text(customer).expect("a reference"))
            .collect()
    }

    /// The fields that an error names, in its order.
    pub(crate) fn fields(&self) -> Vec<String> {
        let error = self.json();
        let errors = error["error"]["detail"]["errors"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let field = |error: &Value| error["field"].as_str().expect("a field").to_owned();
        errors.iter().map(field).collect()
    }
}
