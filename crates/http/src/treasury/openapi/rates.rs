//! Rates.

use serde_json::{Map, Value, json};

use super::Description;

const TAG: &str = "Rates";
const NO_PROVIDER: (u16, &str) = (503, "No liquidity provider is configured for live");

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "What currencies trade at." })
}

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listRates",
        tag: TAG,
        summary: "List rates",
        description: "The rate of every pair that is traded.",
        parameters: Vec::new(),
        body: None,
        status: 200,
        message: "Rates fetched",
        data: json!({
            "type": "object",
            "required": ["chain", "updatedAt", "refreshing", "rates"],
            "properties": {
                "chain": { "type": "string" },
                "updatedAt": { "type": ["string", "null"], "format": "date-time" },
                "refreshing": { "type": "boolean" },
                "rates": { "type": "array", "items": reference() },
            },
        }),
        refusals: &[NO_PROVIDER],
    }
}

pub(in crate::treasury) fn currencies() -> Description {
    let pair = json!({
        "type": "object",
        "required": ["from", "to"],
        "properties": { "from": { "type": "string" }, "to": { "type": "string" } },
    });
    let currency = json!({
        "type": "object",
        "required": ["code", "mint", "decimals"],
        "properties": {
            "code": { "type": "string" },
            "mint": { "type": "string" },
            "decimals": { "type": "integer" },
        },
    });
    Description {
        id: "listCurrencies",
        tag: TAG,
        summary: "List currencies",
        description: "The currencies, and which of them are swapped for which.",
        parameters: Vec::new(),
        body: None,
        status: 200,
        message: "Currencies fetched",
        data: json!({
            "type": "object",
            "required": ["chain", "currencies", "pairs"],
            "properties": {
                "chain": { "type": "string" },
                "currencies": { "type": "array", "items": currency },
                "pairs": { "type": "array", "items": pair },
            },
        }),
        refusals: &[NO_PROVIDER],
    }
}

pub(in crate::treasury) fn retrieve() -> Description {
    let code = |name: &str| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": { "type": "string" },
        })
    };
    Description {
        id: "getRate",
        tag: TAG,
        summary: "Get a rate",
        description: "The rate of one pair.",
        parameters: vec![code("from"), code("to")],
        body: None,
        status: 200,
        message: "Rate fetched",
        data: reference(),
        refusals: &[
            (422, "Swap pair USDC/XYZ is not supported"),
            (
                503,
                "Rate for USDC/EURC is not available yet. Try again shortly.",
            ),
            NO_PROVIDER,
        ],
    }
}

fn reference() -> Value {
    json!({ "$ref": "#/components/schemas/Rate" })
}

pub(super) fn schemas() -> Map<String, Value> {
    let properties = json!({
        "from": { "type": "string" },
        "to": { "type": "string" },
        "rate": { "type": "number" },
        "inverseRate": { "type": "number" },
        "inAmount": { "type": "string", "pattern": "^[0-9]+$" },
        "outAmount": { "type": "string", "pattern": "^[0-9]+$" },
        "priceImpactPct": { "type": "string" },
        "slippageBps": { "type": "integer" },
        "inputMint": { "type": "string" },
        "outputMint": { "type": "string" },
        "fetchedAt": { "type": "string", "format": "date-time" },
    });
    let names: Vec<_> = properties
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let rate = json!({ "type": "object", "required": names, "properties": properties });
    Map::from_iter([("Rate".to_owned(), rate)])
}
