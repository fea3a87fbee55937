//! A customer to test with.

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;
use vouch_domain::{
    customer::{Customer, CustomerSummary, NewCustomer, Status, Version},
    form::{RawField, RawForm, parse_new_customer},
    id::{CustomerId, OrganisationId},
    tenant::{Env, Tenant},
    values::{Policy, Rules},
};
use vouch_http::PublishedStandards;

/// The id of [`customer`]: the example of the TypeID specification.
pub(crate) const CUSTOMER: &str = "ckcust_01h455vb4pex5vsknk084sn02q";
/// Its reference: everything that a path makes difficult.
pub(crate) const REFERENCE: &str = "a/b%2F+é c";
/// Whose it is.
pub(crate) const TENANT: fn() -> Tenant = || Tenant {
    organisation: OrganisationId::from_uuid(Uuid::from_u128(7 << 76)).unwrap(),
    env: Env::Test,
};

/// The requirement's example of a create.
pub(crate) fn create_body() -> Value {
    json!({
        "type": "individual",
        "first_name": "Ada",
        "last_name": "Obi",
        "dob": "1990-02-28",
        "email": "ada@example.com",
        "country": "CA",
        "id_type": "passport",
        "id_number": "AB123456",
        "tin": "123456789",
        "customer_reference": "pouch-user-12345",
        "zip_code": "K1A 0B1",
        "phone": "+14165550123",
        "interac_email": "user@pouch.app",
    })
}

pub(crate) fn summary() -> CustomerSummary {
    customer().summary
}

pub(crate) fn customer() -> Customer {
    let mut body = create_body();
    body["customer_reference"] = json!(REFERENCE);
    let new = new_customer(&body);
    Customer {
        summary: CustomerSummary {
            id: CustomerId::parse(CUSTOMER).unwrap(),
            reference: new.reference,
            interac_email: new.interac_email,
            status: Status::Pending,
            version: Version(3),
        },
        identity: new.identity,
        contact: new.contact,
    }
}

fn new_customer(body: &Value) -> NewCustomer {
    let form: RawForm = body
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().unwrap().to_owned();
            (name.clone(), RawField::Text(text))
        })
        .collect();
    let rules = Rules {
        today: NaiveDate::from_ymd_opt(2026, 1, 15).unwrap(),
        env: Env::Test,
        policy: Policy::default(),
        standards: &PublishedStandards,
    };
    parse_new_customer(&form, &rules).unwrap()
}
