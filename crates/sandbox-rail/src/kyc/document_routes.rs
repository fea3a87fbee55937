//! `/api/external/customer/{id}/document`: what a business shows of itself.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    body::{object, path_id, success},
    customer::Customer,
    customer_routes::{READ, WRITE},
    faults::Operation,
    kyc::{
        document::{Document, accepts_documents, amend, register},
        file::{File, Purpose},
        file_routes::presigned,
    },
    record::Record,
    refusal::Refusal,
    server::Rail,
    simulation::{Answer, Call},
};

/// `POST /api/external/customer/{id}/document/presigned-url`
pub(crate) async fn presign(rail: Data<Rail>, request: HttpRequest, id: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, WRITE)?;
    call.answer(async move {
        let id = path_id(&id, "Customer")?;
        let make = rail.store.change(|state| {
            let customer = state.customers.existing(id)?;
            accepts_documents(customer)?;
            let file = File::new(customer, Purpose::Document, rail.now());
            Ok((file.clone(), vec![Record::File(file)]))
        });
        let data = presigned(&rail, &make.await?);
        Ok(success(
            StatusCode::OK,
            "Upload URL generated successfully",
            &data,
        ))
    })
    .await
}

/// `POST /api/external/customer/{id}/document`
pub(crate) async fn create(
    rail: Data<Rail>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, WRITE)?;
    call.answer(async move {
        let id = path_id(&id, "Customer")?;
        let sent = object(&body)?;
        let register = rail.store.change(|state| {
            let customer = state.customers.existing(id)?;
            accepts_documents(customer)?;
            let document = register(state, customer, &sent, rail.now())?;
            let mut customer = customer.clone();
            customer.documents.push(document.clone());
            Ok((document.view(id), vec![customer.into()]))
        });
        Ok(success(
            StatusCode::CREATED,
            "Document created successfully",
            &register.await?,
        ))
    })
    .await
}

/// `GET /api/external/customer/{id}/document`
pub(crate) async fn list(rail: Data<Rail>, request: HttpRequest, id: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, READ)?;
    call.answer(async move {
        let id = path_id(&id, "Customer")?;
        let views = |customer: &Customer| -> Vec<Value> {
            let documents = customer.documents.iter();
            documents.map(|document| document.view(id)).collect()
        };
        let data = rail
            .store
            .read(|state| state.customers.existing(id).map(views))?;
        Ok(success(
            StatusCode::OK,
            "Documents retrieved successfully",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/customer/{id}/document/{document}`
pub(crate) async fn get(
    rail: Data<Rail>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, READ)?;
    call.answer(async move {
        let (id, document) = ids(&path)?;
        let data = rail.store.read(|state| {
            let customer = state.customers.existing(id)?;
            Ok(find(customer, document)?.view(id))
        })?;
        Ok(success(
            StatusCode::OK,
            "Document retrieved successfully",
            &data,
        ))
    })
    .await
}

/// `PUT /api/external/customer/{id}/document/{document}`
pub(crate) async fn update(
    rail: Data<Rail>,
    request: HttpRequest,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, WRITE)?;
    call.answer(async move {
        let (id, document) = ids(&path)?;
        let sent = object(&body)?;
        let update = rail.store.change(|state| {
            let customer = state.customers.existing(id)?;
            let current = find(customer, document)?;
            accepts_documents(customer)?;
            let amended = amend(state, customer, current, &sent, rail.now())?;
            let view = amended.view(id);
            let mut customer = customer.clone();
            let kept = customer.documents.iter_mut();
            for kept in kept.filter(|kept| kept.id == document) {
                *kept = amended.clone();
            }
            Ok((view, vec![customer.into()]))
        });
        Ok(success(
            StatusCode::OK,
            "Document updated successfully",
            &update.await?,
        ))
    })
    .await
}

/// `DELETE /api/external/customer/{id}/document/{document}`
pub(crate) async fn delete(
    rail: Data<Rail>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Document, WRITE)?;
    call.answer(async move {
        let (id, document) = ids(&path)?;
        let delete = rail.store.change(|state| {
            let customer = state.customers.existing(id)?;
            let current = find(customer, document)?;
            accepts_documents(customer)?;
            current.check_lock()?;
            let mut customer = customer.clone();
            customer.documents.retain(|kept| kept.id != document);
            Ok(((), vec![customer.into()]))
        });
        delete.await?;
        Ok(HttpResponse::Ok().json(json!({ "message": "Document deleted successfully" })))
    })
    .await
}

fn ids(path: &(String, String)) -> Result<(Uuid, Uuid), Refusal> {
    Ok((path_id(&path.0, "Customer")?, path_id(&path.1, "Document")?))
}

fn find(customer: &Customer, id: Uuid) -> Result<&Document, Refusal> {
    let mut documents = customer.documents.iter();
    documents
        .find(|document| document.id == id)
        .ok_or(Refusal::Unknown("Document"))
}
