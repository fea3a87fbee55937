//! How payment routes and their deposits lie in their tables.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::Holder,
    ledger::RouteDeposit,
    money::AtomicUnits,
    payment_route::{
        Deposit, DepositEnd, DepositFailure, DepositStatus, PaymentRoute, RouteEnd, RouteStatus,
        RouteTerms, Token,
    },
    ports::StoreError,
    values::{
        ChainAddress, ChainId, ChainName, CurrencyCode, DisplayName, Rejected, RouteName,
        TransactionHash,
    },
};

use crate::rows::broken;

/// The columns of a payment route `r` of customer `c` of organisation `o`. The name of a primary customer is its
/// organisation's.
macro_rules! route_columns {
    () => {
        "r.id, r.customer_id, COALESCE(c.display_name, o.name), r.name, r.status,
         r.origin_chain, r.origin_chain_name, r.origin_symbol, r.origin_token,
         r.destination_chain, r.destination_chain_name, r.destination_symbol, r.destination_token,
         r.acceptable_symbols, r.acceptable_tokens,
         r.destination_address, r.refund_to, r.deposit_address, r.relay_request, r.strict, r.updated_at"
    };
}
pub(crate) use route_columns;

/// What [`route_columns`] selects.
pub(crate) type RouteSql = (HeadSql, RouteEndSql, RouteEndSql, TokensSql, TailSql);
type HeadSql = (SqlUuid, SqlUuid, Text, Text, Text);
type RouteEndSql = (BigInt, Text, Text, Text);
type TokensSql = (Array<Text>, Array<Text>);
type TailSql = (
    Text,
    Nullable<Text>,
    Text,
    Nullable<Text>,
    Bool,
    Timestamptz,
);

/// One row of it.
pub(crate) type RouteRow = (HeadRow, RouteEndRow, RouteEndRow, TokensRow, TailRow);
type HeadRow = (Uuid, Uuid, String, String, String);
type RouteEndRow = (i64, String, String, String);
type TokensRow = (Vec<String>, Vec<String>);
type TailRow = (
    String,
    Option<String>,
    String,
    Option<String>,
    bool,
    DateTime<Utc>,
);

/// The columns of a deposit `d` of a payment route `r` of customer `c` of organisation `o`.
macro_rules! deposit_columns {
    () => {
        "d.id, d.route_id, d.relay_request, d.status, d.deposit_transaction, d.failure, d.relay_updated_at,
         d.origin_chain, d.origin_symbol, d.amount_in, d.amount_in_usd, d.in_transactions,
         d.destination_chain, d.destination_symbol, d.amount_out, d.amount_out_usd, d.out_transactions"
    };
}
pub(crate) use deposit_columns;

/// What a deposit's route says of it.
macro_rules! deposit_route_columns {
    () => {
        "r.customer_id, COALESCE(c.display_name, o.name), r.name, r.origin_chain_name, r.destination_chain_name,
         r.destination_address"
    };
}
pub(crate) use deposit_route_columns;

/// What [`deposit_columns`] selects.
pub(crate) type DepositSql = (DepositHeadSql, DepositEndSql, DepositEndSql);
type DepositHeadSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    Text,
    Nullable<Text>,
    Timestamptz,
);
type DepositEndSql = (BigInt, Text, BigInt, BigInt, Array<Text>);

/// One row of it.
pub(crate) type DepositRow = (DepositHeadRow, DepositEndRow, DepositEndRow);
type DepositHeadRow = (
    Uuid,
    Uuid,
    String,
    String,
    String,
    Option<String>,
    DateTime<Utc>,
);
type DepositEndRow = (i64, String, i64, i64, Vec<String>);

/// What [`deposit_columns`] and [`deposit_route_columns`] select.
pub(crate) type RouteDepositSql = (DepositSql, DepositRouteSql);
type DepositRouteSql = (SqlUuid, Text, Text, Text, Text, Text);
/// One row of it.
pub(crate) type RouteDepositRow = (DepositRow, DepositRouteRow);
type DepositRouteRow = (Uuid, String, String, String, String, String);

/// A payment route as it was stored.
pub(crate) fn route(row: RouteRow) -> Result<PaymentRoute, StoreError> {
    read_route(row).map_err(|_| broken("payment route"))
}

/// A deposit as it was stored.
pub(crate) fn deposit(row: DepositRow) -> Result<Deposit, StoreError> {
    read_deposit(row).map_err(|_| broken("deposit"))
}

/// A deposit as it was stored, with what its route says of it.
pub(crate) fn route_deposit(row: RouteDepositRow) -> Result<RouteDeposit, StoreError> {
    read_route_deposit(row).map_err(|_| broken("deposit"))
}

fn read_route(row: RouteRow) -> Result<PaymentRoute, Rejected> {
    let (head, origin, destination, tokens, tail) = row;
    let (uuid, customer, holder, name, status) = head;
    let (destination_address, refund_to, deposit_address, relay_request, strict, updated_at) = tail;
    Ok(PaymentRoute {
        id: id(uuid)?,
        holder: self::holder(customer, holder)?,
        name: RouteName::restore(name)?,
        status: RouteStatus::parse(&status)?,
        terms: RouteTerms {
            origin: route_end(origin)?,
            acceptable: self::tokens(tokens)?,
            destination: route_end(destination)?,
            deposit_address: ChainAddress::restore(deposit_address)?,
            relay_request: relay_request.map(TransactionHash::restore).transpose()?,
        },
        destination_address: ChainAddress::restore(destination_address)?,
        refund_to: refund_to.map(ChainAddress::restore).transpose()?,
        strict,
        updated_at,
    })
}

fn read_deposit(row: DepositRow) -> Result<Deposit, Rejected> {
    let (head, origin, destination) = row;
    let (uuid, route, relay_request, status, transaction, failure, relay_updated_at) = head;
    Ok(Deposit {
        id: id(uuid)?,
        route: id(route)?,
        relay_request: TransactionHash::restore(relay_request)?,
        status: DepositStatus::parse(&status)?,
        origin: deposit_end(origin)?,
        destination: deposit_end(destination)?,
        deposit_transaction: TransactionHash::restore(transaction)?,
        failure: failure.as_deref().map(DepositFailure::parse).transpose()?,
        relay_updated_at,
    })
}

fn read_route_deposit((row, route): RouteDepositRow) -> Result<RouteDeposit, Rejected> {
    let (customer, holder, name, origin_chain, destination_chain, address) = route;
    Ok(RouteDeposit {
        deposit: read_deposit(row)?,
        holder: self::holder(customer, holder)?,
        route_name: RouteName::restore(name)?,
        origin_chain: ChainName::restore(origin_chain)?,
        destination_chain: ChainName::restore(destination_chain)?,
        destination_address: ChainAddress::restore(address)?,
    })
}

fn id<K: vouch_domain::id::Kind>(uuid: Uuid) -> Result<vouch_domain::id::Id<K>, Rejected> {
    vouch_domain::id::Id::from_uuid(uuid).map_err(|_| Rejected("is no id"))
}

fn holder(customer: Uuid, name: String) -> Result<Holder, Rejected> {
    Ok(Holder {
        id: id(customer)?,
        name: DisplayName::restore(name)?,
    })
}

fn route_end((chain, name, symbol, address): RouteEndRow) -> Result<RouteEnd, Rejected> {
    Ok(RouteEnd {
        chain: ChainId::new(chain)?,
        chain_name: ChainName::restore(name)?,
        token: token(symbol, address)?,
    })
}

fn tokens((symbols, addresses): TokensRow) -> Result<Vec<Token>, Rejected> {
    let tokens = symbols.into_iter().zip(addresses);
    tokens
        .map(|(symbol, address)| token(symbol, address))
        .collect()
}

fn token(symbol: String, address: String) -> Result<Token, Rejected> {
    Ok(Token {
        symbol: CurrencyCode::restore(symbol)?,
        address: ChainAddress::restore(address)?,
    })
}

fn deposit_end(row: DepositEndRow) -> Result<DepositEnd, Rejected> {
    let (chain, symbol, amount, amount_usd, transactions) = row;
    let transactions = transactions.into_iter().map(TransactionHash::restore);
    Ok(DepositEnd {
        chain: ChainId::new(chain)?,
        symbol: CurrencyCode::restore(symbol)?,
        amount: AtomicUnits::new(amount)?,
        amount_usd: AtomicUnits::new(amount_usd)?,
        transactions: transactions.collect::<Result<_, _>>()?,
    })
}
