//! `/_sandbox`: what a test needs to see and do behind the rail's back. No credentials.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Path, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    body::path_id,
    customer::{Customer, Status},
    kyc::verification,
    refusal::{Problems, Refusal},
    server::Rail,
    simulation::Answer,
};

/// Filter of the stored customers.
#[derive(Deserialize)]
pub(crate) struct Filter {
    email: Option<String>,
}

#[derive(Deserialize)]
struct Decision {
    status: String,
    #[serde(default)]
    comment: Option<String>,
    /// Whether the platform is called back.
    #[serde(default = "yes")]
    callback: bool,
}

fn yes() -> bool {
    true
}

/// `GET /_sandbox/customers?email=`: whole records, oldest first; the e-mail matches in any case.
pub(crate) async fn customers(rail: Data<Rail>, filter: Query<Filter>) -> HttpResponse {
    let wanted = |customer: &&Customer| match &filter.email {
        Some(email) => customer
            .text("email")
            .is_some_and(|stored| stored.to_lowercase() == email.to_lowercase()),
        None => true,
    };
    let record = |customer: &Customer| customer.stored(rail.store.instance_id);
    let data: Vec<Value> = rail.store.read(|state| {
        state
            .customers
            .all()
            .iter()
            .filter(wanted)
            .map(record)
            .collect()
    });
    HttpResponse::Ok().json(json!({ "data": data }))
}

/// `POST /_sandbox/customers/{id}/decide`: moves a customer to any status, and ends its review if it has one.
pub(crate) async fn decide(rail: Data<Rail>, id: Path<String>, body: Bytes) -> Answer {
    let id = path_id(&id, "Customer")?;
    let decision: Decision = parse(&body)?;
    let status = Status::parse(&decision.status).ok_or_else(bad_status)?;
    let Decision {
        comment, callback, ..
    } = decision;
    let decide = rail.store.change(|state| {
        let current = state.customers.existing(id)?;
        let now = rail.now();
        Ok(verification::conclude(
            state, current, status, comment, callback, now,
        ))
    });
    let data = decide.await?.stored(rail.store.instance_id);
    Ok(HttpResponse::Ok().json(json!({ "message": "Customer decided.", "data": data })))
}

/// `GET /_sandbox/faults`
pub(crate) async fn faults(rail: Data<Rail>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "data": rail.faults.all() }))
}

/// `POST /_sandbox/faults`: adds one rule.
pub(crate) async fn add_fault(rail: Data<Rail>, body: Bytes) -> Answer {
    Ok(HttpResponse::Created().json(rail.faults.add(parse(&body)?)))
}

/// `DELETE /_sandbox/faults`: removes every rule.
pub(crate) async fn clear_faults(rail: Data<Rail>) -> HttpResponse {
    rail.faults.clear();
    HttpResponse::Ok().json(json!({ "message": "Faults cleared." }))
}

pub(crate) fn bad_status() -> Refusal {
    Refusal::Invalid(Problems::one("status", "The selected status is invalid."))
}

/// The body of a control.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::BadControl(error.to_string()))
}
