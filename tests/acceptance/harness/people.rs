//! Bodies of creates.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// A number that nobody else in this process gets.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A person with the required fields only; reference, e-mail and document number are unique.
pub(crate) fn individual() -> Value {
    let number = unique();
    json!({
        "type": "individual", "first_name": "Ada", "last_name": "Lovelace", "dob": "1990-01-15",
        "email": format!("person{number}@example.com"), "country": "CA", "id_type": "passport",
        "id_number": format!("A{number:07}"), "tin": "123456789",
        "customer_reference": format!("user-{number}"), "zip_code": "M5H 2N2"
    })
}

/// A person with every field; the Interac e-mail is unique, too.
pub(crate) fn canadian() -> Value {
    let body = individual();
    let interac_email = format!("interac-{}", body["email"].as_str().expect("an e-mail"));
    let more = json!({
        "phone": "+14165550123", "street": "123 Queen St W", "city": "Toronto", "state": "ON",
        "interac_email": interac_email, "id_issue_date": "2020-01-01", "id_expiry_date": "2040-01-01"
    });
    with(&body, &more)
}

/// A business with the required fields only.
pub(crate) fn business() -> Value {
    let number = unique();
    json!({
        "type": "business", "business_name": "Analytical Engines Ltd",
        "email": format!("office{number}@example.com"), "country": "GB",
        "id_type": "certificate_of_incorporation", "id_number": format!("{number:08}"),
        "tin": "1234567890", "customer_reference": format!("business-{number}"), "zip_code": "M1 1AE"
    })
}

/// The body with a unique number that ends like this, which tells the sandbox rail how to decide.
pub(crate) fn ending(body: &Value, end: &str) -> Value {
    let letter = match body["type"] == "individual" {
        true => "A",
        false => "",
    };
    let number = format!("{letter}{:04}{end}", unique());
    with(body, &json!({ "id_number": number }))
}

/// The body with these fields in place of its own.
pub(crate) fn with(body: &Value, fields: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

/// The body without this field.
pub(crate) fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("fields").remove(field);
    body
}
