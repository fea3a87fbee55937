//! `/customers`: the contract, sections 4 to 7.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{ETAG, LOCATION},
};
use vouch_application::{
    amend::{AmendRequest, Amended},
    create::Created,
};
use vouch_domain::{
    customer::{Customer, CustomerHandle, CustomerSummary, Status, Version},
    form::{parse_amendment, parse_new_customer},
    idempotency::Operation,
    ports::{CustomerPageRequest, SearchText, StoreError},
    tenant::{Env, Tenant},
    values::Rules,
};

use super::{
    idempotency::{optional_claim, required_claim},
    objects::{CustomerObject, ListObject},
    parameters::{self, DEFAULT_LIMIT},
    routes::Call,
};
use crate::{
    body::read_json,
    error::{ApiError, Code},
    etag::{IfMatch, etag, is_known},
    path,
    query::Query,
    server::State,
    standards::PublishedStandards,
};

/// No customer has this version: they count from 1.
const NO_VERSION: Version = Version(0);

/// `POST /customers`
pub(crate) async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let digests = &state.shared.digests;
    let claim = required_claim(headers, Operation::CreateCustomer, &body, digests)?;
    let form = parse_new_customer(&body.form, &rules(&state, tenant.env));
    let (mut response, customer) = match state.services.create.create(tenant, &claim, form).await? {
        Created::New(customer) => {
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, format!("/v1/customers/{}", customer.id)));
            (response, customer)
        }
        Created::Existing { customer, replayed } => (existing(replayed), customer),
    };
    Ok(respond(&mut response, &customer, tenant.env))
}

/// `GET /customers/{id}`
pub(crate) async fn retrieve(call: Call) -> Result<HttpResponse, ApiError> {
    let handle = path::customer(&call.request)?;
    let queries = &call.state.services.queries;
    let found = queries.find(call.tenant, &handle).await?;
    let customer = found.ok_or(Code::CustomerNotFound)?;
    if is_known(call.request.headers(), customer.version) {
        let tag = (ETAG, etag(customer.version));
        return Ok(HttpResponse::NotModified().insert_header(tag).finish());
    }
    Ok(respond(&mut HttpResponse::Ok(), &customer, call.tenant.env))
}

/// `PATCH /customers/{id}`
pub(crate) async fn amend(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let (tenant, state, headers) = (call.tenant, call.state, call.request.headers());
    let customer = path::customer(&call.request)?;
    let operation = Operation::AmendCustomer(customer.clone());
    let claim = optional_claim(headers, operation, &body, &state.shared.digests)?;
    let expected = expected_version(&state, tenant, &customer, IfMatch::of(headers)).await?;
    let rules = rules(&state, tenant.env);
    let judge = |stored: &Customer| {
        let identity = &stored.identity;
        let customer_type = identity.name.customer_type();
        parse_amendment(&body.form, identity.country, customer_type, &rules)
    };
    let request = AmendRequest {
        customer,
        expected,
        claim,
        judge: &judge,
    };
    let Amended { customer, replayed } = state.services.amend.amend(tenant, &request).await?;
    Ok(respond(&mut existing(replayed), &customer, tenant.env))
}

/// `GET /customers`
pub(crate) async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let request = read_page_request(call.request.query_string())?;
    let page = call
        .state
        .services
        .queries
        .page(call.tenant, &request)
        .await?;
    let objects = page
        .customers
        .iter()
        .map(|customer| CustomerObject::new(customer, call.tenant.env));
    Ok(HttpResponse::Ok().json(ListObject::new(objects, page.has_more)))
}

fn read_page_request(query: &str) -> Result<CustomerPageRequest, ApiError> {
    let mut query = Query::new(query);
    let limit = query.optional("limit", parameters::limit);
    let after = query.optional("starting_after", parameters::customer);
    let status = query.optional("status", Status::parse);
    let search = query.optional("q", SearchText::parse);
    query.finish(Some(CustomerPageRequest {
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        after,
        status,
        search,
    }))
}

/// The one version in which the customer must be, if the caller insists on any.
///
/// Of several that it would accept, the one that the customer is in: if that changes before the amendment, the
/// amendment fails, as if the caller had read in between and asked for that version alone.
async fn expected_version(
    state: &State,
    tenant: Tenant,
    customer: &CustomerHandle,
    if_match: IfMatch,
) -> Result<Option<Version>, StoreError> {
    let versions = match if_match {
        IfMatch::Any => return Ok(None),
        IfMatch::OneOf(versions) => versions,
    };
    if let [only] = versions[..] {
        return Ok(Some(only));
    }
    let current = state.services.queries.find(tenant, customer).await?;
    let current = current.map(|customer| customer.version);
    let accepted = current.filter(|version| versions.contains(version));
    Ok(Some(accepted.unwrap_or(NO_VERSION)))
}

fn rules(state: &State, env: Env) -> Rules<'static> {
    Rules {
        today: state.shared.clock.now().date_naive(),
        env,
        policy: state.shared.policy,
        standards: &PublishedStandards,
    }
}

/// An answer that made nothing new.
pub(super) fn existing(replayed: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    if replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response
}

pub(super) fn respond(
    response: &mut HttpResponseBuilder,
    customer: &CustomerSummary,
    env: Env,
) -> HttpResponse {
    response
        .insert_header((ETAG, etag(customer.version)))
        .json(CustomerObject::new(customer, env))
}
