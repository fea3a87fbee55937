//! What each operation takes and answers.

use serde_json::{Value, json};

use super::{
    examples, kyc, money,
    parameters::parameter,
    responses::{self, Success},
};
use crate::{error::Code, remittance::routes::Operation};

/// What can go wrong before an operation is reached, and in every operation.
pub(super) const COMMON_ERRORS: [Code; 8] = [
    Code::MissingApiKey,
    Code::InvalidApiKey,
    Code::IpNotAllowed,
    Code::MerchantSuspended,
    Code::RemittancesNotEnabled,
    Code::RateLimitExceeded,
    Code::InternalError,
    Code::Unavailable,
];
/// What can go wrong with a JSON body, and with the key that it comes under.
pub(super) const BODY_ERRORS: [Code; 5] = [
    Code::IdempotencyKeyRequired,
    Code::InvalidField,
    Code::InvalidJson,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
];

/// The description of an operation.
pub(super) fn describe(operation: Operation) -> Value {
    match operation {
        Operation::CreateCustomer => create_customer(),
        Operation::ListCustomers => list_customers(),
        Operation::RetrieveCustomer => retrieve_customer(),
        Operation::AmendCustomer => amend_customer(),
        Operation::AddFile => kyc::add_file(),
        Operation::AttachFiles => kyc::attach_files(),
        Operation::SubmitKyc => kyc::submit_kyc(),
        Operation::ListSubmissions => kyc::list_submissions(),
        Operation::CloseCustomer => close_customer(),
        Operation::ListEvents => list_events(),
        Operation::OpenVirtualAccount => money::open_virtual_account(),
        Operation::ListVirtualAccounts => money::list_virtual_accounts(),
        Operation::CreatePayout => money::create_payout(),
        Operation::ListPayouts => money::list_payouts(),
        Operation::RetrievePayout => money::retrieve_payout(),
    }
}

fn create_customer() -> Value {
    let errors = [
        Code::MissingField,
        Code::CountryNotSupported,
        Code::ValidationFailed,
        Code::CustomerAlreadyExists,
        Code::InteracEmailTaken,
        Code::IdempotencyConflict,
        Code::IdempotencyInProgress,
        Code::ProviderError,
    ];
    json!({
        "tags": ["Customers"],
        "operationId": "create_customer",
        "summary": "Create a customer",
        "description": "Stores the customer and provisions it at the provider that verifies customers, exactly once. Of \
            any number of identical requests one answers 201, the others 200 with the same customer. After \
            `provider_error` repeat the request with the same key: it is resumed, never done twice.",
        "parameters": [parameter("IdempotencyKey"), parameter("RequestId")],
        "requestBody": body("CreateCustomer", &examples::create_bodies()),
        "responses": responses::all(
            &[
                Success::object(201, "The customer is new.", "Customer", &examples::customer())
                    .with_headers(&["ETag", "Location"]),
                Success::object(
                    200,
                    "The customer was there: made by an earlier request with this key, or with this \
                     `customer_reference` and the same identity.",
                    "Customer",
                    &examples::customer(),
                )
                .with_headers(&["ETag", "Idempotent-Replayed"]),
            ],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors],
        ),
    })
}

fn list_customers() -> Value {
    json!({
        "tags": ["Customers"],
        "operationId": "list_customers",
        "summary": "List customers",
        "description": "Newest first. Filters combine. To synchronise, use the event feed: a customer that was finished \
            late appears in the past of this list.",
        "parameters": [
            parameter("Limit"),
            parameter("CustomerCursor"),
            parameter("Status"),
            parameter("Search"),
            parameter("RequestId"),
        ],
        "responses": responses::all(
            &[Success::object(200, "A page.", "CustomerList", &examples::customer_list())],
            &[&COMMON_ERRORS, &[Code::InvalidField]],
        ),
    })
}

fn retrieve_customer() -> Value {
    json!({
        "tags": ["Customers"],
        "operationId": "retrieve_customer",
        "summary": "Retrieve a customer",
        "parameters": [parameter("CustomerHandle"), parameter("IfNoneMatch"), parameter("RequestId")],
        "responses": responses::all(
            &[
                Success::object(200, "The customer.", "Customer", &examples::customer())
                    .with_headers(&["ETag"]),
                Success::empty(304, "The customer has the version that `If-None-Match` names.")
                    .with_headers(&["ETag"]),
            ],
            &[&COMMON_ERRORS, &[Code::CustomerNotFound]],
        ),
    })
}

fn amend_customer() -> Value {
    let errors = [
        Code::CustomerNotFound,
        Code::IdempotencyConflict,
        Code::InvalidState,
        Code::VersionConflict,
    ];
    json!({
        "tags": ["Customers"],
        "operationId": "amend_customer",
        "summary": "Update a customer",
        "description": "Changes contact data. `null` clears `phone`, `street`, `city`, `state` and `id_expiry_date`. The \
            identity never changes: its fields are `invalid_field` with `detail.reason` `immutable`. A `closed` customer \
            is `invalid_state` with `detail.reason` `closed`. A body that changes nothing is fine, and makes no event.",
        "parameters": [
            parameter("CustomerHandle"),
            parameter("OptionalIdempotencyKey"),
            parameter("IfMatch"),
            parameter("RequestId"),
        ],
        "requestBody": body("AmendCustomer", &examples::amend_bodies()),
        "responses": responses::all(
            &[Success::object(200, "The customer as it is now.", "Customer", &examples::customer())
                .with_headers(&["ETag", "Idempotent-Replayed"])],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors],
        ),
    })
}

fn close_customer() -> Value {
    let errors = [
        Code::CustomerNotFound,
        Code::IdempotencyConflict,
        Code::InvalidState,
    ];
    json!({
        "tags": ["Customers"],
        "operationId": "close_customer",
        "summary": "Close a customer",
        "description": "For good: a closed customer is never verified, amended or opened again, and its `interac_email` is \
            free for another one. Its virtual accounts are `closed` with it. Closing one that is closed is fine. While a \
            payout of the customer is processing, it is `invalid_state` with `detail.reason` `payouts_processing`. There is no body; an empty object does \
            as well.",
        "parameters": [
            parameter("CustomerHandle"),
            parameter("OptionalIdempotencyKey"),
            parameter("RequestId"),
        ],
        "responses": responses::all(
            &[Success::object(200, "The customer, closed.", "Customer", &examples::closed_customer())
                .with_headers(&["ETag", "Idempotent-Replayed"])],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors],
        ),
    })
}

fn list_events() -> Value {
    json!({
        "tags": ["Events"],
        "operationId": "list_events",
        "summary": "List the events of a customer",
        "description": "Oldest first. `sequence` counts the events of a customer from 1, without gaps.",
        "parameters": [
            parameter("CustomerOfEvents"),
            parameter("Limit"),
            parameter("EventCursor"),
            parameter("EventType"),
            parameter("RequestId"),
        ],
        "responses": responses::all(
            &[Success::object(200, "A page; empty for an unknown customer.", "EventList", &examples::event_list())],
            &[
                &COMMON_ERRORS,
                &[
                    Code::MissingField,
                    Code::InvalidField,
                    Code::CustomerNotFound,
                ],
            ],
        ),
    })
}

pub(super) fn body(schema: &str, examples: &Value) -> Value {
    json!({
        "required": true,
        "description": "At most 64 KiB; no duplicate keys.",
        "content": {
            "application/json": {
                "schema": { "$ref": format!("#/components/schemas/{schema}") },
                "examples": examples,
            },
        },
    })
}
