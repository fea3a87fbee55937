#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use std::time::Duration;

use vouch_domain::{
    customer::Holder,
    id::Id,
    money::Amount,
    payment_route::RouteStatus,
    values::{DisplayName, RouteName},
};

use super::*;

const ADDRESS: &str = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F";
const SOLANA: i64 = 792_703_809;
const POLYGON: i64 = 137;

fn provider() -> SandboxLiquidity {
    SandboxLiquidity::new("seed", Duration::ZERO)
}

fn uuid() -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)
}

fn token(text: &str) -> ChainAddress {
    ChainAddress::parse_token(text).unwrap()
}

fn order(origin: i64, destination: i64, token: ChainAddress) -> RouteOrder {
    RouteOrder {
        name: RouteName::parse("Rent").unwrap(),
        origin_chain: ChainId::new(origin).unwrap(),
        origin_currency: None,
        destination_chain: ChainId::new(destination).unwrap(),
        destination_currency: token,
        destination_address: ChainAddress::parse_account(ADDRESS).unwrap(),
        refund_to: None,
        strict: false,
    }
}

async fn opened(provider: &SandboxLiquidity) -> PaymentRoute {
    let id = Id::from_uuid(uuid()).unwrap();
    let holder = Holder {
        id: Id::from_uuid(uuid()).unwrap(),
        name: DisplayName::parse("Ada Obi").unwrap(),
    };
    let order = order(SOLANA, POLYGON, token("USDC"));
    let terms = provider.open_route(id, &order).await.unwrap().unwrap();
    PaymentRoute::opened(id, holder, order, terms)
}

fn simulation(outcome: Outcome, amount: Option<&str>) -> Simulation {
    Simulation {
        outcome,
        amount: amount.map(|amount| Amount::parse(amount).unwrap()),
    }
}

#[tokio::test]
async fn every_two_chains_are_joined() {
    let network = provider().network().await.unwrap();
    let names: Vec<_> = network
        .chains
        .iter()
        .map(|chain| {
            (
                chain.id.number(),
                chain.display_name.as_str(),
                chain.vm.as_str(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            (SOLANA, "Solana", "svm"),
            (POLYGON, "Polygon", "evm"),
            (8453, "Base", "evm"),
            (1, "Ethereum", "evm"),
        ]
    );
    assert_eq!(network.corridors.len(), 12);
    assert_eq!(network.currencies.len(), 4);
    assert_eq!(network.corridors[0].label, "Solana → Polygon");
}

#[tokio::test]
async fn opening_again_answers_as_at_first() {
    let (one, two) = (opened(&provider()).await, opened(&provider()).await);
    assert_eq!(one, two);
    assert_eq!(one.terms.origin.chain_name.as_str(), "Solana");
    assert_eq!(one.terms.destination.token.symbol.as_str(), "USDC");
    let usual = std::slice::from_ref(&one.terms.origin.token);
    assert_eq!(one.terms.acceptable, usual);
}

#[tokio::test]
async fn a_deposit_address_looks_like_one_of_its_chain() {
    let provider = provider();
    let id = Id::from_uuid(uuid()).unwrap();
    for (origin, destination, is_evm) in [(SOLANA, POLYGON, false), (POLYGON, SOLANA, true)] {
        let order = order(origin, destination, token("USDC"));
        let terms = provider.open_route(id, &order).await.unwrap().unwrap();
        let address = terms.deposit_address.as_str();
        assert_eq!(address.starts_with("0x") && address.len() == 42, is_evm);
    }
}

#[tokio::test]
async fn only_known_chains_and_tokens_are_served() {
    let mut order_of_other_origin = order(SOLANA, POLYGON, token("USDC"));
    order_of_other_origin.origin_currency = Some(token("USDT"));
    let contract = "0x3C499C542CEF5E3811E1192CE70D8CC03D5C3359";
    for (order, expected) in [
        (order(SOLANA, POLYGON, token("USDC")), Ok(())),
        (order(SOLANA, POLYGON, token(contract)), Ok(())),
        (
            order(SOLANA, 42, token("USDC")),
            Err(RouteUnserved::Corridor),
        ),
        (
            order(42, SOLANA, token("USDC")),
            Err(RouteUnserved::Corridor),
        ),
        (order(1, 1, token("USDC")), Err(RouteUnserved::Corridor)),
        (
            order(SOLANA, POLYGON, token("EURC")),
            Err(RouteUnserved::DestinationCurrency),
        ),
        (order_of_other_origin, Err(RouteUnserved::OriginCurrency)),
    ] {
        let id = Id::from_uuid(uuid()).unwrap();
        let opened = provider().open_route(id, &order).await.unwrap();
        assert_eq!(opened.map(|_| ()), expected);
    }
}

#[tokio::test]
async fn a_deposit_at_an_active_route_has_ended() {
    let (provider, id) = (provider(), Id::from_uuid(uuid()).unwrap());
    let route = opened(&provider).await;
    let usual = provider.arrive(&route, id, &simulation(Outcome::Completed, None));
    let usual = usual.unwrap();
    assert_eq!(usual.status, DepositStatus::Success);
    assert_eq!(usual.origin.amount.decimal(), "100");
    assert_eq!(usual.destination.amount.decimal(), "100");
    assert_eq!(usual.destination.transactions.len(), 1);
    let failed = provider.arrive(&route, id, &simulation(Outcome::Failed, Some("12.5")));
    let failed = failed.unwrap();
    assert_eq!(failed.status, DepositStatus::Failed);
    assert_eq!(failed.failure, Some(DepositFailure::Payout));
    assert_eq!(failed.origin.amount_usd.decimal(), "12.5");
    assert_eq!(failed.destination.amount.decimal(), "0");
}

#[tokio::test]
async fn a_deposit_at_a_paused_route_waits_and_ends_as_it_was_to() {
    let (provider, id) = (provider(), Id::from_uuid(uuid()).unwrap());
    let active = opened(&provider).await;
    let in_status = |status| PaymentRoute {
        status,
        ..active.clone()
    };
    let paused = in_status(RouteStatus::Paused);
    let later = id.created_at() + Duration::from_secs(60);
    for (outcome, end) in [
        (Outcome::Completed, DepositStatus::Success),
        (Outcome::Failed, DepositStatus::Failed),
    ] {
        let waiting = provider.arrive(&paused, id, &simulation(outcome, Some("7")));
        let waiting = waiting.unwrap();
        assert_eq!(waiting.status, DepositStatus::Pending);
        assert_eq!(waiting.origin.amount.decimal(), "7");
        assert_eq!(waiting.destination.amount.decimal(), "0");
        let told = [waiting];
        let held = provider.deposits(&paused, &told, later).await.unwrap();
        assert_eq!(held, []);
        for status in [RouteStatus::Active, RouteStatus::Archived] {
            let route = in_status(status);
            let passed_on = provider.deposits(&route, &told, later).await.unwrap();
            assert_eq!(passed_on.len(), 1);
            assert_eq!(passed_on[0].status, end);
            assert_eq!(passed_on[0].relay_updated_at, later);
            assert_eq!(passed_on[0].relay_request, told[0].relay_request);
            let paid_out = passed_on[0].destination.amount.decimal();
            assert_eq!(paid_out == "7", end == DepositStatus::Success);
        }
    }
}
