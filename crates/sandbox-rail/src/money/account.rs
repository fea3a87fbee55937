//! Virtual bank accounts.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    customer::{Customer, Kind, Status},
    money::currency::Currency,
    options::AccountDetails,
    record::{Record, Step},
    refusal::Refusal,
    state::State,
    table::Identified,
    webhook::event,
};

/// Where an account stands. The vendor documents no word for a closed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum AccountStatus {
    Pending,
    Successful,
    Rejected,
    Failed,
    Closed,
}

impl AccountStatus {
    /// Whether the customer has it, now or soon.
    fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Successful)
    }

    fn event(self) -> Option<&'static str> {
        match self {
            Self::Pending => Some("virtual_account.created"),
            Self::Successful => Some("virtual_account.ready"),
            Self::Rejected => Some("virtual_account.rejected"),
            Self::Failed => Some("virtual_account.failed"),
            Self::Closed => None,
        }
    }
}

/// One account of one customer, over one of the platform's wallets.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) wallet_id: Uuid,
    pub(crate) currency: Currency,
    pub(crate) status: AccountStatus,
    account_name: String,
    rejection_reason: Option<String>,
    created_at: DateTime<Utc>,
    /// None once it is active, or will never be.
    pub(crate) activation_at: Option<DateTime<Utc>>,
}

impl Identified for Account {
    fn id(&self) -> Uuid {
        self.id
    }
}

/// What has to be there besides being verified, outside NGN.
const DETAILS: [&str; 4] = ["dob", "street", "city", "zip_code"];
const MORE_FOR_USD: [&str; 3] = ["phone", "state", "tin"];

/// A new account of a verified customer, with what the platform is told. NGN is there at once, the others come later.
pub(crate) fn open(
    state: &State,
    customer: &Customer,
    (wallet_id, currency): (Uuid, Currency),
    details: AccountDetails,
    delay: TimeDelta,
    now: DateTime<Utc>,
) -> Result<(Account, Step), Refusal> {
    if currency == Currency::Cad {
        return Err(Refusal::BadRequest("Currency CAD not supported."));
    }
    if customer.status != Status::Verified {
        return Err(Refusal::BadRequest(
            "The customer must be verified before a virtual bank account can be created.",
        ));
    }
    if of(state, customer.id, currency).is_some_and(|account| account.status.is_open()) {
        return Err(Refusal::BadRequest(
            "A virtual bank account already exists for this customer and wallet.",
        ));
    }
    if details == AccountDetails::Required {
        check_details(customer, currency, now.date_naive())?;
    }
    let account = Account {
        id: Uuid::new_v4(),
        customer_id: customer.id,
        wallet_id,
        currency,
        status: AccountStatus::Pending,
        account_name: customer.name(),
        rejection_reason: None,
        created_at: now,
        activation_at: Some(now + delay),
    };
    if currency == Currency::Ngn {
        return Ok(settle(
            state,
            &account,
            AccountStatus::Successful,
            None,
            now,
        ));
    }
    let mut step = vec![Record::Account(account.clone())];
    step.extend(event::of_account(
        state,
        "virtual_account.created",
        &account,
        now,
    ));
    Ok((account, step))
}

/// The customer's latest account in this currency.
pub(crate) fn of(state: &State, customer: Uuid, currency: Currency) -> Option<&Account> {
    let mut latest_first = state.accounts.all().iter().rev();
    latest_first.find(|account| account.customer_id == customer && account.currency == currency)
}

fn check_details(customer: &Customer, currency: Currency, today: NaiveDate) -> Result<(), Refusal> {
    if currency == Currency::Ngn || customer.kind == Kind::Business {
        return Ok(());
    }
    let usd = (currency == Currency::Usd).then_some(MORE_FOR_USD);
    let needed = DETAILS.into_iter().chain(usd.into_iter().flatten());
    let mut missing: Vec<&str> = needed
        .filter(|field| customer.text(field).is_none())
        .collect();
    let expiry = customer
        .text("id_expiry_date")
        .and_then(|date| date.parse().ok());
    if expiry.is_none_or(|expiry: NaiveDate| expiry < today + Months::new(1)) {
        missing.push("id_expiry_date");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(Refusal::NotReady(format!(
        "The customer lacks what a {} account needs: {missing}.",
        currency.code()
    )))
}

/// Activates an account whose time has come. Nothing happens to one that is no longer pending.
pub(crate) fn activate(state: &State, id: Uuid, now: DateTime<Utc>) -> Step {
    let pending = |account: &&Account| account.status == AccountStatus::Pending;
    match state.accounts.get(id).filter(pending) {
        Some(account) => settle(state, account, AccountStatus::Successful, None, now).1,
        None => Step::new(),
    }
}

/// Moves the account to this status, whatever it was.
pub(crate) fn settle(
    state: &State,
    account: &Account,
    status: AccountStatus,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> (Account, Step) {
    let account = Account {
        status,
        rejection_reason: reason,
        activation_at: None,
        ..account.clone()
    };
    let event = status.event();
    let told = event.and_then(|event| event::of_account(state, event, &account, now));
    let step = std::iter::once(Record::Account(account.clone()));
    (account, step.chain(told).collect())
}

impl Account {
    /// As the vendor shows it: without its customer. A pending account has no number yet.
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id,
            "business_wallet_id": self.wallet_id,
            "currency_id": self.currency.id(),
            "currency": self.currency,
            "provider": "SANDBOX",
            "account_reference": self.id.simple().to_string(),
            "reservation_reference": null,
            "rejection_reason": self.rejection_reason,
            "status": self.status,
        });
        merge(&mut view, self.details());
        view
    }

    /// The body of an event. Only an account that is ready shows its details.
    pub(crate) fn event(&self, event: &str) -> Value {
        let mut body = json!({
            "event": event,
            "virtual_account_id": self.id,
            "customer_id": self.customer_id,
            "wallet_id": self.wallet_id,
            "currency": self.currency,
            "status": self.status,
        });
        match self.status {
            AccountStatus::Successful => merge(&mut body, self.details()),
            AccountStatus::Rejected | AccountStatus::Failed => merge(
                &mut body,
                json!({
                    "rejection_reason": self.rejection_reason,
                    "user_reason": "The account could not be created.",
                    "developer_reason": match self.status {
                        AccountStatus::Rejected => "CUSTOMER_VERIFICATION_FAILED",
                        _ => "PROVIDER_CREATION_FAILED",
                    },
                }),
            ),
            AccountStatus::Pending | AccountStatus::Closed => {}
        }
        body
    }

    /// What the holder gives to whoever pays. Digits come from the id, so they stay the same.
    fn details(&self) -> Value {
        let has_number = matches!(
            self.status,
            AccountStatus::Successful | AccountStatus::Closed
        );
        let digits = |count: u32| {
            format!(
                "{:0>1$}",
                self.id.as_u128() % 10_u128.pow(count),
                count as usize
            )
        };
        let number = digits(match self.currency {
            Currency::Gbp => 8,
            Currency::Eur => 14,
            _ => 10,
        });
        let (bank_code, routing_number, iban, sort_code, bank_address) = match self.currency {
            Currency::Ngn => (Some("999"), None, None, None, None),
            Currency::Gbp => (
                Some("SNDBGB21"),
                None,
                Some(format!("GB00SNDB000000{number}")),
                Some("00-00-00"),
                None,
            ),
            Currency::Eur => (
                Some("SNDBDE21"),
                None,
                Some(format!("DE00SNDB{number}")),
                None,
                None,
            ),
            Currency::Usd | Currency::Cad => (
                None,
                Some("000000000"),
                None,
                None,
                Some("1 Sandbox Street"),
            ),
        };
        let when_ready = |value: Value| if has_number { value } else { Value::Null };
        json!({
            "account_number": when_ready(json!(number)),
            "account_name": when_ready(json!(self.account_name)),
            "bank_name": when_ready(json!("Sandbox Bank")),
            "bank_code": when_ready(json!(bank_code)),
            "routing_number": when_ready(json!(routing_number)),
            "iban": when_ready(json!(iban)),
            "sort_code": when_ready(json!(sort_code)),
            "bank_address": when_ready(json!(bank_address)),
        })
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
