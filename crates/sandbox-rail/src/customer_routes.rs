//! `/api/external/customer`: create, list, get, update.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path, Query},
};
use serde_json::Value;

use crate::{
    body::{object, path_id, success},
    customer::{Customer, Status},
    faults::Operation,
    mishap,
    pages::page,
    server::Rail,
    simulation::{Answer, Call},
};

/// Where the collection is mounted.
pub(crate) const PATH: &str = "/api/external/customer";

pub(crate) const READ: &str = "customer:read";
pub(crate) const WRITE: &str = "customer:write";
const PAGE_SIZE: usize = 15;
const RETRIEVED: &str = "Customers retrieved successfully.";

/// `POST /api/external/customer`
pub(crate) async fn create(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::CreateCustomer, WRITE)?
        .suffering(mishap::draw(&rail, &body).await?);
    call.answer(async move {
        let sent = object(&body)?;
        let create = rail.store.change(|state| {
            let customer = rail.rules.create(sent, &state.customers, rail.now())?;
            Ok((customer.clone(), vec![customer.into()]))
        });
        let customer = create.await?;
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
            Some("true" | "1" | "yes" | "on") => HttpResponse::Ok().json(page(
                RETRIEVED,
                &format!("{}{PATH}", rail.url),
                "paginate=true&",
                PAGE_SIZE,
                found,
                query.get("page").map(String::as_str),
            )),
            _ => success(StatusCode::OK, RETRIEVED, &found),
        })
    })
    .await
}

/// `GET /api/external/customer/{id}`
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest, id: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Get, READ)?;
    call.answer(async move {
        let id = path_id(&id, "Customer")?;
        let instance = rail.store.instance_id;
        let read = |customer: &Customer| customer.full(instance);
        let data = rail
            .store
            .read(|state| state.customers.existing(id).map(read))?;
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
        let id = path_id(&id, "Customer")?;
        let sent = object(&body)?;
        let change = rail.store.change(|state| {
            let current = state.customers.existing(id)?;
            let customer = rail
                .rules
                .update(current, sent, &state.customers, rail.now())?;
            Ok((customer.clone(), vec![customer.into()]))
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
    rail.store.read(|state| {
        state
            .customers
            .matching(&filters)
            .into_iter()
            .filter(wanted)
            .map(row)
            .collect()
    })
}
