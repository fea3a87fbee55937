//! `/customers`: the contract, section 3.

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::{kept_answers::Unwritten, treasury_customers::CreateTreasuryCustomerError};
use vouch_domain::{
    access::Scope, customer::TreasuryCustomer, form::parse_treasury_customer,
    idempotency::KeptAnswer,
};

use super::{
    answers::{answered, milliseconds, success, to_keep},
    customer_list,
    error::Fault,
    openapi::customers as openapi,
    path,
    routes::{Call, Route},
};
use crate::body::read_json;

/// The routes of customers.
pub(super) static ROUTES: [Route; 3] = [
    Route {
        method: Method::GET,
        path: "/customers",
        scopes: &[Scope::TransfersRead],
        needs_key: false,
        handler: |call| customer_list::list(call).boxed_local(),
        describe: openapi::list,
    },
    Route {
        method: Method::POST,
        path: "/customers",
        scopes: &[Scope::TransfersWrite],
        needs_key: true,
        handler: |call| create(call).boxed_local(),
        describe: openapi::create,
    },
    Route {
        method: Method::GET,
        path: "/customers/{id}",
        scopes: &[Scope::TransfersRead],
        needs_key: false,
        handler: |call| retrieve(call).boxed_local(),
        describe: openapi::retrieve,
    },
];

/// The customer object: exactly the six fields of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerObject<'a> {
    id: String,
    name: &'a str,
    email: &'a str,
    #[serde(rename = "type")]
    customer_type: &'static str,
    is_primary: bool,
    #[serde(serialize_with = "milliseconds")]
    created_at: DateTime<Utc>,
}

impl<'a> CustomerObject<'a> {
    pub(super) fn new(customer: &'a TreasuryCustomer) -> Self {
        Self {
            id: customer.id.hyphenated().to_string(),
            name: customer.name.as_str(),
            email: customer.email.expose(),
            customer_type: customer.customer_type.as_str(),
            is_primary: customer.is_primary,
            created_at: customer.created_at(),
        }
    }
}

/// `POST /customers`
async fn create(mut call: Call) -> Result<HttpResponse, Fault> {
    let key = call.key()?;
    let body = read_json(&call.request, call.payload).await?;
    let claim = key.claim(&body, &call.state.shared.digests);
    let form = parse_treasury_customer(&body.form);
    let create = &call.state.services.treasury.create_customer;
    answered(create.create(call.tenant, &claim, form, created).await?)
}

fn created(customer: &TreasuryCustomer) -> Result<KeptAnswer, Unwritten> {
    let object = CustomerObject::new(customer);
    to_keep(StatusCode::CREATED, "Customer created", object)
}

/// `GET /customers/{id}`
async fn retrieve(call: Call) -> Result<HttpResponse, Fault> {
    let id = path::id(&call.request).ok_or(Fault::CustomerNotFound)?;
    let customers = &call.state.services.treasury.customers;
    let found = customers.find_treasury(call.tenant, id).await?;
    let customer = found.ok_or(Fault::CustomerNotFound)?;
    Ok(success("Customer fetched", CustomerObject::new(&customer)))
}

impl From<CreateTreasuryCustomerError> for Fault {
    fn from(error: CreateTreasuryCustomerError) -> Self {
        match error {
            CreateTreasuryCustomerError::Invalid(problems) => Self::Invalid(problems),
            CreateTreasuryCustomerError::Key(error) => error.into(),
            CreateTreasuryCustomerError::Store(error) => error.into(),
        }
    }
}
