//! What the operations have in common.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vouch_domain::{access::Contract, idempotency::IdempotencyPolicy};

use super::{super::routes::Route, Description};

/// What can go wrong in every operation: status and message.
const ALWAYS: [(u16, &str); 7] = [
    (401, "No token provided"),
    (401, "Invalid API key"),
    (403, "IP address not allowed"),
    (403, "Organisation suspended"),
    (429, "Too many requests"),
    (500, "Internal server error"),
    (503, "Service unavailable. Try again shortly."),
];

/// What can go wrong with an idempotency key.
const WITH_KEY: [(u16, &str); 3] = [
    (
        400,
        "Idempotency-Key header is required for mutating API requests",
    ),
    (
        409,
        "A request with this Idempotency-Key is still in progress",
    ),
    (422, "Idempotency-Key must be 255 characters or fewer"),
];

/// What can go wrong with a body.
const WITH_BODY: [(u16, &str); 4] = [
    (400, "Malformed JSON body"),
    (413, "Request body too large"),
    (415, "Content-Type must be application/json"),
    (422, "Validation failed"),
];

pub(super) fn all_parameters(route: &Route, own: &[Value]) -> Value {
    let key = route.needs_key.then(|| reference("IdempotencyKey"));
    let request_id = Some(reference("RequestId"));
    own.iter().cloned().chain(key).chain(request_id).collect()
}

fn reference(parameter: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{parameter}") })
}

/// The filter of a list by customer.
pub(super) fn customer_filter() -> Value {
    json!({
        "name": "customerId",
        "in": "query",
        "description": "Only what belongs to this customer; nothing when there is no such customer.",
        "schema": { "type": "string", "format": "uuid" },
    })
}

pub(super) fn responses(route: &Route, described: &Description) -> Value {
    let mut responses = Map::new();
    let status = described.status.to_string();
    responses.insert(status, success(route, described));
    for (status, messages) in refusals(route, described) {
        responses.insert(status.to_string(), refusal(status, &messages));
    }
    Value::Object(responses)
}

fn success(route: &Route, described: &Description) -> Value {
    let mut headers = json!({
        "X-Request-Id": { "$ref": "#/components/headers/RequestId" },
        "X-RateLimit-Limit": { "$ref": "#/components/headers/RateLimit" },
        "X-RateLimit-Remaining": { "$ref": "#/components/headers/RateLimitRemaining" },
        "X-RateLimit-Reset": { "$ref": "#/components/headers/RateLimitReset" },
    });
    if route.needs_key {
        headers["Idempotent-Replayed"] = json!({ "$ref": "#/components/headers/Replayed" });
    }
    json!({
        "description": described.message,
        "headers": headers,
        "content": { "application/json": { "schema": {
            "type": "object",
            "required": ["status", "message", "data"],
            "properties": {
                "status": { "const": "success" },
                "message": { "const": described.message },
                "data": described.data,
            },
        } } },
    })
}

/// The messages of each status.
fn refusals(route: &Route, described: &Description) -> BTreeMap<u16, Vec<String>> {
    let with_key = WITH_KEY.iter().filter(|_| route.needs_key);
    let with_body = WITH_BODY.iter().filter(|_| described.body.is_some());
    let all = ALWAYS.iter().chain(with_key).chain(with_body);
    let mut refusals = BTreeMap::<_, Vec<String>>::new();
    for (status, message) in all.chain(described.refusals) {
        let messages = refusals.entry(*status).or_default();
        if !messages.iter().any(|known| known == message) {
            messages.push((*message).to_owned());
        }
    }
    if !route.scopes.is_empty() {
        let scopes: Vec<_> = route.scopes.iter().map(|scope| scope.as_str()).collect();
        let missing = format!("Missing required scopes: {}", scopes.join(", "));
        refusals.entry(403).or_default().push(missing);
    }
    refusals
}

fn refusal(status: u16, messages: &[String]) -> Value {
    let schema = match status {
        422 => "ValidationError",
        _ => "Error",
    };
    let examples: Map<_, _> = messages
        .iter()
        .map(|message| {
            let mut body = json!({ "status": "error", "message": message });
            if message == "Validation failed" {
                body["errors"] = json!({ "field": "what is wrong with it" });
            }
            (message.clone(), json!({ "value": body }))
        })
        .collect();
    json!({
        "description": messages.join("; "),
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
        "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") },
            "examples": examples,
        } },
    })
}

pub(super) fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The name of the request in our log.",
            "required": true,
            "schema": { "type": "string" },
        },
        "RateLimit": {
            "description": "How many requests of this kind, to read or to write, the key may send at once; absent without \
                a limit.",
            "schema": { "type": "integer", "minimum": 1 },
        },
        "RateLimitRemaining": {
            "description": "How many of them are left.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "RateLimitReset": {
            "description": "In how many seconds all of them are there again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "Replayed": {
            "description": "That this is the answer of an earlier request under the same key: `true`, or `mismatch` where \
                that one had another body.",
            "schema": { "enum": ["true", "mismatch"] },
        },
    })
}

pub(super) fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "Your name for this attempt: new for every new request, the same whenever you repeat one.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": IdempotencyPolicy::of(Contract::Treasury).longest,
            },
        },
        "RequestId": {
            "name": "X-Request-Id",
            "in": "header",
            "description": "Your name for the request, 1 to 128 visible ASCII characters; it is repeated in the answer.",
            "schema": { "type": "string", "maxLength": 128 },
        },
    })
}

/// The schemas of errors.
pub(super) fn schemas() -> Map<String, Value> {
    let error = json!({
        "type": "object",
        "required": ["status", "message"],
        "properties": {
            "status": { "const": "error" },
            "message": { "type": "string" },
        },
    });
    let mut validation = error.clone();
    validation["properties"]["errors"] = json!({
        "type": "object",
        "description": "What is wrong with each field.",
        "additionalProperties": { "type": "string" },
    });
    Map::from_iter([
        ("Error".to_owned(), error),
        ("ValidationError".to_owned(), validation),
    ])
}
