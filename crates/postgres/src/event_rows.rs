//! What an event tells, as columns.

use serde_json::{Value, json};
use uuid::Uuid;
use vouch_domain::{
    customer::Status,
    event::{AccountMark, EventDetail, EventType, PayoutMark},
    money::MinorUnits,
    payout::{PayoutEnd, PayoutFailure},
    ports::StoreError,
    values::{FiatCurrency, MerchantReference},
};

use crate::rows::{broken, contact_fields, id};

/// What the column `detail` holds, as JSON; nothing where the other columns tell it all.
pub(crate) fn detail_json(detail: &EventDetail) -> Option<String> {
    let json = match detail {
        EventDetail::Created | EventDetail::Updated { .. } | EventDetail::Closed => return None,
        EventDetail::KycSubmitted { submission } => {
            json!({"submission": submission.uuid().to_string()})
        }
        EventDetail::StatusChanged { previous, .. } => json!({"previous": previous.as_str()}),
        EventDetail::AccountActivated(mark) | EventDetail::AccountFailed(mark) => json!({
            "account": mark.account.uuid().to_string(),
            "currency": mark.currency.as_str(),
        }),
        EventDetail::PayoutEnded(mark, end) => json!({
            "payout": mark.payout.uuid().to_string(),
            "currency": mark.currency.as_str(),
            "amount_minor": mark.amount.count(),
            "merchant_reference": mark.merchant_reference.as_str(),
            "failure": end.failure().map(PayoutFailure::as_str),
        }),
    };
    Some(json.to_string())
}

/// Reads what the columns hold: `event_type`, `status`, `changed` and `detail`.
pub(crate) fn read_detail(
    event_type: &str,
    status: Status,
    changed: &[String],
    detail: Option<&str>,
) -> Result<EventDetail, StoreError> {
    let detail: Value = serde_json::from_str(detail.unwrap_or("null")).map_err(|_| unreadable())?;
    let event_type = EventType::parse(event_type).map_err(|_| broken("event type"))?;
    Ok(match event_type {
        EventType::CustomerCreated => EventDetail::Created,
        EventType::CustomerUpdated => EventDetail::Updated {
            changed: contact_fields(changed)?,
        },
        EventType::KycSubmitted => EventDetail::KycSubmitted {
            submission: id(uuid(&detail, "submission")?)?,
        },
        EventType::KycStatusChanged => EventDetail::StatusChanged {
            previous: Status::parse(text(&detail, "previous")?).map_err(|_| broken("status"))?,
            status,
        },
        EventType::CustomerClosed => EventDetail::Closed,
        EventType::VirtualAccountActivated => EventDetail::AccountActivated(account(&detail)?),
        EventType::VirtualAccountFailed => EventDetail::AccountFailed(account(&detail)?),
        EventType::PayoutPaid => EventDetail::PayoutEnded(payout(&detail)?, PayoutEnd::Paid),
        EventType::PayoutFailed => {
            let failure =
                PayoutFailure::parse(text(&detail, "failure")?).map_err(|_| unreadable())?;
            EventDetail::PayoutEnded(payout(&detail)?, PayoutEnd::Failed(failure))
        }
    })
}

fn account(detail: &Value) -> Result<AccountMark, StoreError> {
    Ok(AccountMark {
        account: id(uuid(detail, "account")?)?,
        currency: currency(detail)?,
    })
}

fn payout(detail: &Value) -> Result<PayoutMark, StoreError> {
    let amount = detail.get("amount_minor").and_then(Value::as_i64);
    let reference = text(detail, "merchant_reference")?.to_owned();
    Ok(PayoutMark {
        payout: id(uuid(detail, "payout")?)?,
        currency: currency(detail)?,
        amount: MinorUnits::new(amount.ok_or_else(unreadable)?).map_err(|_| unreadable())?,
        merchant_reference: MerchantReference::restore(reference).map_err(|_| unreadable())?,
    })
}

fn currency(detail: &Value) -> Result<FiatCurrency, StoreError> {
    FiatCurrency::parse(text(detail, "currency")?).map_err(|_| unreadable())
}

fn uuid(detail: &Value, name: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text(detail, name)?).map_err(|_| unreadable())
}

fn text<'a>(detail: &'a Value, name: &str) -> Result<&'a str, StoreError> {
    detail
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    broken("event's detail")
}
