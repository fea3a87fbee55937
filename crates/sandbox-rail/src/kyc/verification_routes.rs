//! Files, KYC data and the submission of a customer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use serde_json::{Value, json};

use crate::{
    body::{id, object, path_id, success},
    customer::{Customer, Fields, Status},
    customer_routes::WRITE,
    faults::Operation,
    kyc::{
        file::{Purpose, uploaded},
        file_routes::accepts_files,
        verification,
    },
    refusal::{Problems, Refusal},
    server::Rail,
    simulation::{Answer, Call},
    state::State,
};

/// What a KYC data call may set.
const KYC_DATA: [&str; 12] = [
    "dob",
    "street",
    "city",
    "state",
    "zip_code",
    "id_expiry_date",
    "id_issue_date",
    "operating_street",
    "operating_city",
    "operating_state",
    "operating_zip_code",
    "operating_country",
];

/// `POST /api/external/customer/{id}/files`: with `id_file` among them, the review begins.
pub(crate) async fn attach(
    rail: Data<Rail>,
    request: HttpRequest,
    path: Path<String>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::AttachFiles, WRITE)?;
    call.answer(async move {
        let customer_id = path_id(&path, "Customer")?;
        let sent = object(&body)?;
        let attach = rail.store.change(|state| {
            let customer = state.customers.existing(customer_id)?;
            let attached = attached(state, customer, &sent)?;
            if !sent.contains_key("id_file")
                || customer.status == Status::Verified
                || verification::is_submitted(state, customer)
            {
                return Ok(((), vec![attached.into()]));
            }
            let (_, step) = verification::submit(state, &attached, rail.pace, rail.now());
            Ok(((), step))
        });
        attach.await?;
        Ok(HttpResponse::Ok().json(json!({ "message": "Customer files uploaded successfully" })))
    })
    .await
}

/// The customer with the files that were sent in their slots.
fn attached(state: &State, customer: &Customer, sent: &Fields) -> Result<Customer, Refusal> {
    accepts_files(customer)?;
    let slots = || Purpose::OF_INDIVIDUALS.into_iter();
    if !slots().any(|(.., slot)| sent.contains_key(slot)) {
        let complaint = "At least one file is required.";
        return Err(Refusal::Invalid(Problems::one("id_file", complaint)));
    }
    let mut attached = customer.clone();
    for (purpose, _, slot) in slots().filter(|(.., slot)| sent.contains_key(*slot)) {
        if customer.status == Status::Verified && customer.files.contains_key(&purpose) {
            return Err(Refusal::BadRequest(
                "The files of a verified customer cannot be replaced.",
            ));
        }
        let (file, _) = uploaded(state, customer, purpose, slot, id(sent, slot))?;
        attached.files.insert(purpose, file);
    }
    Ok(attached)
}

/// `POST /api/external/customer/{id}/kyc-data`: the other fields are left alone.
pub(crate) async fn add_kyc_data(
    rail: Data<Rail>,
    request: HttpRequest,
    path: Path<String>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::KycData, WRITE)?;
    call.answer(async move {
        let id = path_id(&path, "Customer")?;
        let mut sent = object(&body)?;
        sent.retain(|name, _| KYC_DATA.contains(&name.as_str()));
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
            "Customer KYC data added successfully.",
            &data,
        ))
    })
    .await
}

/// `POST /api/external/customer/{id}/submit`
pub(crate) async fn submit(rail: Data<Rail>, request: HttpRequest, path: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Submit, WRITE)?;
    call.answer(async move {
        let id = path_id(&path, "Customer")?;
        let submit = rail.store.change(|state| {
            let customer = state.customers.existing(id)?;
            if matches!(customer.status, Status::Processing | Status::Verified)
                || verification::is_submitted(state, customer)
            {
                return Err(Refusal::BadRequest(
                    "Customer is already verified or under review.",
                ));
            }
            verification::check_readiness(customer, rail.rules.owners)?;
            Ok(verification::submit(state, customer, rail.pace, rail.now()))
        });
        let data = submitted(&submit.await?);
        Ok(success(
            StatusCode::OK,
            "Customer submitted for verification successfully",
            &data,
        ))
    })
    .await
}

fn submitted(customer: &Customer) -> Value {
    let documents = customer.documents.iter();
    let documents: Vec<Value> = documents
        .map(|document| document.view(customer.id))
        .collect();
    json!({
        "id": customer.id,
        "type": customer.kind,
        "verification_status": customer.status,
        "owners": customer.owners(),
        "documents": documents,
    })
}
