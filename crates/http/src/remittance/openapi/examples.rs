//! One customer's story, told in examples.

use serde_json::{Value, json};

use crate::error::Code;

pub(super) const CUSTOMER_ID: &str = "ckcust_01kf0hj080emq8k9w39qsaekf4";
pub(super) const EVENT_ID: &str = "ckevt_01kf0hj080es8r65rzyjka792g";
pub(super) const REFERENCE: &str = "pouch-user-12345";
const INTERAC_EMAIL: &str = "user@pouch.app";
pub(super) const CREATED_AT: &str = "2026-01-15T10:00:00Z";

pub(super) fn customer() -> Value {
    json!({
        "object": "customer",
        "id": CUSTOMER_ID,
        "customer_reference": REFERENCE,
        "interac_email": INTERAC_EMAIL,
        "status": "pending",
        "env": "test",
        "created_at": CREATED_AT,
    })
}

pub(super) fn closed_customer() -> Value {
    let mut customer = customer();
    customer["status"] = json!("closed");
    customer
}

pub(super) fn customer_list() -> Value {
    list(&customer())
}

pub(super) fn event_list() -> Value {
    list(&json!({
        "object": "event",
        "id": EVENT_ID,
        "env": "test",
        "type": "customer_created",
        "created_at": CREATED_AT,
        "customer_id": CUSTOMER_ID,
        "customer_reference": REFERENCE,
        "sequence": 1,
        "data": { "customer": customer() },
    }))
}

pub(super) fn list(entry: &Value) -> Value {
    json!({ "object": "list", "has_more": false, "data": [entry] })
}

pub(super) fn create_bodies() -> Value {
    json!({
        "individual": {
            "summary": "A person in Canada",
            "value": {
                "type": "individual",
                "first_name": "Ada",
                "last_name": "Obi",
                "dob": "1990-02-28",
                "email": "ada@example.com",
                "country": "CA",
                "id_type": "passport",
                "id_number": "AB123456",
                "tin": "123456789",
                "customer_reference": REFERENCE,
                "zip_code": "K1A 0B1",
                "phone": "+14165550123",
                "street": "1 Main St",
                "city": "Ottawa",
                "state": "ON",
                "interac_email": INTERAC_EMAIL,
            },
        },
        "business": {
            "summary": "A business in the United Kingdom",
            "value": {
                "type": "business",
                "business_name": "Obi & Sons Ltd",
                "email": "office@example.com",
                "country": "GB",
                "id_type": "certificate_of_incorporation",
                "id_number": "01234567",
                "tin": "1234567890",
                "customer_reference": "pouch-business-678",
                "zip_code": "M1 1AE",
            },
        },
    })
}

pub(super) fn amend_bodies() -> Value {
    json!({
        "move": {
            "summary": "A new address; the phone is gone",
            "value": { "street": "2 King St W", "city": "Toronto", "state": "ON", "zip_code": "M5H 1A1", "phone": null },
        },
    })
}

/// An error as it looks most of the time.
pub(super) fn error(code: Code) -> Value {
    let mut error = json!({
        "type": code.kind(),
        "code": code.as_str(),
        "message": code.message(),
        "request_id": "0198b3f0-6c4e-7a51-9a55-2f1d3c9b7e10",
    });
    let field = match code {
        Code::MissingField => Some(("customer_reference", "is required")),
        Code::InvalidField => Some(("dob", "must be a date, YYYY-MM-DD")),
        Code::CountryNotSupported => Some(("country", "must be one of NG, CA, GB, US")),
        Code::UnsupportedCurrency => Some(("currency", "must be one of GBP, USD, EUR")),
        _ => None,
    };
    if let Some((field, predicate)) = field {
        let message = format!("`{field}` {predicate}.");
        error["message"] = json!(message);
        error["field"] = json!(field);
        error["detail"] = json!({
            "errors": [{ "field": field, "code": code.as_str(), "message": message }],
        });
    }
    match code {
        Code::InvalidState => error["detail"] = json!({ "reason": "closed" }),
        Code::RateLimitExceeded => {
            error["detail"] = json!({ "tier": "write", "limit": 100, "retry_after_seconds": 1 });
        }
        Code::CustomerAlreadyExists => {
            error["detail"] =
                json!({ "customer_id": CUSTOMER_ID, "differing_fields": ["last_name", "tin"] });
        }
        _ => {}
    }
    json!({ "error": error })
}
