//! `/customers/{id}/files`: the contract, section 8.

use actix_web::HttpResponse;
use vouch_application::kyc_files::Done;
use vouch_domain::{
    form::{parse_attachments, parse_upload},
    idempotency::Operation,
};

use super::{
    customers::existing,
    idempotency::optional_claim,
    kyc_objects::{FileObject, SlotsObject},
    routes::Call,
};
use crate::{body::read_json, error::ApiError, path, uploads::upload_url};

/// `POST /customers/{id}/files`
pub(crate) async fn add(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let customer = path::customer(&call.request)?;
    let operation = Operation::AddFile(customer.clone());
    let claim = optional_claim(headers, operation, &body, &state.shared.digests)?;
    let judge = |customer_type| parse_upload(&body.form, customer_type);
    let desk = &state.services.kyc.files;
    let added = desk.add(tenant, &customer, claim.as_ref(), &judge).await?;
    let Done {
        now: file,
        replayed,
    } = added;
    let mut response = match replayed {
        true => existing(true),
        false => HttpResponse::Created(),
    };
    let url = upload_url(&state.shared, tenant, file.id);
    Ok(response.json(FileObject::new(&file, tenant.env, &url)))
}

/// `POST /customers/{id}/files/attach`
pub(crate) async fn attach(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let customer = path::customer(&call.request)?;
    let operation = Operation::AttachFiles(customer.clone());
    let claim = optional_claim(headers, operation, &body, &state.shared.digests)?;
    let judge = |customer_type| parse_attachments(&body.form, customer_type);
    let desk = &state.services.kyc.files;
    let attached = desk
        .attach(tenant, &customer, claim.as_ref(), &judge)
        .await?;
    let slots = SlotsObject::new(&attached.now, tenant.env);
    Ok(existing(attached.replayed).json(slots))
}
