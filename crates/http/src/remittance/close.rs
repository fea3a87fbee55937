//! `/customers/{id}/close`: the contract, section 8.

use actix_web::HttpResponse;
use vouch_application::close::Closed;
use vouch_domain::{customer::Cause, form::parse_empty, idempotency::Operation};

use super::{
    customers::{existing, respond},
    idempotency::optional_claim,
    routes::Call,
};
use crate::{body::read_optional_json, error::ApiError, path};

/// `POST /customers/{id}/close`
pub(crate) async fn close(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_optional_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let customer = path::customer(&call.request)?;
    parse_empty(&body.form).map_err(ApiError::form)?;
    let operation = Operation::CloseCustomer(customer.clone());
    let claim = optional_claim(headers, operation, &body, &state.shared.digests)?;
    let close = &state.services.close;
    let Closed { customer, replayed } = close
        .close(tenant, &customer, Cause::Merchant, claim.as_ref())
        .await?;
    Ok(respond(&mut existing(replayed), &customer, tenant.env))
}
