//! Customers.

use serde_json::{Map, Value, json};
use vouch_domain::values::{CustomerType, TreasuryEmail};

use super::Description;

const TAG: &str = "Customers";

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Payers and beneficiaries, and the organisation itself as its primary customer." })
}

pub(in crate::treasury) fn list() -> Description {
    Description {
        id: "listCustomers",
        tag: TAG,
        summary: "List customers",
        description: "The customers of the organisation in this env, its primary customer included, newest first. Without \
            `limit` all of them, as a stream whose `total` comes last.",
        parameters: vec![
            json!({
                "name": "limit",
                "in": "query",
                "description": "At most so many; `total` counts all of them nevertheless.",
                "schema": { "type": "integer", "minimum": 1, "maximum": 1000 },
            }),
            json!({
                "name": "startingAfter",
                "in": "query",
                "description": "Only customers older than the one with this id; none when there is no such customer.",
                "schema": { "type": "string", "format": "uuid" },
            }),
        ],
        body: None,
        status: 200,
        message: "Customers fetched",
        data: json!({
            "type": "object",
            "required": ["customers", "total"],
            "properties": {
                "customers": { "type": "array", "items": reference() },
                "total": { "type": "integer", "minimum": 0 },
            },
        }),
        refusals: &[(422, "Validation failed")],
    }
}

pub(in crate::treasury) fn create() -> Description {
    Description {
        id: "createCustomer",
        tag: TAG,
        summary: "Create a customer",
        description: "A payer or a beneficiary. It has no KYC identity, and nobody verifies it. E-mails may be used more than \
            once. Unknown fields are ignored.",
        parameters: Vec::new(),
        body: Some(json!({ "$ref": "#/components/schemas/NewCustomer" })),
        status: 201,
        message: "Customer created",
        data: reference(),
        refusals: &[],
    }
}

pub(in crate::treasury) fn retrieve() -> Description {
    Description {
        id: "getCustomer",
        tag: TAG,
        summary: "Get a customer",
        description: "One customer of the organisation in this env.",
        parameters: vec![json!({
            "name": "id",
            "in": "path",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        })],
        body: None,
        status: 200,
        message: "Customer fetched",
        data: reference(),
        refusals: &[(404, "Customer not found")],
    }
}

fn reference() -> Value {
    json!({ "$ref": "#/components/schemas/Customer" })
}

pub(super) fn schemas() -> Map<String, Value> {
    let types = CustomerType::ALL.map(CustomerType::as_str);
    let customer = json!({
        "type": "object",
        "required": ["id", "name", "email", "type", "isPrimary", "createdAt"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "name": { "type": "string" },
            "email": { "type": "string", "format": "email" },
            "type": { "enum": types },
            "isPrimary": { "type": "boolean", "description": "Whether it is the organisation itself." },
            "createdAt": { "type": "string", "format": "date-time", "examples": ["2026-06-01T00:00:00.000Z"] },
        },
    });
    let new_customer = json!({
        "type": "object",
        "required": ["name", "email"],
        "properties": {
            "name": {
                "type": "string",
                "description": "2 to 120 characters, white space around it not counted.",
            },
            "email": { "type": "string", "format": "email", "maxLength": TreasuryEmail::MAX_LENGTH },
            "type": { "enum": types, "default": CustomerType::Individual.as_str() },
        },
        "examples": [{ "name": "Acme Trading", "email": "accounts@acme.example", "type": "business" }],
    });
    Map::from_iter([
        ("Customer".to_owned(), customer),
        ("NewCustomer".to_owned(), new_customer),
    ])
}
