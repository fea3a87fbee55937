//! The sandbox.

use serde_json::{Map, Value, json};
use vouch_domain::simulation::Outcome;

use super::{Description, swaps};

const TAG: &str = "Sandbox";

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "What only test keys can do: have deposits arrive." })
}

pub(in crate::treasury) fn status() -> Description {
    Description {
        id: "getSandboxStatus",
        tag: TAG,
        summary: "Get the sandbox's status",
        description: "Whether deposits can be simulated, and when swaps settle by themselves; 0: they do not.",
        parameters: Vec::new(),
        body: None,
        status: 200,
        message: "Sandbox status fetched",
        data: json!({
            "type": "object",
            "required": ["simulationEnabled", "autoSettleMs", "environment"],
            "properties": {
                "simulationEnabled": { "type": "boolean" },
                "autoSettleMs": { "type": "integer", "minimum": 0 },
                "environment": { "enum": ["test", "live"] },
            },
        }),
        refusals: &[],
    }
}

pub(in crate::treasury) fn simulate() -> Description {
    Description {
        id: "simulate",
        tag: TAG,
        summary: "Simulate a deposit",
        description: "Has the deposit of a swap arrive, and follows the swap to its end; or has a new deposit arrive at a \
            payment route. Needs a key with a write scope, and no idempotency key: repeated for a swap it changes nothing.",
        parameters: Vec::new(),
        body: Some(json!({ "$ref": "#/components/schemas/Simulation" })),
        status: 200,
        message: "Simulation applied",
        data: json!({ "oneOf": [swaps::reference(), { "$ref": "#/components/schemas/Deposit" }] }),
        refusals: &[
            (403, "Missing required scopes: transfers:write"),
            (403, "Sandbox is available to test keys only"),
            (404, "Simulated request not found"),
            (409, "Payment route is already archived"),
        ],
    }
}

pub(super) fn schemas() -> Map<String, Value> {
    let simulation = json!({
        "type": "object",
        "required": ["provider", "id"],
        "properties": {
            "provider": { "const": "relay" },
            "id": { "type": "string", "format": "uuid" },
            "status": { "enum": Outcome::ALL.map(Outcome::as_str), "default": Outcome::Completed.as_str() },
            "amount": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1_000_000_000,
                "description": "What is deposited; by default what a swap expects, and 100 at a payment route.",
            },
        },
    });
    Map::from_iter([("Simulation".to_owned(), simulation)])
}
