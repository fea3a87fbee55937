//! The ledger.

use serde_json::{Map, Value, json};
use vouch_domain::{payment_route::DepositStatus, swap::SwapStatus};

use super::{Description, payment_routes::chain_id, shared::customer_filter};

const TAG: &str = "Transactions";

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Swaps and deposits of payment routes in one ledger." })
}

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listTransactions",
        tag: TAG,
        summary: "List transactions",
        description: "The newest 200 swaps, whatever their state, and deposits of payment routes, merged by time, newest \
            first; `total` counts all.",
        parameters: vec![customer_filter()],
        body: None,
        status: 200,
        message: "Transactions fetched",
        data: json!({
            "type": "object",
            "required": ["transactions", "total"],
            "properties": {
                "transactions": {
                    "type": "array",
                    "items": { "$ref": "#/components/schemas/Transaction" },
                },
                "total": { "type": "integer", "minimum": 0 },
            },
        }),
        refusals: &[(422, "Validation failed")],
    }
}

pub(super) fn schemas() -> Map<String, Value> {
    let transaction = json!({
        "type": "object",
        "required": ["id", "kind", "customerId", "customerName", "status", "destination", "amount", "amountUsd",
            "createdAt", "receipt"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "kind": { "enum": ["swap", "payment_route"] },
            "customerId": { "type": "string", "format": "uuid" },
            "customerName": { "type": "string", "description": "The customer's present name." },
            "status": { "type": "string" },
            "destination": { "type": "string", "examples": ["EURC → <address>", "Polygon · USDC → <address>"] },
            "amount": { "type": "string", "examples": ["100 USDC"] },
            "amountUsd": { "type": ["string", "null"] },
            "createdAt": { "type": "string", "format": "date-time" },
            "receipt": {
                "oneOf": [
                    { "$ref": "#/components/schemas/SwapReceipt" },
                    { "$ref": "#/components/schemas/DepositReceipt" },
                ],
            },
        },
    });
    Map::from_iter([
        ("Transaction".to_owned(), transaction),
        ("SwapReceipt".to_owned(), swap_receipt()),
        ("DepositReceipt".to_owned(), deposit_receipt()),
    ])
}

fn swap_receipt() -> Value {
    json!({
        "type": "object",
        "required": ["type", "swapId", "status"],
        "properties": {
            "type": { "const": "swap" },
            "swapId": { "type": "string", "format": "uuid" },
            "status": { "enum": SwapStatus::ALL.map(SwapStatus::as_str) },
            "swapTxSignature": { "type": "string" },
            "payoutTxSignature": { "type": "string" },
            "errorMessage": { "type": "string" },
        },
    })
}

fn deposit_receipt() -> Value {
    let end = json!({
        "chainId": chain_id(),
        "chainName": { "type": "string" },
        "symbol": { "type": "string" },
        "amount": { "type": "string" },
        "amountUsd": { "type": "string" },
    });
    let mut destination = end.clone();
    destination["address"] = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["type", "depositId", "relayRequestId", "routeId", "routeName", "status", "origin", "destination",
            "depositTxHash"],
        "properties": {
            "type": { "const": "payment_route_deposit" },
            "depositId": { "type": "string", "format": "uuid" },
            "relayRequestId": { "type": "string" },
            "routeId": { "type": "string", "format": "uuid" },
            "routeName": { "type": "string" },
            "status": { "enum": DepositStatus::ALL.map(DepositStatus::as_str) },
            "origin": {
                "type": "object",
                "required": ["chainId", "chainName", "symbol", "amount", "amountUsd"],
                "properties": end,
            },
            "destination": {
                "type": "object",
                "required": ["chainId", "chainName", "symbol", "address", "amount", "amountUsd"],
                "properties": destination,
            },
            "depositTxHash": { "type": "string" },
            "failReason": { "type": "string" },
        },
    })
}
