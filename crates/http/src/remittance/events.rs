//! `/events`: the contract, section 10.

use actix_web::HttpResponse;
use vouch_domain::{event::EventType, id::EventId, ports::EventPageRequest, values::Rejected};

use super::{
    objects::{EventObject, ListObject},
    parameters::{self, DEFAULT_LIMIT},
    routes::Call,
};
use crate::{
    error::{ApiError, Code},
    query::Query,
};

/// `GET /events`
pub(crate) async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let request = read(call.request.query_string())?;
    let page = call
        .state
        .services
        .queries
        .events(call.tenant, &request)
        .await?;
    let objects = page
        .events
        .iter()
        .map(|event| EventObject::new(event, call.tenant.env));
    Ok(HttpResponse::Ok().json(ListObject::new(objects, page.has_more)))
}

fn read(query: &str) -> Result<EventPageRequest, ApiError> {
    let mut query = Query::new(query);
    let customer = query.required("customer_id", parameters::customer_or_nobody);
    let limit = query.optional("limit", parameters::limit);
    let after = query.optional("starting_after", |text| {
        EventId::parse(text).map_err(|_| Rejected("must be an event id"))
    });
    let event_type = query.optional("type", EventType::parse);
    let customer = query.finish(customer)?.ok_or(Code::CustomerNotFound)?;
    Ok(EventPageRequest {
        customer,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        after,
        event_type,
    })
}
