//! Presigned URLs for the files of individuals, and the PUT to any presigned URL.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_TYPE, ETAG},
    web::{Bytes, Data, Path, Payload, Query},
};
use serde_json::{Value, json};

use crate::{
    body::{id, object, path_id, text},
    customer::{Customer, Fields, Kind, Status},
    faults::Operation,
    kyc::file::{File, Purpose},
    record::Record,
    refusal::{Problems, Refusal},
    server::Rail,
    simulation::{Answer, Call},
    state::State,
};

const UPLOAD: &str = "file:upload";

/// `POST /api/external/file/get-presigned-url`
pub(crate) async fn presign(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Presign, UPLOAD)?;
    call.answer(async move {
        let sent = object(&body)?;
        let make = rail.store.change(|state| {
            let (customer, purpose) = wanted(state, &sent)?;
            let file = File::new(customer, purpose, rail.now());
            Ok((file.clone(), vec![Record::File(file)]))
        });
        let mut answer = presigned(&rail, &make.await?);
        answer["message"] = json!("Presigned URL generated successfully.");
        Ok(HttpResponse::Ok().json(answer))
    })
    .await
}

fn wanted<'a>(state: &'a State, sent: &Fields) -> Result<(&'a Customer, Purpose), Refusal> {
    let mut problems = Problems::default();
    let customer = id(sent, "customer_id").and_then(|id| state.customers.get(id));
    if customer.is_none() {
        problems = Problems::unknown("customer_id");
    }
    let category = text(sent, "file_category");
    let purpose = Purpose::OF_INDIVIDUALS
        .into_iter()
        .find(|(_, name, _)| Some(*name) == category);
    if purpose.is_none() {
        problems.add("file_category", "The selected file category is invalid.");
    }
    let (Some(customer), Some((purpose, ..))) = (customer, purpose) else {
        return Err(Refusal::Invalid(problems));
    };
    accepts_files(customer)?;
    Ok((customer, purpose))
}

/// Businesses have documents instead, and nothing is uploaded under the reviewers' eyes.
pub(crate) fn accepts_files(customer: &Customer) -> Result<(), Refusal> {
    if customer.kind == Kind::Business {
        return Err(Refusal::BadRequest(
            "Files are for individual customers. Use the document endpoints for a business.",
        ));
    }
    if customer.status == Status::Processing {
        return Err(Refusal::BadRequest(
            "Files cannot be uploaded while verification is in progress.",
        ));
    }
    Ok(())
}

/// What a client needs for the PUT.
pub(crate) fn presigned(rail: &Rail, file: &File) -> Value {
    json!({
        "file_id": file.id,
        "url": format!("{}{}", rail.url, file.upload_path()),
        "headers": { "x-amz-acl": "private" },
    })
}

/// `PUT` of a presigned URL. The URL is all the credential there is.
pub(crate) async fn upload(
    rail: Data<Rail>,
    request: HttpRequest,
    id: Path<String>,
    query: Query<HashMap<String, String>>,
    payload: Payload,
) -> Answer {
    let id = path_id(&id, "File")?;
    let token = query.get("token").map(String::as_str).unwrap_or_default();
    let admit = |state: &State| {
        let file = state.files.get(id).ok_or(Refusal::Unknown("File"))?;
        file.admit(token, rail.now()).map(|()| file.clone())
    };
    rail.store.read(admit)?;
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let (token, call) = (
        token.to_owned(),
        Call::new(&rail, &request, Operation::Upload),
    );
    call.answer(async move {
        let upload = rail.uploads.receive(content_type, payload).await?;
        let keep = rail.store.change(|state| {
            let file = state.files.get(id).ok_or(Refusal::Unknown("File"))?;
            file.admit(&token, rail.now())?;
            let etag = format!("\"{}\"", upload.sha256);
            Ok((etag, vec![Record::File(file.filled(upload))]))
        });
        Ok(HttpResponse::Ok()
            .insert_header((ETAG, keep.await?))
            .json(json!({ "message": "File uploaded successfully." })))
    })
    .await
}
