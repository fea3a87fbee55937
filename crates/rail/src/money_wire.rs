//! The vendor's JSON of wallets, accounts and payouts. Reading is as tolerant as it is of customers; what cannot be read is
//! absent, never guessed.

use std::collections::BTreeMap;

use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};
use vouch_domain::{
    id::PayoutId,
    payout::{PayoutEnd, PayoutFailure, PayoutState},
    ports::{PayoutRefusal, RailAccount, RailAccountId, RailCustomerId, RailPayoutOrder},
    values::{AccountDetail, FiatCurrency},
    virtual_account::{AccountDetails, AccountState},
};

use crate::{answer::Answer, wire::text};

/// The wallets in an answer, by currency; the first of each that is not switched off.
pub(crate) fn wallets(answer: &Answer) -> Option<BTreeMap<FiatCurrency, String>> {
    let rows = answer.body.as_ref()?.get("data")?.as_array()?;
    let mut wallets = BTreeMap::new();
    for row in rows {
        let is_off = row.get("is_active").and_then(Value::as_bool) == Some(false);
        let currency = text(row, "currency").and_then(|code| FiatCurrency::parse(&code).ok());
        if let Some((currency, id)) = currency.zip(text(row, "id")).filter(|_| !is_off) {
            wallets.entry(currency).or_insert(id);
        }
    }
    Some(wallets)
}

/// Whether the rail refused the wallet, and said nothing of the order itself.
pub(crate) fn complains_of_wallet(answer: &Answer) -> bool {
    let errors = answer.body.as_ref().and_then(|body| body.get("errors"));
    let errors = errors.and_then(Value::as_object);
    errors.is_some_and(|errors| errors.len() == 1 && errors.contains_key("wallet_id"))
}

/// The account in an answer: once it was a list of one.
pub(crate) fn account(answer: &Answer) -> Option<RailAccount> {
    let data = answer.body.as_ref()?.get("data")?;
    match data {
        Value::Array(rows) => match rows.as_slice() {
            [only] => account_of(only),
            _ => None,
        },
        data => account_of(data.get("data").unwrap_or(data)),
    }
}

/// An account in a list over one wallet that may be a certain customer's.
pub(crate) struct ListedAccount {
    pub(crate) account: RailAccount,
    /// Whether the list itself says whose it is. The rows of the vendor's reference do not; those of an older page do.
    pub(crate) is_named: bool,
}

/// The open accounts in a list over this wallet that are this customer's, or that it does not say whose they are. The
/// rail may ignore filters. Nothing: the list cannot be read.
pub(crate) fn open_accounts(
    answer: &Answer,
    customer: &RailCustomerId,
    wallet: &str,
) -> Option<Vec<ListedAccount>> {
    let mut open = Vec::new();
    for row in account_rows(answer)? {
        let over = text(row, "business_wallet_id").or_else(|| text(row, "wallet_id"))?;
        let holder = text(row, "customer_id");
        let is_named = holder.is_some();
        if over != wallet || holder.is_some_and(|holder| holder != customer.expose()) {
            continue;
        }
        let account = account_of(row)?;
        if account.state.status().is_open() {
            open.push(ListedAccount { account, is_named });
        }
    }
    Some(open)
}

/// Whether a list shows this account. Nothing: the list cannot be read.
pub(crate) fn shows(answer: &Answer, account: &RailAccountId) -> Option<bool> {
    let rows = account_rows(answer)?;
    let ids: Option<Vec<_>> = rows.into_iter().map(|row| text(row, "id")).collect();
    Some(ids?.iter().any(|id| id == account.expose()))
}

/// The rows of a list, which once was a single one.
fn account_rows(answer: &Answer) -> Option<Vec<&Value>> {
    Some(match answer.body.as_ref()?.get("data")? {
        Value::Array(rows) => rows.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    })
}

fn account_of(object: &Value) -> Option<RailAccount> {
    let id = RailAccountId::parse(&text(object, "id")?).ok()?;
    let status = text(object, "status")?.to_ascii_uppercase();
    let state = match status.as_str() {
        "PENDING" => AccountState::Provisioning,
        "SUCCESSFUL" => AccountState::Active(details(object)),
        "REJECTED" | "FAILED" => AccountState::Failed,
        "CLOSED" => AccountState::Closed,
        _ => return None,
    };
    Some(RailAccount { id, state })
}

/// Euros are sent to an IBAN, and the rest of the world names banks by its own codes.
fn details(object: &Value) -> AccountDetails {
    let first = |names: &[&str]| {
        let mut details = names.iter().filter_map(|name| {
            let detail = text(object, name)?;
            AccountDetail::parse(&detail).ok()
        });
        details.next()
    };
    let is_euro = text(object, "currency").as_deref() == Some(FiatCurrency::Eur.as_str());
    AccountDetails {
        account_number: match is_euro {
            true => first(&["iban", "account_number"]),
            false => first(&["account_number", "iban"]),
        },
        account_name: first(&["account_name"]),
        bank_name: first(&["bank_name"]),
        bank_code: first(&["sort_code", "routing_number", "bank_code"]),
    }
}

/// The body that orders a payout by Interac. Its amount stands there digit by digit: no binary fraction was ever made of
/// it.
pub(crate) fn new_payout(order: &RailPayoutOrder<'_>, wallet: &str) -> Option<Box<RawValue>> {
    let currency = order.currency.as_str();
    let id = order.id.to_string();
    let texts = [
        ("wallet_id", wallet),
        ("customer_id", order.customer.expose()),
        ("method", "interac"),
        ("from_currency_id", currency),
        ("to_currency_id", currency),
        ("email", order.recipient.interac_email.as_str()),
        ("interac_first_name", order.recipient.first_name.as_str()),
        ("interac_last_name", order.recipient.last_name.as_str()),
        ("merchant_reference", &id),
    ];
    let fields = texts
        .into_iter()
        .map(|(name, text)| Some((name, to_raw_value(text).ok()?)));
    let amount = RawValue::from_string(order.amount.decimal()).ok()?;
    let fields = fields.chain([Some(("to_amount", amount))]);
    let body: Option<BTreeMap<&str, Box<RawValue>>> = fields.collect();
    to_raw_value(&body?).ok()
}

/// How far the payout in an answer has come. A payout by another reference is not the one that was meant.
pub(crate) fn payout(answer: &Answer, id: PayoutId) -> Option<PayoutState> {
    let body = answer.body.as_ref()?;
    let object = body.get("transaction").or_else(|| body.get("data"))?;
    let object = object.get("data").unwrap_or(object);
    let is_other = text(object, "merchant_reference").is_some_and(|known| known != id.to_string());
    if is_other {
        return None;
    }
    match text(object, "status")?.to_ascii_uppercase().as_str() {
        "PENDING" | "PROCESSING" => Some(PayoutState::Processing),
        "SUCCESSFUL" => Some(PayoutState::Ended(PayoutEnd::Paid)),
        "FAILED" => {
            let end = PayoutEnd::Failed(PayoutFailure::NotDelivered);
            Some(PayoutState::Ended(end))
        }
        _ => None,
    }
}

/// Why the rail refused an order, from the fields and words of its complaint; nothing where it said nothing.
pub(crate) fn refusal(answer: &Answer) -> Option<PayoutRefusal> {
    let body = answer.body.as_ref()?;
    let errors = body.get("errors").and_then(Value::as_object);
    if errors.is_some_and(names_used_reference) {
        return Some(PayoutRefusal::IdUsed);
    }
    let by_field = errors.and_then(|errors| {
        let mut causes = FIELDS.into_iter();
        causes.find(|(field, _)| errors.contains_key(*field))
    });
    let by_word = || {
        let message = body.get("message").and_then(Value::as_str);
        let message = message.unwrap_or_default().to_lowercase();
        let mut causes = WORDS.into_iter();
        causes.find(|(word, _)| message.contains(word))
    };
    let cause = by_field.or_else(by_word).map(|(_, cause)| cause);
    Some(PayoutRefusal::Because(
        cause.unwrap_or(PayoutFailure::Refused),
    ))
}

/// Which fields of the order stand for which cause.
const FIELDS: [(&str, PayoutFailure); 6] = [
    ("customer_id", PayoutFailure::CustomerNotEligible),
    ("email", PayoutFailure::RecipientRefused),
    ("interac_first_name", PayoutFailure::RecipientRefused),
    ("interac_last_name", PayoutFailure::RecipientRefused),
    ("to_amount", PayoutFailure::AmountRefused),
    ("from_amount", PayoutFailure::AmountRefused),
];

/// Which words of a complaint stand for which cause, the surest first.
const WORDS: [(&str, PayoutFailure); 6] = [
    ("insufficient", PayoutFailure::InsufficientFunds),
    ("not verified", PayoutFailure::CustomerNotEligible),
    ("due diligence", PayoutFailure::CustomerNotEligible),
    ("not eligible", PayoutFailure::CustomerNotEligible),
    ("recipient", PayoutFailure::RecipientRefused),
    ("amount", PayoutFailure::AmountRefused),
];

/// Our reference is one of ours, so the rail finds fault with it only when it knows it. Of other complaints it is not sure.
fn names_used_reference(errors: &Map<String, Value>) -> bool {
    let complaints = errors.get("merchant_reference").map(Value::to_string);
    let complaints = complaints.unwrap_or_default().to_lowercase();
    ["taken", "already", "exists", "used"]
        .iter()
        .any(|word| complaints.contains(word))
}
