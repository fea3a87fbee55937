//! Payment routes and deposits with sensible contents.

use vouch_domain::{
    customer::Holder,
    id::{DepositId, PaymentRouteId},
    idempotency::Grant,
    money::AtomicUnits,
    payment_route::{
        Deposit, DepositEnd, DepositFailure, DepositStatus, PaymentRoute, RouteEnd, RouteOrder,
        RouteTerms, Token,
    },
    values::{ChainAddress, ChainId, ChainName, CurrencyCode, RouteName, TransactionHash},
};

const SOLANA: i64 = 792_703_809;
const POLYGON: i64 = 137;
const SOLANA_USDC: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
const POLYGON_USDC: &str = "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359";

/// An order that USDC on Solana be passed on to an address on Polygon.
#[must_use]
pub fn route_order() -> RouteOrder {
    let account = |text| ChainAddress::parse_account(text).expect("an address");
    RouteOrder {
        name: RouteName::parse("Rent").expect("a name"),
        origin_chain: ChainId::new(SOLANA).expect("a chain"),
        origin_currency: None,
        destination_chain: ChainId::new(POLYGON).expect("a chain"),
        destination_currency: ChainAddress::parse_token("USDC").expect("a token"),
        destination_address: account("0x71C7656EC7ab88b098defB751B7401B5f6d8976F"),
        refund_to: Some(account("9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin")),
        strict: true,
    }
}

/// The route that this grant's operation opens for this holder.
#[must_use]
pub fn opened_route(grant: &Grant, holder: Holder) -> PaymentRoute {
    let origin = end(SOLANA, "Solana", SOLANA_USDC);
    let terms = RouteTerms {
        acceptable: vec![origin.token.clone(), token(POLYGON_USDC)],
        origin,
        destination: end(POLYGON, "Polygon", POLYGON_USDC),
        deposit_address: ChainAddress::parse_account("route-account").expect("an address"),
        relay_request: Some(hash("relay-route")),
    };
    let id = PaymentRouteId::of_time_ordered(grant.subject);
    PaymentRoute::opened(id, holder, route_order(), terms)
}

/// A deposit of 12.5 USDC at such a route, which waits.
#[must_use]
pub fn pending_deposit(route: &PaymentRoute, id: DepositId) -> Deposit {
    let end = |end: &RouteEnd, [amount, amount_usd]: [i64; 2], transactions| DepositEnd {
        chain: end.chain,
        symbol: end.token.symbol.clone(),
        amount: sum(amount),
        amount_usd: sum(amount_usd),
        transactions,
    };
    Deposit {
        id,
        route: route.id,
        relay_request: hash(&format!("relay-{}", id.hyphenated())),
        status: DepositStatus::Pending,
        origin: end(
            &route.terms.origin,
            [12_500_000, 12_490_000],
            vec![hash("in")],
        ),
        destination: end(&route.terms.destination, [0, 0], Vec::new()),
        deposit_transaction: hash("in"),
        failure: None,
        relay_updated_at: id.created_at(),
    }
}

/// Such a deposit when it was passed on, a second later.
#[must_use]
pub fn passed_on_deposit(pending: &Deposit) -> Deposit {
    let mut deposit = pending.clone();
    deposit.status = DepositStatus::Success;
    deposit.destination.amount = sum(12_480_000);
    deposit.destination.amount_usd = sum(12_470_000);
    deposit.destination.transactions = vec![hash("out-1"), hash("out-2")];
    deposit.relay_updated_at += std::time::Duration::from_secs(1);
    deposit
}

/// Such a deposit when it could not be passed on.
#[must_use]
pub fn failed_deposit(pending: &Deposit) -> Deposit {
    let mut deposit = pending.clone();
    deposit.status = DepositStatus::Failed;
    deposit.failure = Some(DepositFailure::Payout);
    deposit
}

fn end(chain: i64, name: &str, address: &str) -> RouteEnd {
    RouteEnd {
        chain: ChainId::new(chain).expect("a chain"),
        chain_name: ChainName::parse(name).expect("a name"),
        token: token(address),
    }
}

fn token(address: &str) -> Token {
    Token {
        symbol: CurrencyCode::parse("USDC").expect("a code"),
        address: ChainAddress::parse_token(address).expect("a token"),
    }
}

fn sum(units: i64) -> AtomicUnits {
    AtomicUnits::new(units).expect("a sum")
}

fn hash(text: &str) -> TransactionHash {
    TransactionHash::parse(text).expect("a hash")
}
