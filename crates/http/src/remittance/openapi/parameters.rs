//! Parameters of paths and queries, and request headers.

use serde_json::{Value, json};
use vouch_domain::{
    access::Contract, customer::Status, event::EventType, idempotency::IdempotencyPolicy,
    ports::SearchText,
};

use super::{examples, money, schemas::words};
use crate::remittance::parameters::{DEFAULT_LIMIT, MAX_LIMIT};

/// A shared parameter: of a path or a query, or a header.
pub(super) fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// `components.parameters`
pub(super) fn components() -> Value {
    let mut components = general();
    for (name, parameter) in money::parameters() {
        components[name] = parameter;
    }
    components
}

fn general() -> Value {
    json!({
        "CustomerHandle": {
            "name": "id",
            "in": "path",
            "required": true,
            "description": "The customer's `id` or its `customer_reference`, percent-encoded.",
            "schema": { "type": "string", "minLength": 1 },
            "examples": {
                "id": { "value": examples::CUSTOMER_ID },
                "customer_reference": { "value": examples::REFERENCE },
            },
        },
        "CustomerOfEvents": {
            "name": "customer_id",
            "in": "query",
            "required": true,
            "description": "Whose events: the customer's `id` or its `customer_reference`.",
            "schema": { "type": "string", "minLength": 1 },
            "example": examples::CUSTOMER_ID,
        },
        "CustomerCursor": cursor(
            "Only customers older than this one: the last one's `id` or `customer_reference`.",
            examples::CUSTOMER_ID,
        ),
        "EventCursor": cursor("Only events after this one: the last one's `id`.", examples::EVENT_ID),
        "Limit": {
            "name": "limit",
            "in": "query",
            "description": "The most entries of a page.",
            "schema": { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT },
        },
        "Status": {
            "name": "status",
            "in": "query",
            "description": "Only customers in this status.",
            "schema": words(&Status::ALL.map(Status::as_str)),
        },
        "Search": {
            "name": "q",
            "in": "query",
            "description": "Only customers whose `customer_reference`, `interac_email` or name (first and last, or the \
                business's) contains this text, in upper or lower case. No character is a wildcard.",
            "schema": { "type": "string", "minLength": 1, "maxLength": SearchText::MAX_LENGTH },
            "example": "pouch",
        },
        "EventType": {
            "name": "type",
            "in": "query",
            "description": "Only events of this type.",
            "schema": words(&EventType::ALL.map(EventType::as_str)),
        },
        "IdempotencyKey": idempotency_key(true),
        "OptionalIdempotencyKey": idempotency_key(false),
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` of the version that you have seen, or several, or `*`. Any other version is \
                `version_conflict`.",
            "schema": { "type": "string" },
            "example": "\"1\"",
        },
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of the version that you have, or several, or `*`.",
            "schema": { "type": "string" },
            "example": "\"1\"",
        },
        "RequestId": {
            "name": "X-Request-Id",
            "in": "header",
            "description": "Your name for this request: visible ASCII. Anything else is replaced by a name of ours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
        },
    })
}

pub(super) fn cursor(description: &str, example: &str) -> Value {
    json!({
        "name": "starting_after",
        "in": "query",
        "description": description,
        "schema": { "type": "string", "minLength": 1 },
        "example": example,
    })
}

fn idempotency_key(required: bool) -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": "Your name for what is to happen once: visible ASCII. Only successes are bound to it.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": IdempotencyPolicy::of(Contract::Remittance).longest,
            "pattern": "^[!-~]+$",
        },
        "example": "8f14e45f-ceea-467f-a8d5-91c8d2c6a1b3",
    })
}
