//! `/payouts`: the contract, section 9.

use actix_web::{HttpResponse, http::header::LOCATION};
use vouch_application::payouts::PayoutMade;
use vouch_domain::{
    form::parse_payout, id::PayoutId, idempotency::Operation, ports::PayoutPageRequest,
    values::Rejected,
};

use super::{
    customers::existing,
    idempotency::required_claim,
    money_objects::PayoutObject,
    objects::ListObject,
    parameters::{self, DEFAULT_LIMIT},
    routes::Call,
};
use crate::{
    body::read_json,
    error::{ApiError, Code},
    path,
    query::Query,
    standards::PublishedStandards,
};

/// `POST /payouts`
pub(crate) async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let digests = &call.state.shared.digests;
    let headers = call.request.headers();
    let claim = required_claim(headers, Operation::CreatePayout, &body, digests)?;
    let form = parse_payout(&body.form, &PublishedStandards);
    let use_case = &call.state.services.money.make_payout;
    let (mut response, payout) = match use_case.make(call.tenant, &claim, form).await? {
        PayoutMade::New(payout) => {
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, format!("/v1/payouts/{}", payout.id)));
            (response, payout)
        }
        PayoutMade::Existing { payout, replayed } => (existing(replayed), payout),
    };
    Ok(response.json(PayoutObject::new(&payout, call.tenant.env)))
}

/// `GET /payouts/{id}`
pub(crate) async fn retrieve(call: Call) -> Result<HttpResponse, ApiError> {
    let id = path::payout(&call.request)?;
    let payouts = &call.state.services.money.payouts;
    let found = payouts.find_payout(call.tenant, id).await?;
    let payout = found.ok_or(Code::PayoutNotFound)?;
    Ok(HttpResponse::Ok().json(PayoutObject::new(&payout, call.tenant.env)))
}

/// `GET /payouts`
pub(crate) async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let request = read(call.request.query_string())?;
    let payouts = &call.state.services.money.payouts;
    let page = payouts.payouts_page(call.tenant, &request).await?;
    let objects = page
        .payouts
        .iter()
        .map(|payout| PayoutObject::new(payout, call.tenant.env));
    Ok(HttpResponse::Ok().json(ListObject::new(objects, page.has_more)))
}

fn read(query: &str) -> Result<PayoutPageRequest, ApiError> {
    let mut query = Query::new(query);
    let customer = query.optional("customer_id", parameters::customer_or_nobody);
    let limit = query.optional("limit", parameters::limit);
    let after = query.optional("starting_after", |text| {
        PayoutId::parse(text).map_err(|_| Rejected("must be the id of a payout"))
    });
    query.finish(Some(()))?;
    let customer = customer
        .map(|named| named.ok_or(Code::CustomerNotFound))
        .transpose()?;
    Ok(PayoutPageRequest {
        customer,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        after,
    })
}
