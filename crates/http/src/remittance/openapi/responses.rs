//! Answers, good and bad.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::examples;
use crate::error::Code;

/// What every answer to a good key says of its limit.
const RATE_LIMIT: [&str; 3] = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
];

/// An answer that is not an error.
pub(super) struct Success {
    status: u16,
    response: Value,
}

impl Success {
    /// An answer with an object of a schema.
    pub(super) fn object(status: u16, description: &str, schema: &str, example: &Value) -> Self {
        let mut success = Self::empty(status, description);
        success.response["content"] = content(schema, &json!({ "example": { "value": example } }));
        success
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16, description: &str) -> Self {
        let response = json!({
            "description": description,
            "headers": { "X-Request-Id": header("X-Request-Id") },
        });
        Self { status, response }.with_headers(&RATE_LIMIT)
    }

    /// Further headers of the answer, by the names of the shared ones.
    pub(super) fn with_headers(mut self, names: &[&str]) -> Self {
        for name in names {
            self.response["headers"][*name] = header(name);
        }
        self
    }
}

/// All answers of an operation by status: the errors of one status stand together, each with an example.
pub(super) fn all(successes: &[Success], errors: &[&[Code]]) -> Value {
    let mut responses = Map::new();
    for success in successes {
        responses.insert(success.status.to_string(), success.response.clone());
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in errors.iter().copied().flatten() {
        by_status
            .entry(code.status().as_u16())
            .or_default()
            .push(*code);
    }
    for (status, codes) in by_status {
        responses.insert(status.to_string(), error(&codes));
    }
    Value::Object(responses)
}

fn error(codes: &[Code]) -> Value {
    let words: Vec<_> = codes
        .iter()
        .map(|code| format!("`{}`", code.as_str()))
        .collect();
    let examples: Map<_, _> = codes
        .iter()
        .map(|code| {
            let example = json!({ "summary": code.message(), "value": examples::error(*code) });
            (code.as_str().to_owned(), example)
        })
        .collect();
    let mut headers = json!({ "X-Request-Id": header("X-Request-Id") });
    for code in codes {
        if let Some(name) = further_header(*code) {
            headers[name] = header(name);
        }
    }
    json!({
        "description": words.join(", "),
        "headers": headers,
        "content": content("Error", &Value::Object(examples)),
    })
}

fn further_header(code: Code) -> Option<&'static str> {
    match code {
        Code::MissingApiKey | Code::InvalidApiKey => Some("WWW-Authenticate"),
        Code::IdempotencyInProgress
        | Code::RateLimitExceeded
        | Code::ProviderError
        | Code::Unavailable => Some("Retry-After"),
        _ => None,
    }
}

fn content(schema: &str, examples: &Value) -> Value {
    json!({
        "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") },
            "examples": examples,
        },
    })
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// `components.headers`
pub(super) fn headers() -> Value {
    json!({
        "X-Request-Id": {
            "description": "The name of the request: yours, or else ours.",
            "required": true,
            "schema": { "type": "string" },
        },
        "ETag": {
            "description": "The version of the customer.",
            "required": true,
            "schema": { "type": "string" },
            "example": "\"1\"",
        },
        "Location": {
            "description": "Where the new object is.",
            "required": true,
            "schema": { "type": "string" },
            "example": format!("/v1/customers/{}", examples::CUSTOMER_ID),
        },
        "Idempotent-Replayed": {
            "description": "Present when an earlier request with the same key did the work.",
            "schema": { "type": "string", "const": "true" },
        },
        "X-RateLimit-Limit": {
            "description": "How many requests of this kind, to read or to write, the key may send at once; absent without \
                a limit.",
            "schema": { "type": "integer", "minimum": 1 },
        },
        "X-RateLimit-Remaining": {
            "description": "How many of them are left.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "X-RateLimit-Reset": {
            "description": "In how many seconds all of them are there again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "Retry-After": {
            "description": "In how many seconds to try again.",
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WWW-Authenticate": {
            "description": "How to authenticate.",
            "schema": { "type": "string", "const": "Bearer" },
        },
    })
}
