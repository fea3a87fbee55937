//! Deposits of payment routes.

use serde_json::{Map, Value, json};
use vouch_domain::payment_route::DepositStatus;

use super::{
    Description,
    payment_routes::{NO_PROVIDER, NOT_FOUND, TAG, chain_id, id},
    shared::customer_filter,
};

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listDeposits",
        tag: TAG,
        summary: "List the deposits of all payment routes",
        description: "The newest 200 deposits, newest first; `total` counts all.",
        parameters: vec![customer_filter()],
        body: None,
        status: 200,
        message: "Payment route deposits fetched",
        data: json!({
            "type": "object",
            "required": ["deposits", "total"],
            "properties": {
                "deposits": { "type": "array", "items": { "$ref": "#/components/schemas/Deposit" } },
                "total": { "type": "integer", "minimum": 0 },
            },
        }),
        refusals: &[(422, "Validation failed")],
    }
}

pub(in crate::treasury) fn list_of_route() -> Description {
    Description {
        id: "listDepositsOfPaymentRoute",
        summary: "List the deposits of a payment route",
        parameters: vec![id()],
        refusals: &[NOT_FOUND],
        ..list()
    }
}

pub(in crate::treasury) fn sync() -> Description {
    Description {
        id: "syncDeposits",
        summary: "Sync the deposits of a payment route",
        description: "Asks the provider what has become of the route's deposits, instead of waiting until we do.",
        parameters: vec![id()],
        message: "Payment route deposits synced",
        data: json!({
            "type": "object",
            "required": ["synced", "routeId"],
            "properties": {
                "synced": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "How many deposits were new or have ended.",
                },
                "routeId": { "type": "string", "format": "uuid" },
            },
        }),
        refusals: &[NOT_FOUND, (503, NO_PROVIDER)],
        ..list()
    }
}

pub(super) fn schemas() -> Map<String, Value> {
    let sum = json!({ "type": "string", "description": "A decimal of whole units.", "examples": ["12.5"] });
    let hashes = json!({ "type": "array", "items": { "type": "string" } });
    let end = json!({
        "type": "object",
        "required": ["chainId", "symbol"],
        "properties": { "chainId": chain_id(), "symbol": { "type": "string" } },
    });
    let deposit = json!({
        "type": "object",
        "required": ["id", "paymentRouteId", "routeName", "relayRequestId", "status", "origin", "destination",
            "amountIn", "amountInUsd", "amountOut", "amountOutUsd", "depositTxHash", "inTxHashes", "outTxHashes",
            "failReason", "relayUpdatedAt", "createdAt"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "paymentRouteId": { "type": "string", "format": "uuid" },
            "routeName": { "type": "string" },
            "relayRequestId": { "type": "string" },
            "status": { "enum": DepositStatus::ALL.map(DepositStatus::as_str) },
            "origin": end,
            "destination": end,
            "amountIn": sum,
            "amountInUsd": sum,
            "amountOut": sum,
            "amountOutUsd": sum,
            "depositTxHash": { "type": "string" },
            "inTxHashes": hashes,
            "outTxHashes": hashes,
            "failReason": { "type": ["string", "null"] },
            "relayUpdatedAt": { "type": "string", "format": "date-time" },
            "createdAt": { "type": "string", "format": "date-time" },
        },
    });
    Map::from_iter([("Deposit".to_owned(), deposit)])
}
