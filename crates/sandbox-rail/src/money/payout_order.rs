//! What a platform asks for when it asks for a payout, and the rail's rules for it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    body::{id, text},
    customer::{Customer, Fields, Status},
    money::{
        account::{self, AccountStatus},
        currency::{Amount, Currency},
        payout::{Payout, PayoutStatus, Recipient},
        wallet,
    },
    options::RepeatedPayouts,
    refusal::{Problems, Refusal},
    state::State,
};

/// What the rail keeps of every payout: one unit of its currency.
pub(crate) const FEE: Amount = Amount(100);

const MAX_REFERENCE: usize = 255;

const ADDRESS: [&str; 4] = ["street", "city", "zip_code", "country"];
const BANK: [&str; 7] = [
    "type",
    "account_number",
    "account_name",
    "account_type",
    "bank_name",
    "routing_number",
    "state",
];

/// What leaves the wallet and what arrives, in one currency.
pub(crate) struct Sums {
    pub(crate) currency: Currency,
    pub(crate) sent: Amount,
    pub(crate) received: Amount,
}

impl Sums {
    /// From the currencies and the one of the two amounts that was sent.
    pub(crate) fn of(sent: &Fields) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let from = currency(sent, "from_currency_id", &mut problems);
        let to = currency(sent, "to_currency_id", &mut problems);
        let from_amount = amount(sent, "from_amount", &mut problems);
        let to_amount = amount(sent, "to_amount", &mut problems);
        match (from_amount, to_amount) {
            (Some(_), Some(_)) => problems.add(
                "from_amount",
                "The from amount field is prohibited when to amount is present.",
            ),
            (None, None) => problems.missing("from_amount"),
            _ => {}
        }
        problems.into_result()?;
        let (Some(currency), true) = (from, from == to) else {
            return Err(Refusal::BadRequest("This currency pair is not supported."));
        };
        let sent = from_amount.or(to_amount.map(|to| Amount(to.0 + FEE.0)));
        let sent = sent.unwrap_or_default();
        if sent <= FEE {
            return Err(Refusal::BadRequest(
                "The amount must be greater than the fees.",
            ));
        }
        Ok(Self {
            currency,
            sent,
            received: Amount(sent.0 - FEE.0),
        })
    }
}

fn currency(sent: &Fields, field: &str, problems: &mut Problems) -> Option<Currency> {
    match sent.get(field) {
        None | Some(Value::Null) => {
            problems.missing(field);
            None
        }
        Some(value) => {
            let currency = Currency::named(value);
            if currency.is_none() {
                problems.add(field, format!("The selected {field} is invalid."));
            }
            currency
        }
    }
}

fn amount(sent: &Fields, field: &str, problems: &mut Problems) -> Option<Amount> {
    let value = sent.get(field).filter(|value| !value.is_null())?;
    let amount = Amount::parse(value);
    if amount.is_none() {
        let complaint = "The amount must be a number above 0 with at most two decimals.";
        problems.add(field, complaint);
    }
    amount
}

/// The payout that the platform asks for, if the rail takes it.
pub(crate) fn payout(
    state: &State,
    instance: Uuid,
    sent: &Fields,
    repeated: RepeatedPayouts,
    delay: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Payout, Refusal> {
    let (customer, wallet_id) = parties(state, instance, sent, repeated)?;
    let sums = Sums::of(sent)?;
    let method = method(sent, sums.currency)?;
    if wallet::currency(instance, wallet_id) != Some(sums.currency) {
        return Err(Refusal::BadRequest("The wallet is not in this currency."));
    }
    check_standing(state, customer, &sums)?;
    Ok(Payout {
        id: Uuid::new_v4(),
        customer_id: customer.id,
        wallet_id,
        currency: sums.currency,
        method: method.to_owned(),
        amount: sums.sent,
        fee: FEE,
        reference: Uuid::new_v4(),
        merchant_reference: text(sent, "merchant_reference").map(str::to_owned),
        recipient: recipient(sent, method),
        status: PayoutStatus::Pending,
        created_at: now,
        completion_at: Some(now + delay),
        event_id: Uuid::new_v4(),
    })
}

fn parties<'a>(
    state: &'a State,
    instance: Uuid,
    sent: &Fields,
    repeated: RepeatedPayouts,
) -> Result<(&'a Customer, Uuid), Refusal> {
    let mut problems = Problems::default();
    if text(sent, "method").is_none() {
        problems.missing("method");
    }
    let reference = text(sent, "merchant_reference").unwrap_or_default();
    if reference.chars().count() > MAX_REFERENCE {
        let complaint = "The merchant reference field must not be greater than 255 characters.";
        problems.add("merchant_reference", complaint);
    }
    let is_used = state.payouts.of_reference(reference).is_some();
    if is_used && repeated == RepeatedPayouts::Refuse {
        let complaint = "The merchant reference has already been taken.";
        problems.add("merchant_reference", complaint);
    }
    let wallet = id(sent, "wallet_id").filter(|id| wallet::currency(instance, *id).is_some());
    if wallet.is_none() {
        problems.add("wallet_id", "The selected wallet id is invalid.");
    }
    let customer = id(sent, "customer_id").and_then(|id| state.customers.get(id));
    if customer.is_none() {
        problems.add("customer_id", "The selected customer id is invalid.");
    }
    problems.into_result()?;
    match (customer, wallet) {
        (Some(customer), Some(wallet)) => Ok((customer, wallet)),
        _ => Err(Refusal::Invalid(Problems::unknown("customer_id"))),
    }
}

/// The method, with all that it needs, in a currency that it serves.
fn method(sent: &Fields, currency: Currency) -> Result<&str, Refusal> {
    let method = text(sent, "method").unwrap_or_default();
    let needed: Vec<&str> = match (method, currency) {
        ("bank_transfer", Currency::Ngn) => vec!["bank_id", "account_number"],
        ("bank_transfer", Currency::Gbp) => [
            &["sort_code", "account_number", "account_name"][..],
            &ADDRESS,
        ]
        .concat(),
        ("bank_transfer", Currency::Eur) => {
            [&["iban", "bic_code", "account_name"][..], &ADDRESS].concat()
        }
        ("interac", Currency::Cad) => vec!["email", "interac_first_name", "interac_last_name"],
        ("ach", Currency::Usd) => [&BANK[..], &ADDRESS].concat(),
        ("wire", Currency::Usd) => [&BANK[..], &ADDRESS, &["swift_code"]].concat(),
        _ => {
            return Err(Refusal::BadRequest(
                "This payout method is not supported for this currency.",
            ));
        }
    };
    let mut problems = Problems::default();
    for field in needed {
        let number = sent.get(field).is_some_and(Value::is_number);
        if text(sent, field).is_none() && !number {
            problems.missing(field);
        }
    }
    problems.into_result()?;
    Ok(method)
}

fn check_standing(state: &State, customer: &Customer, sums: &Sums) -> Result<(), Refusal> {
    if customer.status != Status::Verified {
        return Err(Refusal::BadRequest("The customer is not verified."));
    }
    let needs_account = matches!(sums.currency, Currency::Gbp | Currency::Eur | Currency::Usd);
    let account = account::of(state, customer.id, sums.currency);
    let is_active = account.is_some_and(|account| account.status == AccountStatus::Successful);
    if needs_account && !is_active {
        return Err(Refusal::BadRequest(
            "The customer has no active virtual bank account in this currency.",
        ));
    }
    if sums.sent > wallet::balance(state, sums.currency) {
        return Err(Refusal::BadRequest("Insufficient funds."));
    }
    Ok(())
}

fn recipient(sent: &Fields, method: &str) -> Recipient {
    let text = |field| text(sent, field).map(str::to_owned);
    let interac = || {
        let names = [text("interac_first_name"), text("interac_last_name")];
        let names: Vec<String> = names.into_iter().flatten().collect();
        names.join(" ")
    };
    Recipient {
        id: Uuid::new_v4(),
        account_name: match method {
            "interac" => Some(interac()),
            _ => text("account_name"),
        },
        account_number: text("account_number").or_else(|| text("iban")),
        bank_name: text("bank_name"),
        bank_code: ["bank_id", "sort_code", "bic_code", "swift_code"]
            .into_iter()
            .find_map(text),
        routing_number: text("routing_number"),
        email: text("email"),
    }
}
