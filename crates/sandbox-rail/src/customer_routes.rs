//! `/api/external/customer`: create, list, get, update.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path, Query},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    customer::{Customer, Fields, Status},
    faults::Operation,
    refusal::Refusal,
    server::Rail,
    simulation::{Answer, Call},
};

/// Where the collection is mounted.
pub(crate) const PATH: &str = "/api/external/customer";

const READ: &str = "customer:read";
const WRITE: &str = "customer:write";
const PAGE_SIZE: usize = 15;

/// `POST /api/external/customer`
pub(crate) async fn create(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::CreateCustomer, WRITE)?;
    call.answer(async move {
        let sent = object(&body)?;
        let customer = rail
            .store
            .change(|existing| rail.rules.create(sent, existing, rail.now()))
            .await?;
        let data = customer.created(rail.store.instance_id);
        Ok(success(
            StatusCode::CREATED,
            "Customer created successfully.",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/customer`
pub(crate) async fn list(
    rail: Data<Rail>,
    request: HttpRequest,
    query: Query<HashMap<String, String>>,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Lookup, READ)?;
    call.answer(async move {
        let found = find(&rail, &query);
        Ok(match query.get("paginate").map(String::as_str) {
            Some("true" | "1" | "yes" | "on") => page(&rail, found, query.get("page")),
            _ => success(
                StatusCode::OK,
                "Customers retrieved successfully.",
                &Value::Array(found),
            ),
        })
    })
    .await
}

/// `GET /api/external/customer/{id}`
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest, id: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Get, READ)?;
    call.answer(async move {
        let id = parse_id(&id)?;
        let data = rail
            .store
            .read(|customers| {
                customers
                    .get(id)
                    .map(|customer| customer.full(rail.store.instance_id))
            })
            .ok_or(Refusal::UnknownCustomer)?;
        Ok(success(
            StatusCode::OK,
            "Customer retrieved successfully.",
            &data,
        ))
    })
    .await
}

/// `PUT /api/external/customer/{id}`
pub(crate) async fn update(
    rail: Data<Rail>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Update, WRITE)?;
    call.answer(async move {
        let id = parse_id(&id)?;
        let sent = object(&body)?;
        let change = rail.store.change(|existing| {
            let current = existing.get(id).ok_or(Refusal::UnknownCustomer)?;
            rail.rules.update(current, sent, existing, rail.now())
        });
        let data = change.await?.full(rail.store.instance_id);
        Ok(success(
            StatusCode::OK,
            "Customer updated successfully.",
            &data,
        ))
    })
    .await
}

/// The id of a path; what is no id names no customer.
pub(crate) fn parse_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::UnknownCustomer)
}

fn object(body: &[u8]) -> Result<Fields, Refusal> {
    if body.is_empty() {
        return Ok(Fields::new());
    }
    serde_json::from_slice(body)
        .map_err(|_| Refusal::BadRequest("The request body must be a JSON object."))
}

fn success(status: StatusCode, message: &str, data: &Value) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "message": message, "data": data }))
}

/// Rows of the customers that satisfy every filter, oldest first. E-mail and numbers match exactly, the enumerations
/// in any case.
fn find(rail: &Rail, query: &HashMap<String, String>) -> Vec<Value> {
    let kind = query.get("type").map(|kind| kind.to_ascii_lowercase());
    let exact = ["email", "id_number", "registration_number"];
    let mut filters: Vec<(&str, &str)> = exact
        .into_iter()
        .filter_map(|name| Some((name, query.get(name)?.as_str())))
        .collect();
    filters.extend(kind.as_deref().map(|kind| ("type", kind)));
    let status = query
        .get("verification_status")
        .map(|status| Status::parse(status));
    let wanted = |customer: &&Customer| status.is_none_or(|status| Some(customer.status) == status);
    let row = |customer: &Customer| customer.row(rail.store.instance_id);
    rail.store.read(|customers| {
        customers
            .matching(&filters)
            .into_iter()
            .filter(wanted)
            .map(row)
            .collect()
    })
}

/// One page of Laravel's paginator, newest first.
fn page(rail: &Rail, found: Vec<Value>, number: Option<&String>) -> HttpResponse {
    let number = number
        .and_then(|number| number.parse().ok())
        .unwrap_or(1)
        .max(1);
    let total = found.len();
    let last = total.div_ceil(PAGE_SIZE).max(1);
    let before = PAGE_SIZE.saturating_mul(number - 1);
    let data: Vec<Value> = found
        .into_iter()
        .rev()
        .skip(before)
        .take(PAGE_SIZE)
        .collect();
    let path = format!("{}{PATH}", rail.url);
    let link = |page: usize| format!("{path}?paginate=true&page={page}");
    HttpResponse::Ok().json(json!({
        "message": "Customers retrieved successfully.",
        "links": {
            "first": link(1),
            "last": link(last),
            "prev": (number > 1).then(|| link(number - 1)),
            "next": (number < last).then(|| link(number + 1)),
        },
        "meta": {
            "current_page": number,
            "from": (!data.is_empty()).then(|| before + 1),
            "to": (!data.is_empty()).then(|| before + data.len()),
            "last_page": last,
            "path": path,
            "per_page": PAGE_SIZE,
            "total": total,
        },
        "data": data,
    }))
}
