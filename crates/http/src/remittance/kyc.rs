//! `/customers/{id}/kyc`: the contract, section 8.

use actix_web::HttpResponse;
use vouch_domain::{form::parse_empty, idempotency::Operation};

use super::{
    customers::existing,
    idempotency::optional_claim,
    kyc_objects::{AcceptedObject, SubmissionObject},
    objects::ListObject,
    parameters::MAX_LIMIT,
    routes::Call,
};
use crate::{
    body::read_optional_json,
    error::{ApiError, Code},
    path,
    query::Query,
};

/// `POST /customers/{id}/kyc`
pub(crate) async fn submit(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_optional_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let customer = path::customer(&call.request)?;
    let operation = Operation::SubmitKyc(customer.clone());
    let claim = optional_claim(headers, operation, &body, &state.shared.digests)?;
    let form = parse_empty(&body.form);
    let submit = &state.services.kyc.submit;
    let submitted = submit
        .submit(tenant, &customer, claim.as_ref(), &form)
        .await?;
    let mut response = match submitted.replayed {
        true => existing(true),
        false => HttpResponse::Accepted(),
    };
    Ok(response.json(AcceptedObject::new(&submitted.now, tenant.env)))
}

/// `GET /customers/{id}/kyc`
pub(crate) async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    Query::new(call.request.query_string()).finish(Some(()))?;
    let customer = path::customer(&call.request)?;
    let env = call.tenant.env;
    let submissions = &call.state.services.kyc.submissions;
    // One more than are shown tells whether there are more.
    let found = submissions
        .submissions_of(call.tenant, &customer, MAX_LIMIT + 1)
        .await?;
    let mut found = found.ok_or(Code::CustomerNotFound)?;
    let has_more = found.len() > usize::from(MAX_LIMIT);
    found.truncate(usize::from(MAX_LIMIT));
    let objects = found
        .iter()
        .map(|submission| SubmissionObject::new(submission, env));
    Ok(HttpResponse::Ok().json(ListObject::new(objects, has_more)))
}
