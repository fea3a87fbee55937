//! Customers, settings and answers for the tests.

use std::time::Duration;

use serde_json::{Value, json};
use vouch_domain::{
    customer::{ContactData, Identity, LegalName, NewCustomer},
    ports::{RailCustomerId, RailFailure},
    tenant::Env,
    values::{
        City, Country, CustomerReference, DateOfBirth, Email, IdExpiryDate, IdIssueDate, IdNumber,
        IdType, InteracEmail, Name, Phone, State, Street, Tin, ZipCode,
    },
};
use vouch_rail::{Credentials, HttpRail, RailSettings, Url};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate, matchers::method, matchers::path};

pub(crate) const CUSTOMERS: &str = "/api/external/customer";
pub(crate) const CUSTOMER: &str = "/api/external/customer/rail-1";
pub(crate) const TOKEN: &str = "/oauth/token";

/// The defaults, with the sandbox rail's API key.
pub(crate) fn settings(base_url: &str) -> RailSettings {
    let key = Credentials::ApiKey("sandbox-key".to_owned());
    RailSettings::new(Env::Live, Url::parse(base_url).unwrap(), key)
}

/// The defaults, with the sandbox rail's OAuth client.
pub(crate) fn oauth(base_url: &str) -> RailSettings {
    RailSettings {
        credentials: Credentials::Client {
            id: "sandbox-client".to_owned(),
            secret: "sandbox-secret".to_owned(),
        },
        ..settings(base_url)
    }
}

/// The same, with deadlines that a test can wait for.
pub(crate) fn hurried(settings: RailSettings) -> RailSettings {
    RailSettings {
        look_up_timeout: Duration::from_secs(2),
        create_timeout: Duration::from_secs(2),
        ..settings
    }
}

pub(crate) fn rail(server: &MockServer) -> HttpRail {
    HttpRail::new(settings(&server.uri())).unwrap()
}

pub(crate) fn given(verb: &str, at: &str) -> MockBuilder {
    Mock::given(method(verb)).and(path(at))
}

pub(crate) fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub(crate) fn created() -> ResponseTemplate {
    answer(
        201,
        &json!({"message": "Customer created successfully.", "data": {"id": "rail-1"}}),
    )
}

pub(crate) fn listed(rows: &Value) -> ResponseTemplate {
    answer(
        200,
        &json!({"message": "Customers retrieved.", "data": rows}),
    )
}

/// A token answer of the vendor's documents.
pub(crate) fn token(text: &str) -> ResponseTemplate {
    answer(
        200,
        &json!({"token_type": "Bearer", "expires_in": 900, "access_token": text}),
    )
}

pub(crate) fn id(text: &str) -> RailCustomerId {
    RailCustomerId::parse(text).unwrap()
}

pub(crate) fn unclear(cause: &str) -> RailFailure {
    RailFailure::Unclear {
        cause: cause.to_owned(),
    }
}

pub(crate) fn unavailable(cause: &str) -> RailFailure {
    RailFailure::Unavailable {
        cause: cause.to_owned(),
        retry_after: None,
    }
}

/// A person with every field.
pub(crate) fn person() -> NewCustomer {
    NewCustomer {
        reference: CustomerReference::parse("our-reference").unwrap(),
        interac_email: Some(InteracEmail::parse("interac@example.com").unwrap()),
        identity: Identity {
            name: LegalName::Individual {
                first: name("Ada"),
                last: name("Obi"),
            },
            country: Country::Nigeria,
            id_type: IdType::NationalId,
            id_number: IdNumber::restore("A1234567".to_owned()).unwrap(),
            id_issue_date: Some(IdIssueDate::restore("2020-02-29").unwrap()),
            tin: Tin::restore("1234567890".to_owned()).unwrap(),
        },
        contact: ContactData {
            email: Email::parse("Ada+1@Example.com").unwrap(),
            phone: Some(Phone::restore("+2348031234567".to_owned()).unwrap()),
            street: Some(Street::restore("1 Broad Street".to_owned()).unwrap()),
            city: Some(City::restore("Lagos".to_owned()).unwrap()),
            state: Some(State::restore("Lagos".to_owned()).unwrap()),
            zip_code: ZipCode::restore("100001".to_owned()).unwrap(),
            dob: Some(DateOfBirth::restore("1990-01-31").unwrap()),
            id_expiry_date: Some(IdExpiryDate::restore("2030-12-01").unwrap()),
        },
    }
}

/// A business with no optional field.
pub(crate) fn business() -> NewCustomer {
    NewCustomer {
        reference: CustomerReference::parse("our-reference").unwrap(),
        interac_email: None,
        identity: Identity {
            name: LegalName::Business {
                name: name("Obi & Söhne Ltd"),
            },
            country: Country::UnitedKingdom,
            id_type: IdType::CertificateOfIncorporation,
            id_number: IdNumber::restore("00012345".to_owned()).unwrap(),
            id_issue_date: None,
            tin: Tin::restore("1234567890".to_owned()).unwrap(),
        },
        contact: ContactData {
            email: Email::parse("office@example.com").unwrap(),
            phone: None,
            street: None,
            city: None,
            state: None,
            zip_code: ZipCode::restore("EC1A 1BB".to_owned()).unwrap(),
            dob: None,
            id_expiry_date: None,
        },
    }
}

fn name(text: &str) -> Name {
    Name::restore(text.to_owned()).unwrap()
}

/// The row that a list of the rail has of [`person`].
pub(crate) fn row(id: &str) -> Value {
    json!({
        "id": id,
        "type": "individual",
        "first_name": "Ada",
        "last_name": "Obi",
        "business_name": null,
        "registration_number": null,
        "id_number": "A1234567",
        "email": "ada+1@example.com",
        "phone": "+2348031234567",
        "verification_status": "PENDING",
        "country": "NG",
        "created_at": "2026-01-15T10:30:00.000000Z",
    })
}
