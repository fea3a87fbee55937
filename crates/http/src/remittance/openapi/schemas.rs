//! The schemas of bodies and objects.

use serde_json::{Map, Value, json};
use vouch_domain::{
    customer::{ContactField, IdentityField, Status},
    event::EventType,
    tenant::Env,
    values::{Country, CustomerType, IdType},
};

use super::{examples, kyc, money};

/// A string that is one of these words.
pub(super) fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// `components.schemas`
pub(super) fn components() -> Value {
    let mut schemas = of_customers();
    for (name, schema) in kyc::schemas().into_iter().chain(money::schemas()) {
        schemas[name] = schema;
    }
    schemas["VirtualAccountList"] = list("VirtualAccount", "Newest first.");
    schemas["PayoutList"] = list("Payout", "Newest first.");
    schemas
}

fn of_customers() -> Value {
    json!({
        "CreateCustomer": {
            "oneOf": [reference("CreateIndividual"), reference("CreateBusiness")],
            "discriminator": {
                "propertyName": "type",
                "mapping": {
                    "individual": "#/components/schemas/CreateIndividual",
                    "business": "#/components/schemas/CreateBusiness",
                },
            },
        },
        "CreateIndividual": create(CustomerType::Individual, &["first_name", "last_name", "dob"]),
        "CreateBusiness": create(CustomerType::Business, &["business_name"]),
        "AmendCustomer": amend(),
        "Customer": customer(),
        "CustomerList": list("Customer", "Newest first."),
        "Event": event(),
        "EventList": list("Event", "Oldest first."),
        "Error": error(),
    })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

const REQUIRED: [&str; 8] = [
    "type",
    "email",
    "country",
    "id_type",
    "id_number",
    "tin",
    "customer_reference",
    "zip_code",
];
const OPTIONAL: [&str; 6] = [
    "phone",
    "street",
    "city",
    "state",
    "interac_email",
    "id_expiry_date",
];

fn create(customer_type: CustomerType, own: &[&str]) -> Value {
    let required: Vec<_> = REQUIRED.iter().chain(own).copied().collect();
    let mut properties: Map<_, _> = required
        .iter()
        .map(|name| ((*name).to_owned(), field(name)))
        .collect();
    properties["type"] = json!({ "type": "string", "const": customer_type.as_str() });
    let id_types = IdType::ALL.into_iter().filter(|id_type| {
        let accepted = |country: &Country| id_type.is_accepted(*country, customer_type);
        Country::ALL.iter().any(accepted)
    });
    properties["id_type"] = words(&id_types.map(IdType::as_str).collect::<Vec<_>>());
    for name in OPTIONAL.into_iter().chain(["id_issue_date"]) {
        properties.insert(name.to_owned(), nullable(field(name)));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn amend() -> Value {
    let properties: Map<_, _> = ContactField::ALL
        .into_iter()
        .map(|contact| {
            let name = contact.name();
            let schema = if OPTIONAL.contains(&name) {
                nullable(field(name))
            } else {
                field(name)
            };
            (name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The field of a form, as far as a schema can tell.
fn field(name: &str) -> Value {
    let text =
        |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    let date = |description: &str| json!({ "type": "string", "format": "date", "description": description });
    match name {
        "first_name" | "last_name" => {
            text("1 to 100 characters in any script, at least one of them a letter.")
        }
        "business_name" => text("As registered: 1 to 100 characters."),
        "dob" => date("At least 18 years ago. Individuals only."),
        "email" => text("At most 254 bytes. Not unique."),
        "country" => words(&Country::ALL.map(Country::as_str)),
        "id_number" => text(
            "passport: 6 to 9 letters and digits, at least one a digit; drivers_license, national_id and \
             resident_permit: 4 to 24; certificate_of_incorporation: 2 to 20. Separators are ignored, except in passports.",
        ),
        "tin" => text(
            "A tax number of the country: NG TIN, BVN, NIN or registration; CA SIN, BN or trust account; GB UTR or NINO; US \
             SSN, ITIN or EIN. With a `live` key check digits count.",
        ),
        "customer_reference" => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "description": "Your own name for the customer, case-sensitive and unique for ever. No control characters or outer \
                white space; not `.` or `..`; not starting `ckcust_`.",
        }),
        "zip_code" => text("A postal code of the country."),
        "phone" => text("An international number: `+` and 7 to 15 digits, grouped or not."),
        "street" => text("1 to 200 characters."),
        "city" => text("1 to 64 characters."),
        "state" => text("CA and US: the postal abbreviation. NG and GB: 1 to 64 characters."),
        "interac_email" => {
            text("CA only. The address for Interac transfers, held by one customer at a time.")
        }
        "id_expiry_date" => date("In the future."),
        "id_issue_date" => date("Not in the future, and not after `id_expiry_date`."),
        // Which words these may have depends on the kind of customer: see `create`.
        _ => json!({ "type": "string" }),
    }
}

fn nullable(mut schema: Value) -> Value {
    schema["type"] = json!(["string", "null"]);
    schema
}

fn customer() -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "customer" },
            "id": { "type": "string", "pattern": "^ckcust_[0-7][0-9a-hjkmnp-tv-z]{25}$" },
            "customer_reference": { "type": "string" },
            "interac_email": { "type": ["string", "null"] },
            "status": words(&Status::ALL.map(Status::as_str)),
            "env": words(&Env::ALL.map(Env::as_str)),
            "created_at": { "type": "string", "format": "date-time", "description": "UTC, whole seconds." },
        },
        "required": ["object", "id", "customer_reference", "interac_email", "status", "env", "created_at"],
        "additionalProperties": false,
        "examples": [examples::customer()],
    })
}

fn event() -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "event" },
            "id": { "type": "string", "pattern": "^ckevt_[0-7][0-9a-hjkmnp-tv-z]{25}$" },
            "env": words(&Env::ALL.map(Env::as_str)),
            "type": words(&EventType::ALL.map(EventType::as_str)),
            "created_at": { "type": "string", "format": "date-time", "description": "UTC, whole seconds." },
            "customer_id": { "type": "string" },
            "customer_reference": { "type": "string" },
            "sequence": { "type": "integer", "minimum": 1 },
            "data": {
                "type": "object",
                "properties": {
                    "customer": {
                        "$ref": "#/components/schemas/Customer",
                        "description": "The customer as it was then.",
                    },
                    "changed": {
                        "type": "array",
                        "items": words(&ContactField::ALL.map(ContactField::name)),
                        "description": "Of `customer_updated`: which fields changed.",
                    },
                    "kyc_submission_id": {
                        "type": "string",
                        "pattern": "^ckkyc_[0-7][0-9a-hjkmnp-tv-z]{25}$",
                        "description": "Of `kyc_submitted`.",
                    },
                    "previous_status": status_of_change("before"),
                    "status": status_of_change("after"),
                    "virtual_account": money::account_of_event(),
                    "payout": {
                        "$ref": "#/components/schemas/Payout",
                        "description": "Of `payout_paid` and `payout_failed`.",
                    },
                },
                "required": ["customer"],
            },
        },
        "required": [
            "object", "id", "env", "type", "created_at", "customer_id", "customer_reference", "sequence", "data",
        ],
    })
}

fn status_of_change(when: &str) -> Value {
    let mut status = words(&Status::ALL.map(Status::as_str));
    status["description"] = format!("Of `kyc_status_changed`: the status {when}.").into();
    status
}

pub(super) fn list(entry: &str, order: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "list" },
            "has_more": { "type": "boolean", "description": "Whether another page follows." },
            "data": { "type": "array", "items": reference(entry), "description": order },
        },
        "required": ["object", "has_more", "data"],
        "additionalProperties": false,
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "type": { "type": "string", "description": "The group that the code belongs to." },
                    "code": { "type": "string", "description": "What went wrong. Stable." },
                    "message": { "type": "string", "description": "For people. May change." },
                    "field": { "type": "string", "description": "The first field, parameter or header concerned." },
                    "detail": error_detail(),
                    "request_id": { "type": "string" },
                },
                "required": ["type", "code", "message", "request_id"],
            },
        },
        "required": ["error"],
    })
}

fn error_detail() -> Value {
    json!({
        "type": "object",
        "properties": {
            "errors": {
                "type": "array",
                "description": "Everything that is wrong, in the order of the form.",
                "items": {
                    "type": "object",
                    "properties": {
                        "field": { "type": "string" },
                        "code": { "type": "string" },
                        "message": { "type": "string" },
                    },
                    "required": ["field", "code", "message"],
                },
            },
            "reason": words(&[
                "immutable", "closed", "no_kyc_identity", "not_uploaded", "already_uploaded", "expired", "verified",
                "in_review", "rejected_finally", "merchant_reference_used", "payouts_processing",
            ]),
            "customer_id": {
                "type": "string",
                "description": "Of `customer_already_exists`: who has the reference. Absent while that one is being made.",
            },
            "differing_fields": {
                "type": "array",
                "items": words(&IdentityField::ALL.map(IdentityField::name)),
                "description": "Of `customer_already_exists`: in which fields the two differ.",
            },
            "tier": words(&["read", "write", "anonymous"]),
            "limit": {
                "type": "integer",
                "description": "Of `rate_limit_exceeded`: how many requests of this tier are allowed at once.",
            },
            "retry_after_seconds": {
                "type": "integer",
                "description": "Of `rate_limit_exceeded`: as in `Retry-After`.",
            },
        },
    })
}
