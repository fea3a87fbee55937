//! Finding a customer that may be at the rail already.

use std::cmp::Reverse;

use reqwest::{Method, StatusCode};
use vouch_domain::{
    customer::NewCustomer,
    ports::{RailCustomer, RailCustomerId, RailFailure, Urgency},
    values::CustomerType,
};

use crate::{
    client::{Call, Deadline, RailClient},
    failure, wire,
};

/// The most records that are read one by one because their rows do not say enough.
///
/// The newest are. The slot of the Remittance contract, section 4, admits one reservation of a person at a time, so
/// whatever an open one has made at the rail is younger than the records of everybody else; the rest stay as they are.
const MOST_COMPLETED: usize = 10;

/// Every customer with the e-mail and the document number of this one, newest first, those of unknown age before all.
pub(crate) async fn find(
    client: &RailClient,
    customer: &NewCustomer,
    deadline: Deadline,
    urgency: Urgency,
) -> Result<Vec<RailCustomer>, RailFailure> {
    let call = Call {
        operation: "find_customers",
        method: Method::GET,
        path: &["customer"],
        query: &[wire::filter(customer)],
        body: None,
    };
    let answer = client.repeatedly(&call, deadline, urgency).await?;
    if !answer.status.is_success() {
        return Err(failure::of_status(&answer));
    }
    let mut records = wire::customers(&answer).ok_or_else(failure::unreadable)?;
    // Others may share the number, and the rail ignores filters that it does not know.
    records.retain(|record| may_be(record, customer));
    records.sort_by_key(|record| (record.created_at.is_some(), Reverse(record.created_at)));
    for record in records
        .iter_mut()
        .filter(|record| !is_complete(record))
        .take(MOST_COMPLETED)
    {
        if let Some(complete) = get(client, &record.id, deadline, urgency).await? {
            *record = complete;
        }
    }
    records.retain(|record| may_be(record, customer));
    // One that may be ours but cannot be judged is no absence.
    if !records.iter().all(is_complete) {
        return Err(failure::unreadable());
    }
    Ok(records)
}

/// The customer with this id, if the rail knows it.
pub(crate) async fn get(
    client: &RailClient,
    id: &RailCustomerId,
    deadline: Deadline,
    urgency: Urgency,
) -> Result<Option<RailCustomer>, RailFailure> {
    let call = Call {
        operation: "customer",
        method: Method::GET,
        path: &["customer", id.expose()],
        query: &[],
        body: None,
    };
    let answer = client.repeatedly(&call, deadline, urgency).await?;
    match answer.status {
        status if status.is_success() => wire::customer(&answer)
            .filter(|customer| customer.id == *id)
            .map(Some)
            .ok_or_else(failure::unreadable),
        // Only the rail knows that it has no such customer; a page that was not found is not the rail's.
        StatusCode::NOT_FOUND if answer.body.is_some() => Ok(None),
        _ => Err(failure::of_status(&answer)),
    }
}

/// Whether nothing that the record says tells it from this customer.
fn may_be(record: &RailCustomer, customer: &NewCustomer) -> bool {
    let email = customer.contact.email.expose();
    let number = customer.identity.id_number.expose();
    let is_email = |theirs: &String| theirs.eq_ignore_ascii_case(email);
    record.email.as_ref().is_none_or(is_email)
        && record
            .id_number
            .as_ref()
            .is_none_or(|theirs| theirs == number)
}

/// Whether the record says all by which the domain decides.
fn is_complete(record: &RailCustomer) -> bool {
    let is_named = match record.customer_type {
        Some(CustomerType::Individual) => record.first_name.is_some() && record.last_name.is_some(),
        Some(CustomerType::Business) => record.business_name.is_some(),
        None => false,
    };
    is_named
        && record.created_at.is_some()
        && record.country.is_some()
        && record.email.is_some()
        && record.id_number.is_some()
}
