//! The vendor's JSON, and nothing else knows it: what is sent, and what is read from an answer.
//!
//! Reading is tolerant, because the vendor's documents and its answers do not agree: ids at `data.id` and at
//! `data.data.id`, lists under three names, unknown keys. What cannot be read is absent, never guessed.

pub(crate) mod kyc;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use vouch_domain::{
    customer::{ContactField, LegalName, NewCustomer, RailReason},
    ports::{RailContactChange, RailCustomer, RailCustomerId, RailPage, RailStatus},
    values::{CustomerType, IdType},
};

use crate::answer::Answer;

/// The body that creates a customer. What is absent is left out: to the rail a `null` is a value.
pub(crate) fn new_customer(customer: &NewCustomer) -> Value {
    let NewCustomer {
        identity, contact, ..
    } = customer;
    let customer_type = identity.name.customer_type();
    let country = identity.country.as_str();
    let mut body = Map::new();
    let mut put = |name: &str, text: &str| body.insert(name.to_owned(), text.into());
    put("type", customer_type.as_str());
    put("country", country);
    put("tin", identity.tin.expose());
    match &identity.name {
        LegalName::Individual { first, last } => {
            put("first_name", first.as_str());
            put("last_name", last.as_str());
            put("id_type", id_type(identity.id_type));
        }
        LegalName::Business { name } => {
            put("business_name", name.as_str());
            put("incorporation_country", country);
        }
    }
    put(number_name(customer_type), identity.id_number.expose());
    if let Some(issued) = &identity.id_issue_date {
        put("id_issue_date", &issued.date().to_string());
    }
    // The rail's names for contact fields are ours.
    for field in ContactField::ALL {
        if let Some(text) = contact.expose(field) {
            put(field.name(), &text);
        }
    }
    Value::Object(body)
}

/// The body that changes contact data: the changed fields alone, `null` for what was cleared.
pub(crate) fn contact_change(change: RailContactChange<'_>) -> Value {
    change
        .fields
        .iter()
        .map(|field| {
            (
                field.name().to_owned(),
                Value::from(change.contact.expose(*field)),
            )
        })
        .collect()
}

/// The filter that finds whoever has this customer's document number. Not its e-mail: the rail compares exactly, and
/// a letter whose case it changed would hide the record.
pub(crate) fn filter(customer: &NewCustomer) -> (&'static str, &str) {
    let identity = &customer.identity;
    let number_name = number_name(identity.name.customer_type());
    (number_name, identity.id_number.expose())
}

/// What the rail calls our `id_number`.
fn number_name(customer_type: CustomerType) -> &'static str {
    match customer_type {
        CustomerType::Individual => "id_number",
        CustomerType::Business => "registration_number",
    }
}

fn id_type(id_type: IdType) -> &'static str {
    match id_type {
        IdType::NationalId => "id_card",
        other => other.as_str(),
    }
}

/// The id of the customer in an answer.
pub(crate) fn customer_id(answer: &Answer) -> Option<RailCustomerId> {
    id(customer_object(answer)?)
}

/// The customer in an answer.
pub(crate) fn customer(answer: &Answer) -> Option<RailCustomer> {
    record(customer_object(answer)?)
}

/// The customers in an answer. A list that is not whole, or holds what is no customer, cannot be read: who looks for a
/// customer there would take it for absent.
pub(crate) fn customers(answer: &Answer) -> Option<Vec<RailCustomer>> {
    let body = answer.body.as_ref()?;
    let data = body.get("data")?;
    let rows = rows(data)?;
    let total = [
        body.get("meta").and_then(|meta| meta.get("total")),
        data.get("pagination")
            .and_then(|pages| pages.get("total_count")),
    ];
    let is_whole = total
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .all(|total| usize::try_from(total).is_ok_and(|total| total <= rows.len()));
    if !is_whole {
        return None;
    }
    rows.iter().map(record).collect()
}

/// One page of the customers in an answer. A rail that does not page gives them all at once.
pub(crate) fn page(answer: &Answer) -> Option<RailPage> {
    let body = answer.body.as_ref()?;
    let customers: Option<Vec<_>> = rows(body.get("data")?)?.iter().map(record).collect();
    let customers = customers?;
    Some(RailPage {
        has_more: body.contains_key("meta") && !customers.is_empty(),
        customers,
    })
}

fn rows(data: &Value) -> Option<&Vec<Value>> {
    [Some(data), data.get("data"), data.get("customers")]
        .into_iter()
        .flatten()
        .find_map(Value::as_array)
}

fn customer_object(answer: &Answer) -> Option<&Value> {
    let data = answer.body.as_ref()?.get("data")?;
    Some(data.get("data").unwrap_or(data))
}

fn record(object: &Value) -> Option<RailCustomer> {
    let text = |name: &str| text(object, name);
    Some(RailCustomer {
        id: id(object)?,
        created_at: text("created_at").and_then(|time| read_time(&time)),
        updated_at: text("updated_at").and_then(|time| read_time(&time)),
        customer_type: text("type")
            .and_then(|word| CustomerType::parse(&word.to_ascii_lowercase()).ok()),
        country: text("country").or_else(|| text("incorporation_country")),
        first_name: text("first_name"),
        last_name: text("last_name"),
        business_name: text("business_name"),
        email: text("email"),
        // Individuals have no registration number, businesses of long ago an `id_number` alone.
        id_number: text("registration_number").or_else(|| text("id_number")),
        contact: contact(object),
        status: text("verification_status")
            .or_else(|| text("status"))
            .and_then(|word| status(&word)),
        comments: comments(object),
    })
}

/// The rail's word on a customer, in either case.
pub(crate) fn status(word: &str) -> Option<RailStatus> {
    let words = [
        ("PENDING", RailStatus::Pending),
        ("PROCESSING", RailStatus::Processing),
        ("VERIFIED", RailStatus::Verified),
        ("REJECTED", RailStatus::Rejected),
    ];
    let known = words
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map(|(_, status)| status)
}

/// What was written beside the documents of a business.
fn comments(object: &Value) -> Vec<RailReason> {
    let documents = object.get("documents").and_then(Value::as_array);
    let comments = documents
        .into_iter()
        .flatten()
        .filter_map(|document| document.get("admin_comments")?.as_array());
    comments
        .flatten()
        .filter_map(|comment| RailReason::new(comment.as_str()?))
        .collect()
}

/// Written flat, read in part from a nested object.
fn contact(object: &Value) -> BTreeMap<ContactField, String> {
    let places = [Some(object), object.get("kyc_data")];
    let find = |field: ContactField| {
        let found = places
            .iter()
            .flatten()
            .find_map(|place| text(place, field.name()));
        Some((field, found?))
    };
    let other_than_email = ContactField::ALL
        .into_iter()
        .filter(|field| *field != ContactField::Email);
    other_than_email.filter_map(find).collect()
}

fn id(object: &Value) -> Option<RailCustomerId> {
    RailCustomerId::parse(&text(object, "id")?).ok()
}

pub(crate) fn text(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn read_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.to_utc())
}
