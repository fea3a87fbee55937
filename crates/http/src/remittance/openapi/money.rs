//! Virtual accounts and payouts.

use serde_json::{Value, json};
use vouch_domain::{
    payout::{PayoutFailure, PayoutStatus},
    tenant::Env,
    values::FiatCurrency,
    virtual_account::AccountStatus,
};

use super::{
    examples,
    operations::{BODY_ERRORS, COMMON_ERRORS, body},
    parameters::{cursor, parameter},
    responses::{self, Success},
    schemas::words,
};
use crate::error::Code;

const ACCOUNT_ID: &str = "ckva_01kf0hv570fp793dtr98h6bcfn";
const PAYOUT_ID: &str = "ckpo_01kf0hv570fwnssx5vk7tbxabk";
const AT: &str = "2026-01-15T10:05:00Z";

pub(super) fn open_virtual_account() -> Value {
    let errors = [
        Code::MissingField,
        Code::UnsupportedCurrency,
        Code::CustomerNotVerified,
        Code::CustomerNotFound,
        Code::IdempotencyConflict,
    ];
    json!({
        "tags": ["Virtual accounts"],
        "operationId": "open_virtual_account",
        "summary": "Open a virtual account",
        "description": "A bank account in the customer's name, to be paid into. The customer has to be `verified`, and has \
            one account for each currency at a time. It is `provisioning` at first; `virtual_account_activated` or \
            `virtual_account_failed` tells how that ends. It fails, too, if the customer is no longer `verified` when it is \
            to be opened. After a failure ask again, with a new key. An account is `closed` when its customer is.",
        "parameters": [parameter("CustomerHandle"), parameter("IdempotencyKey"), parameter("RequestId")],
        "requestBody": body("OpenVirtualAccount", &json!({
            "pounds": { "summary": "An account for pounds", "value": { "currency": "GBP" } },
        })),
        "responses": responses::all(
            &[
                Success::object(201, "The account is new.", "VirtualAccount", &provisioning_account()),
                Success::object(
                    200,
                    "The account was there: asked for by an earlier request with this key, or `provisioning` or `active` in \
                     this currency.",
                    "VirtualAccount",
                    &active_account(),
                )
                .with_headers(&["Idempotent-Replayed"]),
            ],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors],
        ),
    })
}

pub(super) fn list_virtual_accounts() -> Value {
    json!({
        "tags": ["Virtual accounts"],
        "operationId": "list_virtual_accounts",
        "summary": "List the virtual accounts of a customer",
        "description": "Newest first, also those that failed or were closed.",
        "parameters": [
            parameter("CustomerHandle"),
            parameter("Limit"),
            parameter("VirtualAccountCursor"),
            parameter("RequestId"),
        ],
        "responses": responses::all(
            &[Success::object(200, "A page.", "VirtualAccountList", &examples::list(&active_account()))],
            &[&COMMON_ERRORS, &[Code::InvalidField, Code::CustomerNotFound]],
        ),
    })
}

pub(super) fn create_payout() -> Value {
    let errors = [
        Code::MissingField,
        Code::UnsupportedCurrency,
        Code::CustomerNotVerified,
        Code::CustomerNotFound,
        Code::IdempotencyConflict,
        Code::InvalidState,
    ];
    json!({
        "tags": ["Payouts"],
        "operationId": "create_payout",
        "summary": "Create a payout",
        "description": "Sends Canadian dollars by Interac, exactly once, on behalf of a `verified` customer. The payout is \
            `processing` at first; `payout_paid` or `payout_failed` tells how it ends. A `merchant_reference` is used once: \
            repeated for the same payout, however the request spells it, it answers with that payout; for another one it is \
            `invalid_state` with `detail.reason` `merchant_reference_used`. Without `recipient.interac_email` the money goes to the customer's own \
            `interac_email`, while it holds that address.",
        "parameters": [parameter("IdempotencyKey"), parameter("RequestId")],
        "requestBody": body("CreatePayout", &json!({
            "interac": {
                "summary": "12.50 dollars to somebody else",
                "value": {
                    "customer_id": examples::REFERENCE,
                    "currency": "CAD",
                    "amount_minor": "1250",
                    "merchant_reference": "invoice-4711",
                    "recipient": {
                        "interac_email": "grace@example.com",
                        "first_name": "Grace",
                        "last_name": "Hopper",
                    },
                },
            },
        })),
        "responses": responses::all(
            &[
                Success::object(201, "The payout is new.", "Payout", &payout(PayoutStatus::Processing))
                    .with_headers(&["Location"]),
                Success::object(
                    200,
                    "The payout was there: made by an earlier request with this key, or asked for under this \
                     `merchant_reference`.",
                    "Payout",
                    &payout(PayoutStatus::Paid),
                )
                .with_headers(&["Idempotent-Replayed"]),
            ],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors],
        ),
    })
}

pub(super) fn retrieve_payout() -> Value {
    json!({
        "tags": ["Payouts"],
        "operationId": "retrieve_payout",
        "summary": "Retrieve a payout",
        "parameters": [parameter("PayoutId"), parameter("RequestId")],
        "responses": responses::all(
            &[Success::object(200, "The payout.", "Payout", &payout(PayoutStatus::Paid))],
            &[&COMMON_ERRORS, &[Code::PayoutNotFound]],
        ),
    })
}

pub(super) fn list_payouts() -> Value {
    json!({
        "tags": ["Payouts"],
        "operationId": "list_payouts",
        "summary": "List payouts",
        "description": "Newest first.",
        "parameters": [
            parameter("CustomerOfPayouts"),
            parameter("Limit"),
            parameter("PayoutCursor"),
            parameter("RequestId"),
        ],
        "responses": responses::all(
            &[Success::object(
                200,
                "A page; empty for an unknown customer.",
                "PayoutList",
                &examples::list(&payout(PayoutStatus::Paid)),
            )],
            &[&COMMON_ERRORS, &[Code::InvalidField, Code::CustomerNotFound]],
        ),
    })
}

/// The parameters of these operations alone.
pub(super) fn parameters() -> [(&'static str, Value); 4] {
    [
        (
            "VirtualAccountCursor",
            cursor(
                "Only accounts older than this one: the last one's `id`.",
                ACCOUNT_ID,
            ),
        ),
        (
            "PayoutCursor",
            cursor(
                "Only payouts older than this one: the last one's `id`.",
                PAYOUT_ID,
            ),
        ),
        (
            "PayoutId",
            json!({
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The payout's `id`.",
                "schema": { "type": "string", "minLength": 1 },
                "example": PAYOUT_ID,
            }),
        ),
        (
            "CustomerOfPayouts",
            json!({
                "name": "customer_id",
                "in": "query",
                "description": "Only payouts on behalf of this customer: its `id` or its `customer_reference`.",
                "schema": { "type": "string", "minLength": 1 },
                "example": examples::CUSTOMER_ID,
            }),
        ),
    ]
}

/// The schemas of these operations alone.
pub(super) fn schemas() -> [(&'static str, Value); 4] {
    [
        ("OpenVirtualAccount", open_form()),
        ("VirtualAccount", account_schema()),
        ("CreatePayout", payout_form()),
        ("Payout", payout_schema()),
    ]
}

fn open_form() -> Value {
    json!({
        "type": "object",
        "properties": { "currency": words(&FiatCurrency::OF_ACCOUNTS.map(FiatCurrency::as_str)) },
        "required": ["currency"],
        "additionalProperties": false,
    })
}

fn account_schema() -> Value {
    let detail = |description: &str| {
        json!({
            "type": ["string", "null"],
            "description": format!("{description} Only while the account is `active`."),
        })
    };
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "virtual_account" },
            "id": { "type": "string", "pattern": "^ckva_[0-7][0-9a-hjkmnp-tv-z]{25}$" },
            "env": words(&Env::ALL.map(Env::as_str)),
            "customer_id": { "type": "string" },
            "customer_reference": { "type": "string" },
            "currency": words(&FiatCurrency::OF_ACCOUNTS.map(FiatCurrency::as_str)),
            "status": words(&AccountStatus::ALL.map(AccountStatus::as_str)),
            "account_number": detail("An IBAN for euros."),
            "account_name": detail("In whose name it is."),
            "bank_name": detail("The bank."),
            "bank_code": detail("The bank's sort code, routing number or BIC."),
            "created_at": { "type": "string", "format": "date-time", "description": "UTC, whole seconds." },
        },
        "required": [
            "object", "id", "env", "customer_id", "customer_reference", "currency", "status", "account_number",
            "account_name", "bank_name", "bank_code", "created_at",
        ],
        "additionalProperties": false,
        "examples": [active_account()],
    })
}

/// What an event says of an account: all but what only asking for the list shows.
pub(super) fn account_of_event() -> Value {
    let mut schema = account_schema();
    let hidden = ["account_number", "account_name", "bank_name", "bank_code"];
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !hidden.contains(&name.as_str()));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !hidden.iter().any(|hidden| name == hidden));
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("examples");
    }
    schema["description"] = json!(
        "Of `virtual_account_activated` and `virtual_account_failed`. The account's number and name are in the list of \
         the customer's accounts."
    );
    schema
}

fn payout_form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "customer_id": {
                "type": "string",
                "minLength": 1,
                "description": "On whose behalf: the customer's `id` or its `customer_reference`.",
            },
            "currency": words(&FiatCurrency::OF_PAYOUTS.map(FiatCurrency::as_str)),
            "amount_minor": amount(),
            "merchant_reference": merchant_reference(),
            "recipient": {
                "type": "object",
                "properties": {
                    "interac_email": {
                        "type": ["string", "null"],
                        "description": "The address for the transfer. Without one: the `interac_email` that the customer holds.",
                    },
                    "first_name": { "type": "string", "minLength": 1, "maxLength": 100 },
                    "last_name": { "type": "string", "minLength": 1, "maxLength": 100 },
                },
                "required": ["first_name", "last_name"],
                "additionalProperties": false,
            },
        },
        "required": ["customer_id", "currency", "amount_minor", "merchant_reference", "recipient"],
        "additionalProperties": false,
    })
}

fn payout_schema() -> Value {
    let codes = PayoutFailure::ALL.map(PayoutFailure::as_str);
    let codes: Vec<_> = codes
        .iter()
        .map(|code| json!(code))
        .chain([Value::Null])
        .collect();
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "payout" },
            "id": { "type": "string", "pattern": "^ckpo_[0-7][0-9a-hjkmnp-tv-z]{25}$" },
            "env": words(&Env::ALL.map(Env::as_str)),
            "customer_id": { "type": "string" },
            "customer_reference": { "type": "string" },
            "currency": words(&FiatCurrency::OF_PAYOUTS.map(FiatCurrency::as_str)),
            "amount_minor": amount(),
            "merchant_reference": merchant_reference(),
            "status": words(&PayoutStatus::ALL.map(PayoutStatus::as_str)),
            "failure_code": {
                "type": ["string", "null"],
                "enum": codes,
                "description": "Why it failed. `insufficient_funds`: the platform's wallet does not hold as much. \
                    `customer_not_eligible`: the customer was no longer `verified` when it was to be sent, or may pay nothing \
                    out for another reason. `recipient_refused`, `amount_refused`: the recipient, or the sum. `refused`: \
                    another reason. `not_delivered`: it was sent, and could not be delivered.",
            },
            "created_at": { "type": "string", "format": "date-time", "description": "UTC, whole seconds." },
        },
        "required": [
            "object", "id", "env", "customer_id", "customer_reference", "currency", "amount_minor",
            "merchant_reference", "status", "failure_code", "created_at",
        ],
        "additionalProperties": false,
        "examples": [payout(PayoutStatus::Paid)],
    })
}

fn amount() -> Value {
    json!({
        "type": "string",
        "pattern": "^[1-9][0-9]{0,12}$",
        "description": "What the recipient gets, in cents: 1 to 1000000000000.",
    })
}

fn merchant_reference() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "description": "Your own name for the payout, case-sensitive and unique for ever. No control characters or outer white \
            space.",
    })
}

fn provisioning_account() -> Value {
    json!({
        "object": "virtual_account",
        "id": ACCOUNT_ID,
        "env": "test",
        "customer_id": examples::CUSTOMER_ID,
        "customer_reference": examples::REFERENCE,
        "currency": "GBP",
        "status": "provisioning",
        "account_number": null,
        "account_name": null,
        "bank_name": null,
        "bank_code": null,
        "created_at": AT,
    })
}

fn active_account() -> Value {
    let mut account = provisioning_account();
    account["status"] = json!("active");
    account["account_number"] = json!("12345678");
    account["account_name"] = json!("Ada Obi");
    account["bank_name"] = json!("Sandbox Bank");
    account["bank_code"] = json!("00-00-00");
    account
}

fn payout(status: PayoutStatus) -> Value {
    json!({
        "object": "payout",
        "id": PAYOUT_ID,
        "env": "test",
        "customer_id": examples::CUSTOMER_ID,
        "customer_reference": examples::REFERENCE,
        "currency": "CAD",
        "amount_minor": "1250",
        "merchant_reference": "invoice-4711",
        "status": status.as_str(),
        "failure_code": null,
        "created_at": AT,
    })
}
