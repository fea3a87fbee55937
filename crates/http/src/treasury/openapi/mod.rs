//! The OpenAPI 3.1 document of the Treasury API, made from the route table. What an operation takes and answers stands in
//! the file of its subject; what the table knows (scopes, keys) and what every operation has in common is added here.

pub(super) mod customers;
pub(super) mod deposits;
pub(super) mod payment_routes;
pub(super) mod rates;
pub(super) mod sandbox;
mod shared;
pub(super) mod swaps;
pub(super) mod transactions;

use serde_json::{Map, Value, json};

use super::routes::{Route, SUBJECTS};
use crate::routes::BASES;

const DESCRIPTION: &str = "\
Customers as payers and beneficiaries, swaps, payment routes and the ledger of both, for organisations that move their own \
and their counterparties' money.

**Credentials.** `Authorization: Bearer rmf_test_…` or `rmf_live_…`. The key selects the organisation and the env; test and \
live data never meet. A key may do what its scopes say; to write is not to read.

**Answers.** A success is `{\"status\":\"success\",\"message\":…,\"data\":…}`, an error `{\"status\":\"error\",\"message\":…}`, \
with one message per field in `errors` where fields are wrong. `X-Request-Id` finds the request in our log.

**Idempotency.** Every request that changes something needs an `Idempotency-Key`. Repeat it as often as you like: the \
first success is answered again, unchanged, with `Idempotent-Replayed: true`. The body is not part of a key's identity: \
another body under the same key gets the first answer too, with `Idempotent-Replayed: mismatch`.";

/// What a subject's file says of an operation.
pub(crate) struct Description {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// Parameters of path and query.
    pub(super) parameters: Vec<Value>,
    /// The schema of the body, where the operation reads one.
    pub(super) body: Option<Value>,
    /// The status of its success.
    pub(super) status: u16,
    /// The message of its success.
    pub(super) message: &'static str,
    /// The schema of `data`.
    pub(super) data: Value,
    /// What can go wrong beside what always can: status and message.
    pub(super) refusals: &'static [(u16, &'static str)],
}

/// The OpenAPI 3.1 document of the Treasury API: pretty JSON, the same bytes every time.
#[must_use]
pub fn openapi_treasury() -> String {
    format!("{:#}\n", document())
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouch Treasury API",
            "version": "1",
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": BASES.map(|base| json!({ "url": base })),
        "tags": [
            customers::tag(), swaps::tag(), payment_routes::tag(), transactions::tag(), rates::tag(), sandbox::tag(),
        ],
        "paths": paths(),
        "components": {
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `rmf_test_` or `rmf_live_` and 32 letters and digits. An operation names \
                        the scopes that it needs.",
                },
            },
            "headers": shared::headers(),
            "parameters": shared::parameters(),
            "schemas": schemas(),
        },
    })
}

fn schemas() -> Value {
    let subjects = [
        shared::schemas(),
        customers::schemas(),
        swaps::schemas(),
        payment_routes::schemas(),
        deposits::schemas(),
        transactions::schemas(),
        rates::schemas(),
        sandbox::schemas(),
    ];
    Value::Object(subjects.into_iter().flatten().collect())
}

fn paths() -> Value {
    let mut paths = Map::new();
    for route in SUBJECTS.into_iter().flatten() {
        let methods = paths
            .entry(route.path)
            .or_insert_with(|| Value::Object(Map::new()));
        methods[route.method.as_str().to_lowercase()] = operation(route);
    }
    Value::Object(paths)
}

fn operation(route: &Route) -> Value {
    let described = (route.describe)();
    let mut operation = json!({
        "tags": [described.tag],
        "operationId": described.id,
        "summary": described.summary,
        "description": described.description,
        "security": [{ "api_key": route.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>() }],
        "parameters": shared::all_parameters(route, &described.parameters),
        "responses": shared::responses(route, &described),
    });
    if let Some(schema) = described.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema } },
        });
    }
    operation
}
