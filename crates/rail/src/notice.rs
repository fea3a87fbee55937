//! The vendor's callbacks: no two kinds have the same shape, and no field names the kind of all.

use chrono::DateTime;
use serde_json::{Map, Value};
use vouch_domain::{
    customer::{RailReason, ToldReason},
    id::PayoutId,
    ports::{RailAccountId, RailCustomerId, RailNotice, RailStatus},
};

use crate::wire::status;

/// What a callback is about. Whatever cannot be read is about nothing.
pub(crate) fn notice(body: &[u8]) -> RailNotice {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return RailNotice::Nothing;
    };
    let read = [of_customer, of_account, of_payout];
    let mut notices = read.iter().filter_map(|read| read(&body));
    notices.next().unwrap_or(RailNotice::Nothing)
}

/// Customers have an `event_type`, and are of the type `customer`.
fn of_customer(body: &Map<String, Value>) -> Option<RailNotice> {
    let is_of_type = text(body, "type").is_some_and(|word| word == "customer");
    let is_event = text(body, "event_type").is_some_and(|word| word.starts_with("customer."));
    if !is_of_type && !is_event {
        return None;
    }
    Some(RailNotice::Customer {
        customer: RailCustomerId::parse(text(body, "customer_id")?).ok()?,
        reason: reason(body),
    })
}

fn reason(body: &Map<String, Value>) -> Option<ToldReason> {
    let is_rejection = text(body, "new_status").and_then(status) == Some(RailStatus::Rejected);
    let reason = RailReason::new(text(body, "comment")?).filter(|_| is_rejection)?;
    let at = text(body, "updated_at").and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    Some(ToldReason {
        reason,
        at: at.map(|time| time.to_utc()),
    })
}

/// Virtual bank accounts have an `event`.
fn of_account(body: &Map<String, Value>) -> Option<RailNotice> {
    text(body, "event").filter(|event| event.starts_with("virtual_account."))?;
    let customer = text(body, "customer_id").and_then(|id| RailCustomerId::parse(id).ok());
    Some(RailNotice::VirtualAccount {
        account: RailAccountId::parse(text(body, "virtual_account_id")?).ok()?,
        customer,
    })
}

/// Payouts are of one of two types.
fn of_payout(body: &Map<String, Value>) -> Option<RailNotice> {
    text(body, "type").filter(|word| matches!(*word, "payout" | "payout_initiated"))?;
    let payout = PayoutId::parse(text(body, "merchant_reference")?).ok()?;
    Some(RailNotice::Payout(payout))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> RailNotice {
        notice(body.to_string().as_bytes())
    }

    #[test]
    fn customers_are_told_of_flat() {
        let body = |status: &str, comment: Value| {
            json!({
                "message": "Customer verification status updated", "event_type": "customer.status_changed",
                "customer_id": "rail-1", "customer_email": "a@b.example", "old_status": "PENDING", "new_status": status,
                "comment": comment, "updated_at": "2026-03-13T14:30:00.000Z", "event_id": "e", "type": "customer",
            })
        };
        let about = |reason| RailNotice::Customer {
            customer: RailCustomerId::parse("rail-1").unwrap(),
            reason,
        };
        assert_eq!(read(&body("VERIFIED", Value::Null)), about(None));
        assert_eq!(read(&body("VERIFIED", json!("Well done"))), about(None));
        assert_eq!(read(&body("REJECTED", json!(" "))), about(None));
        let told = ToldReason {
            reason: RailReason::new("Expired").unwrap(),
            at: Some("2026-03-13T14:30:00Z".parse().unwrap()),
        };
        assert_eq!(read(&body("rejected", json!("Expired"))), about(Some(told)));
    }

    #[test]
    fn accounts_and_payouts_are_told_apart() {
        let account = json!({
            "event": "virtual_account.ready", "virtual_account_id": "va-1", "customer_id": "rail-1",
            "wallet_id": "w", "currency": "GBP", "status": "SUCCESSFUL",
        });
        let expected = RailNotice::VirtualAccount {
            account: RailAccountId::parse("va-1").unwrap(),
            customer: RailCustomerId::parse("rail-1").ok(),
        };
        assert_eq!(read(&account), expected);
        let ours = "ckpo_01h455vb4pex5vsknk084sn02q";
        for word in ["payout", "payout_initiated"] {
            let payout = json!({
                "message": "Transaction Completed", "transaction_id": "t-1", "merchant_reference": ours,
                "transaction_status": "SUCCESSFUL", "customer_id": "rail-1", "event_id": "e", "type": word,
            });
            let expected = RailNotice::Payout(PayoutId::parse(ours).unwrap());
            assert_eq!(read(&payout), expected);
        }
    }

    #[test]
    fn everything_else_is_about_nothing() {
        for body in [
            json!([]),
            json!({}),
            json!({"type": "collection", "transaction_id": "t-1"}),
            json!({"type": "payout", "merchant_reference": "somebody else's"}),
            json!({"event_type": "customer.status_changed", "customer_id": "../x"}),
            json!({"event": "virtual_account.ready", "virtual_account_id": 7}),
        ] {
            assert_eq!(read(&body), RailNotice::Nothing, "{body}");
        }
        assert_eq!(notice(b"\xff"), RailNotice::Nothing);
    }
}
