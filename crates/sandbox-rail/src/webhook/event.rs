//! What the platform is told. Every event has its own shape: the vendor has no common one.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    customer::Customer,
    money::{account::Account, payout::Payout},
    record::Record,
    state::State,
    webhook::{delivery::Delivery, registration::Channel},
};

/// `customer.status_changed`.
pub(crate) fn status_changed(
    state: &State,
    before: &Customer,
    after: &Customer,
    now: DateTime<Utc>,
) -> Option<Record> {
    const EVENT: &str = "customer.status_changed";
    let body = json!({
        "message": "Customer verification status updated",
        "event_type": EVENT,
        "customer_id": after.id,
        "customer_email": after.text("email"),
        "old_status": before.status,
        "new_status": after.status,
        "comment": after.comment,
        "updated_at": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "event_id": Uuid::new_v4(),
        "type": "customer",
    });
    announce(state, Channel::Collection, EVENT, after.id, &body, now)
}

/// An event of a virtual bank account. It has no id: account and event name it.
pub(crate) fn of_account(
    state: &State,
    event: &str,
    account: &Account,
    now: DateTime<Utc>,
) -> Option<Record> {
    let body = account.event(event);
    announce(
        state,
        Channel::Collection,
        event,
        account.customer_id,
        &body,
        now,
    )
}

/// A payout that has begun (`payout_initiated`), or one that has ended (`payout`). Both have the same id.
pub(crate) fn of_payout(state: &State, payout: &Payout, now: DateTime<Utc>) -> Option<Record> {
    let body = payout.event();
    let event = payout.event_type();
    announce(
        state,
        Channel::Payout,
        event,
        payout.customer_id,
        &body,
        now,
    )
}

/// The delivery of an event; none while nobody is registered for it.
fn announce(
    state: &State,
    channel: Channel,
    event: &str,
    customer_id: Uuid,
    body: &Value,
    now: DateTime<Utc>,
) -> Option<Record> {
    state.registration.as_ref()?;
    Some(Record::Delivery(Delivery {
        id: Uuid::new_v4(),
        channel,
        event: event.to_owned(),
        customer_id,
        body: body.to_string(),
        created_at: now,
        attempts: 0,
        next_attempt_at: Some(now),
        is_under_way: false,
        delivered_at: None,
        last_status: None,
    }))
}
