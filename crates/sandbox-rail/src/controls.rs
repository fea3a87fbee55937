//! `/_sandbox`: what a test needs to see and do behind the rail's back. No credentials.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Path, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    customer::{Customer, Status},
    customer_routes::parse_id,
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
    let data: Vec<Value> = rail
        .store
        .read(|customers| customers.all().iter().filter(wanted).map(record).collect());
    HttpResponse::Ok().json(json!({ "data": data }))
}

/// `POST /_sandbox/customers/{id}/decide`: moves a customer to any status.
pub(crate) async fn decide(rail: Data<Rail>, id: Path<String>, body: Bytes) -> Answer {
    let id = parse_id(&id)?;
    let Decision { status, comment } = parse(&body)?;
    let status = Status::parse(&status).ok_or_else(|| {
        Refusal::Invalid(Problems::one("status", "The selected status is invalid."))
    })?;
    let decide = rail.store.change(|existing| {
        let current = existing.get(id).ok_or(Refusal::UnknownCustomer)?.clone();
        Ok(Customer {
            status,
            comment,
            updated_at: rail.now(),
            ..current
        })
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

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::BadControl(error.to_string()))
}
