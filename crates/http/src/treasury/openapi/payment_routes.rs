//! Payment routes, and what is served.

use serde_json::{Map, Value, json};
use vouch_domain::payment_route::RouteStatus;

use super::{Description, shared::customer_filter};

pub(super) const TAG: &str = "Payment routes";

pub(super) fn tag() -> Value {
    json!({
        "name": TAG,
        "description": "Addresses on one chain whose deposits are passed on to an address on another.",
    })
}

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listPaymentRoutes",
        tag: TAG,
        summary: "List payment routes",
        description: "The newest 200 payment routes, archived ones included, newest first; `total` counts all.",
        parameters: vec![customer_filter()],
        body: None,
        status: 200,
        message: "Payment routes fetched",
        data: json!({
            "type": "object",
            "required": ["routes", "total"],
            "properties": {
                "routes": { "type": "array", "items": reference() },
                "total": { "type": "integer", "minimum": 0 },
            },
        }),
        refusals: &[(422, "Validation failed")],
    }
}

pub(in crate::treasury) fn create() -> Description {
    Description {
        id: "createPaymentRoute",
        tag: TAG,
        summary: "Create a payment route",
        description: "Opens an address that takes deposits, and passes them on. Without `customerId` the route is the \
            primary customer's. A token goes by its symbol or by its contract. Unknown fields are ignored.",
        parameters: Vec::new(),
        body: Some(json!({ "$ref": "#/components/schemas/NewPaymentRoute" })),
        status: 201,
        message: "Payment route created",
        data: reference(),
        refusals: &[
            (404, "Customer not found"),
            (422, "Corridor 137/42 is not supported"),
            (422, "Currency EURC is not supported on chain 137"),
            (503, NO_PROVIDER),
        ],
    }
}

pub(in crate::treasury) fn retrieve() -> Description {
    Description {
        id: "getPaymentRoute",
        tag: TAG,
        summary: "Get a payment route",
        description: "One payment route of the organisation in this env.",
        parameters: vec![id()],
        body: None,
        status: 200,
        message: "Payment route fetched",
        data: reference(),
        refusals: &[NOT_FOUND],
    }
}

pub(in crate::treasury) fn archive() -> Description {
    Description {
        id: "archivePaymentRoute",
        summary: "Archive a payment route",
        description: "Ends a payment route for good. It takes nothing more and stays listed; deposits that wait at it are \
            passed on.",
        message: "Payment route archived",
        refusals: &[NOT_FOUND, (409, "Payment route is already archived")],
        ..retrieve()
    }
}

pub(in crate::treasury) fn pause() -> Description {
    Description {
        id: "pausePaymentRoute",
        summary: "Pause a payment route",
        description: "Its deposits are recorded and wait until it is active again.",
        message: "Payment route paused",
        refusals: &[
            NOT_FOUND,
            (409, "Payment route is already paused"),
            (409, "Payment route is already archived"),
        ],
        ..retrieve()
    }
}

pub(in crate::treasury) fn activate() -> Description {
    Description {
        id: "activatePaymentRoute",
        summary: "Activate a payment route",
        description: "Passes deposits on again, those included that have waited.",
        message: "Payment route activated",
        refusals: &[
            NOT_FOUND,
            (409, "Payment route is already active"),
            (409, "Payment route is already archived"),
        ],
        ..retrieve()
    }
}

pub(in crate::treasury) fn chains() -> Description {
    Description {
        id: "listChains",
        tag: TAG,
        summary: "List chains",
        description: "The blockchains that are served.",
        parameters: Vec::new(),
        body: None,
        status: 200,
        message: "Supported chains fetched",
        data: json!({ "type": "array", "items": {
            "type": "object",
            "required": ["chainId", "name", "displayName", "vmType"],
            "properties": {
                "chainId": chain_id(),
                "name": { "type": "string" },
                "displayName": { "type": "string" },
                "vmType": { "enum": ["svm", "evm"] },
            },
        } }),
        refusals: &[(503, NO_PROVIDER)],
    }
}

pub(in crate::treasury) fn corridors() -> Description {
    Description {
        id: "listCorridors",
        summary: "List corridors",
        description: "Which chains are joined, and the usual token of each.",
        message: "Recommended corridors fetched",
        data: json!({
            "type": "object",
            "required": ["settlements", "corridors"],
            "properties": {
                "settlements": { "type": "array", "items": {
                    "type": "object",
                    "required": ["chainId", "symbol", "address"],
                    "properties": {
                        "chainId": chain_id(),
                        "symbol": { "type": "string" },
                        "address": { "type": "string" },
                    },
                } },
                "corridors": { "type": "array", "items": {
                    "type": "object",
                    "required": ["originChainId", "destinationChainId", "label"],
                    "properties": {
                        "originChainId": chain_id(),
                        "destinationChainId": chain_id(),
                        "label": { "type": "string", "examples": ["Solana → Polygon"] },
                    },
                } },
            },
        }),
        ..chains()
    }
}

pub(in crate::treasury) fn currencies() -> Description {
    Description {
        id: "listRouteCurrencies",
        summary: "List the currencies of chains",
        description: "The tokens that are served on each chain, the usual one first.",
        message: "Currency config fetched",
        data: json!({
            "type": "object",
            "required": ["settlements"],
            "properties": { "settlements": { "type": "array", "items": {
                "type": "object",
                "required": ["chainId", "currencies"],
                "properties": {
                    "chainId": chain_id(),
                    "currencies": { "type": "array", "items": { "$ref": "#/components/schemas/Token" } },
                },
            } } },
        }),
        ..chains()
    }
}

pub(super) const NOT_FOUND: (u16, &str) = (404, "Payment route not found");
pub(super) const NO_PROVIDER: &str = "No liquidity provider is configured for live";

/// The id in the path.
pub(super) fn id() -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "schema": { "type": "string", "format": "uuid" },
    })
}

pub(super) fn chain_id() -> Value {
    json!({ "type": "integer", "minimum": 1, "examples": [137] })
}

fn reference() -> Value {
    json!({ "$ref": "#/components/schemas/PaymentRoute" })
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("PaymentRoute".to_owned(), payment_route()),
        ("NewPaymentRoute".to_owned(), new_payment_route()),
        ("Token".to_owned(), token()),
    ])
}

fn payment_route() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "status", "customerId", "customerName", "origin", "destination", "refundTo",
            "depositAddress", "relayRequestId", "strict", "createdAt", "updatedAt"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "name": { "type": "string" },
            "status": { "enum": RouteStatus::ALL.map(RouteStatus::as_str) },
            "customerId": { "type": "string", "format": "uuid" },
            "customerName": { "type": "string" },
            "origin": {
                "type": "object",
                "required": ["chainId", "chainName", "currency", "symbol", "acceptableTokens"],
                "properties": {
                    "chainId": chain_id(),
                    "chainName": { "type": "string" },
                    "currency": { "type": "string", "description": "The token's contract." },
                    "symbol": { "type": "string" },
                    "acceptableTokens": { "type": "array", "items": { "$ref": "#/components/schemas/Token" } },
                },
            },
            "destination": {
                "type": "object",
                "required": ["chainId", "chainName", "currency", "symbol", "address"],
                "properties": {
                    "chainId": chain_id(),
                    "chainName": { "type": "string" },
                    "currency": { "type": "string", "description": "The token's contract." },
                    "symbol": { "type": "string" },
                    "address": { "type": "string", "description": "Who is paid." },
                },
            },
            "refundTo": { "type": ["string", "null"] },
            "depositAddress": { "type": "string" },
            "relayRequestId": { "type": ["string", "null"] },
            "strict": { "type": "boolean", "description": "Whether only the named token is taken." },
            "createdAt": { "type": "string", "format": "date-time" },
            "updatedAt": { "type": "string", "format": "date-time" },
        },
    })
}

fn new_payment_route() -> Value {
    let address = json!({ "type": "string", "minLength": 8, "maxLength": 128 });
    let token = json!({ "type": "string", "minLength": 4, "maxLength": 128 });
    json!({
        "type": "object",
        "required": ["name", "originChainId", "destinationChainId", "destinationCurrency", "destinationAddress"],
        "properties": {
            "name": { "type": "string", "description": "2 to 80 characters, spaces around it not counted." },
            "originChainId": chain_id(),
            "originCurrency": token,
            "destinationChainId": chain_id(),
            "destinationCurrency": token,
            "destinationAddress": address,
            "refundTo": address,
            "strict": { "type": "boolean", "default": false },
            "customerId": { "type": "string", "format": "uuid" },
        },
        "examples": [{
            "name": "Rent",
            "originChainId": 792_703_809,
            "destinationChainId": 137,
            "destinationCurrency": "USDC",
            "destinationAddress": "0x71C7656EC7ab88b098defB751B7401B5f6d8976F",
        }],
    })
}

fn token() -> Value {
    json!({
        "type": "object",
        "required": ["symbol", "address"],
        "properties": { "symbol": { "type": "string" }, "address": { "type": "string" } },
    })
}
