//! `GET /customers`: a page of them, or all of them in bounded memory.

use std::sync::Arc;

use actix_web::{HttpResponse, web::Bytes};
use futures_util::stream::try_unfold;
use serde::Serialize;
use vouch_domain::{
    customer::TreasuryCustomer,
    id::CustomerId,
    ports::{StoreError, TreasuryCustomerQueries},
    tenant::Tenant,
    values::Rejected,
};

use super::{answers::success, customers::CustomerObject, error::Fault, routes::Call};
use crate::query::Query;

const MESSAGE: &str = "Customers fetched";
/// How many customers are in memory at once when all are asked for.
const PAGE: u16 = 500;
/// The most customers of a page that is asked for.
const MAX_LIMIT: u16 = 1000;

#[derive(Serialize)]
struct Customers<'a> {
    customers: Vec<CustomerObject<'a>>,
    total: u64,
}

/// `GET /customers`
pub(super) async fn list(call: Call) -> Result<HttpResponse, Fault> {
    let mut query = Query::new(call.request.query_string());
    let limit = query.optional("limit", parse_limit);
    let after = query.optional("startingAfter", |text| {
        CustomerId::parse_hyphenated(text).map_err(|_| Rejected("must be a customer id"))
    });
    query.finish_ignoring_unknown()?;
    let customers = &call.state.services.treasury.customers;
    let Some(limit) = limit else {
        return all(Arc::clone(customers), call.tenant, after).await;
    };
    let page = customers.page_treasury(call.tenant, after, limit).await?;
    let total = customers.count_treasury(call.tenant).await?;
    let customers = page.iter().map(CustomerObject::new).collect();
    Ok(success(MESSAGE, Customers { customers, total }))
}

fn parse_limit(text: &str) -> Result<u16, Rejected> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = is_number.then(|| text.parse().ok()).flatten();
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or(Rejected("must be a whole number from 1 to 1000"))
}

/// Streams page after page, each read when the caller has taken the last one. The first is read before anything is
/// answered, so that a store which fails at once is an error like any other.
async fn all(
    customers: Arc<dyn TreasuryCustomerQueries>,
    tenant: Tenant,
    after: Option<CustomerId>,
) -> Result<HttpResponse, Fault> {
    let page = customers.page_treasury(tenant, after, PAGE).await?;
    let listing = Listing {
        customers,
        tenant,
        written: 0,
        next: Next::Page(page),
    };
    let body = try_unfold(listing, |listing| async {
        let chunk = listing.chunk().await;
        // The status is out by now: all that is left is to close the connection.
        chunk.inspect_err(|error| tracing::error!(%error, "a list of customers broke off"))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .streaming(body))
}

/// A list that is being written.
struct Listing {
    customers: Arc<dyn TreasuryCustomerQueries>,
    tenant: Tenant,
    written: u64,
    next: Next,
}

/// What is to be written next.
enum Next {
    Page(Vec<TreasuryCustomer>),
    /// The page after this customer.
    After(CustomerId),
    End,
}

impl Listing {
    async fn chunk(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let page = match self.next {
            Next::Page(page) => page,
            Next::After(last) => {
                let after = Some(last);
                let page = self.customers.page_treasury(self.tenant, after, PAGE);
                page.await?
            }
            Next::End => return Ok(None),
        };
        let mut chunk = String::with_capacity(page.len() * 256);
        if self.written == 0 {
            chunk.push_str(r#"{"status":"success","message":""#);
            chunk.push_str(MESSAGE);
            chunk.push_str(r#"","data":{"customers":["#);
        }
        for customer in &page {
            if self.written > 0 {
                chunk.push(',');
            }
            let object = serde_json::to_string(&CustomerObject::new(customer));
            chunk.push_str(&object.map_err(|error| StoreError::Defect(error.to_string()))?);
            self.written += 1;
        }
        self.next = match page.last() {
            Some(last) if page.len() == usize::from(PAGE) => Next::After(last.id),
            _ => {
                chunk.push_str(&format!(r#"],"total":{}}}}}"#, self.written));
                Next::End
            }
        };
        Ok(Some((Bytes::from(chunk), self)))
    }
}
