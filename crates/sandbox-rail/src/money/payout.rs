//! Payouts: money that leaves a wallet for somebody's account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    customer::timestamp,
    money::currency::{Amount, Currency},
    record::Step,
    state::State,
    table::Identified,
    webhook::event,
};

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum PayoutStatus {
    Pending,
    Successful,
    Failed,
}

impl PayoutStatus {
    /// The status with this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "PENDING" => Some(Self::Pending),
            "SUCCESSFUL" => Some(Self::Successful),
            "FAILED" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// Whom it goes to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Recipient {
    pub(crate) id: Uuid,
    pub(crate) account_name: Option<String>,
    pub(crate) account_number: Option<String>,
    pub(crate) bank_name: Option<String>,
    pub(crate) bank_code: Option<String>,
    pub(crate) routing_number: Option<String>,
    pub(crate) email: Option<String>,
}

/// One payout.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Payout {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) wallet_id: Uuid,
    pub(crate) currency: Currency,
    pub(crate) method: String,
    /// What leaves the wallet.
    pub(crate) amount: Amount,
    pub(crate) fee: Amount,
    /// The rail's own.
    pub(crate) reference: Uuid,
    /// The platform's, unique among all its payouts.
    pub(crate) merchant_reference: Option<String>,
    pub(crate) recipient: Recipient,
    pub(crate) status: PayoutStatus,
    pub(crate) created_at: DateTime<Utc>,
    /// None once it is over.
    pub(crate) completion_at: Option<DateTime<Utc>>,
    pub(crate) event_id: Uuid,
}

impl Identified for Payout {
    fn id(&self) -> Uuid {
        self.id
    }
}

/// Completes a payout whose time has come. Nothing happens to one that is over.
pub(crate) fn complete(state: &State, id: Uuid, now: DateTime<Utc>) -> Step {
    let pending = |payout: &&Payout| payout.status == PayoutStatus::Pending;
    match state.payouts.get(id).filter(pending) {
        Some(payout) => settle(state, payout, PayoutStatus::Successful, now).1,
        None => Step::new(),
    }
}

/// Moves the payout to this status, whatever it was. A failed one is back in the wallet.
pub(crate) fn settle(
    state: &State,
    payout: &Payout,
    status: PayoutStatus,
    now: DateTime<Utc>,
) -> (Payout, Step) {
    let payout = Payout {
        status,
        completion_at: None,
        ..payout.clone()
    };
    let told = event::of_payout(state, &payout, now);
    let step = std::iter::once(payout.clone().into()).chain(told).collect();
    (payout, step)
}

impl Payout {
    /// What the recipient gets.
    fn amount_without_fee(&self) -> Amount {
        Amount(self.amount.0 - self.fee.0)
    }

    /// What is missing in the wallet because of it.
    pub(crate) fn taken(&self) -> Amount {
        match self.status {
            PayoutStatus::Pending | PayoutStatus::Successful => self.amount,
            PayoutStatus::Failed => Amount::default(),
        }
    }

    /// Answer to the create.
    pub(crate) fn view(&self, business_id: Uuid) -> Value {
        json!({
            "id": self.id,
            "business_id": business_id,
            "business_customer_id": self.customer_id,
            "business_wallet_id": self.wallet_id,
            "status": self.status,
            "type": "payout",
            "reference": self.reference,
            "merchant_reference": self.merchant_reference,
            "currency": self.currency,
            "amount": self.amount.json(),
            "amount_without_fee": self.amount_without_fee().json(),
            "fee": self.fee.json(),
            "rate": 1,
            "date": timestamp(self.created_at),
            "recipient": {
                "id": self.recipient.id,
                "account_number": self.recipient.account_number,
                "account_name": self.recipient.account_name,
                "amount": self.amount_without_fee().json(),
                "currency": self.currency,
                "bank_name": self.recipient.bank_name,
                "bank_code": self.recipient.bank_code,
                "status": self.status,
                "routing_number": self.recipient.routing_number,
                "email": self.recipient.email,
            },
        })
    }

    /// Answer to a get, and row of a list: what all kinds of transaction have.
    pub(crate) fn transaction(&self, business_id: Uuid) -> Value {
        let mut view = self.view(business_id);
        view["payee_collection_email"] = Value::Null;
        view["source_information"] = json!({ "collection_email": null, "collection_name": null });
        view["swap_details"] = Value::Null;
        view
    }

    /// The `type` of its latest event.
    pub(crate) fn event_type(&self) -> &'static str {
        match self.status {
            PayoutStatus::Pending => "payout_initiated",
            PayoutStatus::Successful | PayoutStatus::Failed => "payout",
        }
    }

    /// The body of its latest event.
    pub(crate) fn event(&self) -> Value {
        let message = match self.status {
            PayoutStatus::Pending => "Transaction Initiated",
            PayoutStatus::Successful => "Transaction Completed",
            PayoutStatus::Failed => "Transaction Failed",
        };
        let mut body = json!({
            "message": message,
            "transaction_id": self.id,
            "transaction_reference": self.reference,
            "merchant_reference": self.merchant_reference,
            "transaction_status": self.status,
            "transaction_fee": self.fee.json(),
            "transaction_amount_without_fee": self.amount_without_fee().json(),
            "transaction_amount": self.amount.json(),
            "transaction_currency": self.currency,
            "customer_id": self.customer_id,
            "recipient": {
                "account_number": self.recipient.account_number,
                "account_name": self.recipient.account_name,
                "bank_name": self.recipient.bank_name,
                "amount": self.amount_without_fee().json(),
            },
            "event_id": self.event_id,
            "type": self.event_type(),
        });
        if self.method == "interac" {
            body["extras"] = self.interac_extras();
        }
        body
    }

    fn interac_extras(&self) -> Value {
        let answer = 1000 + self.id.as_u128() % 9000;
        let mut extras = json!({
            "interac_instruction": { "question": "What is the PIN?", "answer": answer as u16 },
        });
        if self.status == PayoutStatus::Successful {
            let (reference, ..) = self.reference.as_fields();
            extras["interac_reference"] = json!(format!("CA{reference:08X}"));
        }
        extras
    }
}
