//! How payouts lie in their table.

use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    money::MinorUnits,
    payout::{Payout, PayoutEnd, PayoutFailure, PayoutState, PayoutStatus},
    ports::StoreError,
    values::{CustomerReference, FiatCurrency, MerchantReference, Rejected},
};

use crate::rows::{broken, id};

/// The columns of a payout `p` of customer `o`.
macro_rules! payout_columns {
    () => {
        "p.id, o.id, o.reference, p.currency, p.amount_minor, p.merchant_reference, p.status, p.failure"
    };
}
pub(crate) use payout_columns;

/// What [`payout_columns`] selects.
pub(crate) type PayoutSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    BigInt,
    Text,
    Text,
    Nullable<Text>,
);
/// One row of it.
pub(crate) type PayoutRow = (
    Uuid,
    Uuid,
    String,
    String,
    i64,
    String,
    String,
    Option<String>,
);

/// [`PayoutSql`] on the far side of an outer join.
pub(crate) type MaybePayoutSql = (
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
);
/// One row of it.
pub(crate) type MaybePayoutRow = (
    Option<Uuid>,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// The payout of an outer join that found a row.
pub(crate) fn present(row: MaybePayoutRow) -> Option<PayoutRow> {
    let (id, customer, reference, currency, amount, merchant_reference, status, failure) = row;
    Some((
        id?,
        customer?,
        reference?,
        currency?,
        amount?,
        merchant_reference?,
        status?,
        failure,
    ))
}

/// A payout as it was stored.
pub(crate) fn payout(row: PayoutRow) -> Result<Payout, StoreError> {
    let (uuid, customer, reference, currency, amount, merchant_reference, status, failure) = row;
    let read = || -> Result<Payout, Rejected> {
        Ok(Payout {
            id: id(uuid).map_err(|_| Rejected("id"))?,
            customer: id(customer).map_err(|_| Rejected("id"))?,
            reference: CustomerReference::restore(reference)?,
            currency: FiatCurrency::of_payout(&currency)?,
            amount: MinorUnits::new(amount)?,
            merchant_reference: MerchantReference::restore(merchant_reference)?,
            state: state(&status, failure.as_deref())?,
        })
    };
    read().map_err(|_| broken("payout"))
}

fn state(status: &str, failure: Option<&str>) -> Result<PayoutState, Rejected> {
    Ok(match PayoutStatus::parse(status)? {
        PayoutStatus::Processing => PayoutState::Processing,
        PayoutStatus::Paid => PayoutState::Ended(PayoutEnd::Paid),
        PayoutStatus::Failed => {
            let failure = failure.ok_or(Rejected("is incomplete"))?;
            PayoutState::Ended(PayoutEnd::Failed(PayoutFailure::parse(failure)?))
        }
    })
}
