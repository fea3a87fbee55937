//! Swaps.

use serde_json::{Map, Value, json};
use vouch_domain::swap::SwapStatus;

use super::Description;

const TAG: &str = "Swaps";

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "So much of one currency, deposited at an address, is paid out as another." })
}

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listSwaps",
        tag: TAG,
        summary: "List swaps",
        description: "The 50 newest swaps of the organisation in this env, newest first; `total` counts all.",
        parameters: vec![json!({
            "name": "customerId",
            "in": "query",
            "description": "Only swaps of this customer; none when there is no such customer.",
            "schema": { "type": "string", "format": "uuid" },
        })],
        body: None,
        status: 200,
        message: "Swaps fetched",
        data: json!({
            "type": "object",
            "required": ["swaps", "total"],
            "properties": {
                "swaps": { "type": "array", "items": reference() },
                "total": { "type": "integer", "minimum": 0 },
            },
        }),
        refusals: &[(422, "Validation failed")],
    }
}

pub(in crate::treasury) fn create() -> Description {
    Description {
        id: "createSwap",
        tag: TAG,
        summary: "Create a swap",
        description: "Opens a swap and answers with the address to deposit to. It expires when no deposit arrives within 30 \
            minutes. Without `customerId` it belongs to the primary customer.",
        parameters: Vec::new(),
        body: Some(json!({ "$ref": "#/components/schemas/NewSwap" })),
        status: 201,
        message: "Swap created. Deposit to the address provided.",
        data: reference(),
        refusals: &[
            (404, "Customer not found"),
            (422, "Swap pair USDC/XYZ is not supported"),
            (
                503,
                "Rate for USDC/EURC is not available yet. Try again shortly.",
            ),
            (503, "No liquidity provider is configured for live"),
        ],
    }
}

pub(in crate::treasury) fn retrieve() -> Description {
    Description {
        id: "getSwap",
        tag: TAG,
        summary: "Get a swap",
        description: "One swap of the organisation in this env.",
        parameters: vec![id()],
        body: None,
        status: 200,
        message: "Swap fetched",
        data: reference(),
        refusals: &[(404, "Swap not found")],
    }
}

pub(in crate::treasury) fn cancel() -> Description {
    Description {
        id: "cancelSwap",
        tag: TAG,
        summary: "Cancel a swap",
        description: "Only while it waits for its deposit. The request has no body.",
        parameters: vec![id()],
        body: None,
        status: 200,
        message: "Swap cancelled",
        data: reference(),
        refusals: &[
            (404, "Swap not found"),
            (409, "Only pending swaps can be cancelled"),
            (503, "No liquidity provider is configured for live"),
        ],
    }
}

fn id() -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "schema": { "type": "string", "format": "uuid" },
    })
}

pub(super) fn reference() -> Value {
    json!({ "$ref": "#/components/schemas/Swap" })
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("Swap".to_owned(), swap()),
        ("NewSwap".to_owned(), new_swap()),
    ])
}

fn swap() -> Value {
    let properties = json!({
        "id": { "type": "string", "format": "uuid" },
        "customerId": { "type": "string", "format": "uuid" },
        "customerName": { "type": "string" },
        "status": { "enum": SwapStatus::ALL.map(SwapStatus::as_str) },
        "from": { "type": "string" },
        "to": { "type": "string" },
        "amount": { "type": "number" },
        "expectedAmount": units("What is to be deposited, in atomic units: millionths."),
        "receivedAmount": maybe_units("What was deposited."),
        "outputAmount": maybe_units("What was paid out."),
        "rate": { "type": ["number", "null"] },
        "feeBps": { "type": "integer", "description": "Contained in the rate; not deducted." },
        "depositAddress": { "type": "string", "description": "The account that takes the deposit." },
        "depositWallet": { "type": "string", "description": "The wallet that owns it." },
        "destinationAddress": { "type": "string" },
        "swapTxSignature": { "type": ["string", "null"] },
        "payoutTxSignature": { "type": ["string", "null"] },
        "errorMessage": { "type": ["string", "null"] },
        "expiresAt": time(),
        "completedAt": { "type": ["string", "null"], "format": "date-time" },
        "createdAt": time(),
        "updatedAt": time(),
        "expectedOutput": { "type": ["number", "null"], "description": "`amount` at the rate, rounded down to 6 decimals." },
        "receivedOutput": { "type": ["number", "null"], "description": "What was paid out." },
    });
    let names: Vec<_> = properties
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn units(description: &str) -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+$", "description": description })
}

fn maybe_units(description: &str) -> Value {
    json!({ "type": ["string", "null"], "pattern": "^[0-9]+$", "description": description })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn new_swap() -> Value {
    json!({
        "type": "object",
        "required": ["from", "to", "amount", "destinationAddress"],
        "properties": {
            "from": { "type": "string", "minLength": 2, "maxLength": 10 },
            "to": { "type": "string", "minLength": 2, "maxLength": 10 },
            "amount": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1_000_000_000,
                "description": "At most 6 decimals, taken exactly as written.",
            },
            "destinationAddress": {
                "type": "string",
                "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,64}$",
                "description": "Who is paid.",
            },
            "customerId": { "type": "string", "format": "uuid" },
        },
        "examples": [{
            "from": "USDC",
            "to": "EURC",
            "amount": 100.5,
            "destinationAddress": "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
        }],
    })
}
