//! The platform's wallets: one for each currency, full at the beginning, and emptied by payouts alone.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    money::currency::{Amount, Currency},
    state::State,
};

/// What every wallet held at first: ten million.
const OPENING_BALANCE: Amount = Amount(1_000_000_000);

/// The wallet's id: the platform's, changed by the currency's.
pub(crate) fn id(instance: Uuid, currency: Currency) -> Uuid {
    Uuid::from_u128(instance.as_u128() ^ u128::from(currency.id()))
}

/// The currency of the wallet with this id.
pub(crate) fn currency(instance: Uuid, wallet: Uuid) -> Option<Currency> {
    Currency::ALL
        .into_iter()
        .find(|currency| id(instance, *currency) == wallet)
}

/// What is left in a wallet.
pub(crate) fn balance(state: &State, currency: Currency) -> Amount {
    Amount(OPENING_BALANCE.0 - state.payouts.spent(currency).0)
}

/// As the vendor shows it.
pub(crate) fn view(state: &State, instance: Uuid, currency: Currency) -> Value {
    json!({
        "id": id(instance, currency),
        "business_id": instance,
        "currency": currency,
        "currency_id": currency.id(),
        "amount": balance(state, currency).json(),
        "is_active": true,
    })
}
