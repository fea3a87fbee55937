//! How swaps lie in their table.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::Holder,
    money::{Amount, AtomicUnits, BasisPoints, Rate},
    ports::StoreError,
    swap::{Completion, Pair, Swap, SwapFailure, SwapOrder, SwapState, SwapStatus, SwapTerms},
    values::{Base58Address, ChainAddress, CurrencyCode, DisplayName, Rejected, TransactionHash},
};

use crate::rows::{broken, id};

/// The columns of a swap `s` of customer `c` of organisation `o`. The name of a primary customer is its organisation's.
macro_rules! swap_columns {
    () => {
        "s.id, s.customer_id, COALESCE(c.display_name, o.name), s.from_currency, s.to_currency, s.amount,
         s.destination_address, s.rate, s.fee_bps, s.deposit_address, s.deposit_wallet, s.status, s.received, s.output,
         s.swap_transaction, s.payout_transaction, s.failure, s.completed_at, s.updated_at"
    };
}
pub(crate) use swap_columns;

/// What [`swap_columns`] selects.
pub(crate) type SwapSql = (OrderSql, StateSql);
type OrderSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    Text,
    BigInt,
    Text,
    BigInt,
    Integer,
    Text,
    Text,
);
type StateSql = (
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Timestamptz>,
    Timestamptz,
);

/// One row of it.
pub(crate) type SwapRow = (OrderRow, StateRow);
type OrderRow = (
    Uuid,
    Uuid,
    String,
    String,
    String,
    i64,
    String,
    i64,
    i32,
    String,
    String,
);
type StateRow = (
    String,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
);

/// A swap as it was stored.
pub(crate) fn swap((order, state): SwapRow) -> Result<Swap, StoreError> {
    let (uuid, customer, name, from, to, amount, destination, rate, fee, address, wallet) = order;
    let updated_at = state.7;
    let read = || -> Result<Swap, Rejected> {
        Ok(Swap {
            id: id(uuid).map_err(|_| Rejected("id"))?,
            holder: Holder {
                id: id(customer).map_err(|_| Rejected("id"))?,
                name: DisplayName::restore(name)?,
            },
            order: SwapOrder {
                pair: Pair {
                    from: CurrencyCode::restore(from)?,
                    to: CurrencyCode::restore(to)?,
                },
                amount: self::amount(amount)?,
                destination: Base58Address::restore(destination)?,
            },
            terms: SwapTerms {
                rate: Rate::from_millionths(rate)?,
                fee: BasisPoints::new(fee)?,
                deposit_address: ChainAddress::restore(address)?,
                deposit_wallet: ChainAddress::restore(wallet)?,
            },
            state: self::state(state)?,
            updated_at,
        })
    };
    read().map_err(|_| broken("swap"))
}

/// A sum that is an amount.
pub(crate) fn amount(units: i64) -> Result<Amount, Rejected> {
    AtomicUnits::new(units).and_then(Amount::from_units)
}

fn state(row: StateRow) -> Result<SwapState, Rejected> {
    const INCOMPLETE: Rejected = Rejected("is incomplete");
    let (status, received, output, swap_transaction, payout_transaction, failure, at, _) = row;
    let received = || amount(received.ok_or(INCOMPLETE)?);
    let hash = |text: Option<String>| TransactionHash::restore(text.ok_or(INCOMPLETE)?);
    Ok(match SwapStatus::parse(&status)? {
        SwapStatus::AwaitingDeposit => SwapState::AwaitingDeposit,
        SwapStatus::DepositReceived => SwapState::DepositReceived {
            received: received()?,
        },
        SwapStatus::Swapping => SwapState::Swapping {
            received: received()?,
        },
        SwapStatus::Completed => SwapState::Completed(Completion {
            received: received()?,
            output: AtomicUnits::new(output.ok_or(INCOMPLETE)?)?,
            swap_transaction: hash(swap_transaction)?,
            payout_transaction: hash(payout_transaction)?,
            at: at.ok_or(INCOMPLETE)?,
        }),
        SwapStatus::Failed => SwapState::Failed {
            received: received()?,
            failure: SwapFailure::parse(&failure.ok_or(INCOMPLETE)?)?,
        },
        SwapStatus::Expired => SwapState::Expired,
        SwapStatus::Cancelled => SwapState::Cancelled,
    })
}
