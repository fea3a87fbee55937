//! `/customers/{id}/virtual_accounts`: the contract, section 9.

use actix_web::HttpResponse;
use vouch_application::virtual_accounts::AccountOpened;
use vouch_domain::{
    customer::CustomerHandle, form::parse_virtual_account, id::VirtualAccountId,
    idempotency::Operation, ports::AccountPageRequest, values::Rejected,
};

use super::{
    customers::existing,
    idempotency::required_claim,
    money_objects::AccountObject,
    objects::ListObject,
    parameters::{self, DEFAULT_LIMIT},
    routes::Call,
};
use crate::{
    body::read_json,
    error::{ApiError, Code},
    path,
    query::Query,
};

/// `POST /customers/{id}/virtual_accounts`
pub(crate) async fn open(call: Call) -> Result<HttpResponse, ApiError> {
    let body = read_json(&call.request, call.payload).await?;
    let customer = path::customer(&call.request)?;
    let operation = Operation::OpenAccount(customer.clone());
    let digests = &call.state.shared.digests;
    let claim = required_claim(call.request.headers(), operation, &body, digests)?;
    let form = parse_virtual_account(&body.form);
    let use_case = &call.state.services.money.open_account;
    let opened = use_case.open(call.tenant, &customer, &claim, form).await?;
    let (mut response, account) = match opened {
        AccountOpened::New(account) => (HttpResponse::Created(), account),
        AccountOpened::Existing { account, replayed } => (existing(replayed), account),
    };
    Ok(response.json(AccountObject::new(&account, call.tenant.env)))
}

/// `GET /customers/{id}/virtual_accounts`
pub(crate) async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let customer = path::customer(&call.request)?;
    let request = read(customer, call.request.query_string())?;
    let accounts = &call.state.services.money.accounts;
    let page = accounts.accounts_page(call.tenant, &request).await?;
    let page = page.ok_or(Code::CustomerNotFound)?;
    let objects = page
        .accounts
        .iter()
        .map(|account| AccountObject::new(account, call.tenant.env));
    Ok(HttpResponse::Ok().json(ListObject::new(objects, page.has_more)))
}

fn read(customer: CustomerHandle, query: &str) -> Result<AccountPageRequest, ApiError> {
    let mut query = Query::new(query);
    let limit = query.optional("limit", parameters::limit);
    let after = query.optional("starting_after", |text| {
        VirtualAccountId::parse(text).map_err(|_| Rejected("must be the id of a virtual account"))
    });
    query.finish(Some(AccountPageRequest {
        customer,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        after,
    }))
}
