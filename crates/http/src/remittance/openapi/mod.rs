//! The OpenAPI 3.1 document of the Remittance API, made from the same tables that the routes and the errors come from.
//!
//! Written out as JSON rather than derived: the objects borrow from the domain, and what matters most to a reader (rules,
//! outcomes, headers) is in no Rust type.

mod examples;
mod kyc;
mod money;
mod operations;
mod parameters;
mod responses;
mod schemas;

use serde_json::{Map, Value, json};

use super::routes::ROUTES;
use crate::routes::BASES;

const DESCRIPTION: &str = "\
Customer records, KYC and virtual accounts for remittance companies.

**Credentials.** `Authorization: Bearer sk_test_…` or `sk_live_…`. The key selects the organisation and the `env`; test and \
live data never meet.

**Names of customers.** Wherever a customer is named, in a path or a parameter, its `id` and its `customer_reference` do \
equally well. Percent-encode references in paths.

**Idempotency.** Repeat a request with the same `Idempotency-Key` and body as often as you like: it takes effect once.

**Errors.** Every error has the same envelope, a stable `code`, and the `request_id` that is also in `X-Request-Id`. All \
invalid fields are reported at once in `detail.errors`.";

/// The OpenAPI 3.1 document of the Remittance API: pretty JSON, the same bytes every time.
#[must_use]
pub fn openapi_remittance() -> String {
    format!("{:#}\n", document())
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouch Remittance API",
            "version": "1",
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": BASES.map(|base| json!({ "url": base })),
        "security": [{ "api_key": [] }],
        "tags": [
            { "name": "Customers", "description": "The people and businesses that you move money for." },
            { "name": "KYC", "description": "What they show of themselves, and what becomes of it." },
            { "name": "Virtual accounts", "description": "Bank accounts in their names, to be paid into." },
            { "name": "Payouts", "description": "Money that you send for them." },
            { "name": "Events", "description": "What happened to them, in order." },
        ],
        "paths": paths(),
        "components": {
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `sk_test_` or `sk_live_` and 32 letters and digits.",
                },
            },
            "headers": responses::headers(),
            "parameters": parameters::components(),
            "schemas": schemas::components(),
        },
    })
}

fn paths() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let methods = paths
            .entry(route.path)
            .or_insert_with(|| Value::Object(Map::new()));
        methods[route.method.as_str().to_lowercase()] = operations::describe(route.operation);
    }
    Value::Object(paths)
}
