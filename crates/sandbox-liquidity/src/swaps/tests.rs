#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use chrono::TimeDelta;
use uuid::Uuid;
use vouch_domain::{
    customer::Holder,
    id::Id,
    swap::SwapStatus,
    values::{Base58Address, DisplayName},
};

use super::*;

const SETTLES_AFTER: Duration = Duration::from_secs(8);

fn provider() -> SandboxLiquidity {
    SandboxLiquidity::new("seed", SETTLES_AFTER)
}

fn pair(from: &str, to: &str) -> Pair {
    Pair {
        from: CurrencyCode::parse(from).unwrap(),
        to: CurrencyCode::parse(to).unwrap(),
    }
}

fn order(amount: &str) -> SwapOrder {
    SwapOrder {
        pair: pair("USDC", "EURC"),
        amount: Amount::parse(amount).unwrap(),
        destination: Base58Address::parse(&"1".repeat(32)).unwrap(),
    }
}

async fn opened(provider: &SandboxLiquidity, amount: &str) -> Swap {
    let uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
    let id = Id::from_uuid(uuid).unwrap();
    let holder = Holder {
        id: Id::from_uuid(uuid).unwrap(),
        name: DisplayName::parse("Ada Obi").unwrap(),
    };
    let order = order(amount);
    let terms = provider.open_swap(id, &order).await.unwrap();
    Swap::opened(id, holder, order, terms)
}

/// Plays a swap to its end, and answers with every status that it came to.
fn played(
    provider: &SandboxLiquidity,
    swap: Swap,
    simulation: &Simulation,
) -> (Swap, Vec<SwapStatus>) {
    let (mut swap, mut way) = (swap, Vec::new());
    while let Some(step) = provider.play(&swap, simulation).unwrap() {
        swap = swap.after(step, swap.id.created_at()).unwrap();
        way.push(swap.state.status());
    }
    (swap, way)
}

#[tokio::test]
async fn the_same_order_has_the_same_terms_whoever_asks() {
    let first = opened(&provider(), "100").await;
    let second = opened(&provider(), "100").await;
    assert_eq!(first.terms, second.terms);
    assert_eq!(first.terms.rate.to_string(), "0.92");
    assert_eq!(first.terms.fee.count(), 30);
    assert_ne!(first.terms.deposit_address, first.terms.deposit_wallet);
    assert_eq!(first.expected_output().decimal(), "92");
}

#[tokio::test]
async fn rates_are_fixed_and_inverse_to_each_other() {
    let now = DateTime::UNIX_EPOCH;
    for (from, to, rate, out) in [
        ("USDC", "EURC", "0.92", "920000"),
        ("EURC", "USDC", "1.086957", "1086957"),
    ] {
        let quoted = provider()
            .rate(&pair(from, to), now)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(quoted.rate.to_string(), rate);
        assert_eq!(quoted.in_amount.to_string(), "1000000");
        assert_eq!(quoted.out_amount.to_string(), out);
        assert_eq!(quoted.fetched_at, now);
        assert_ne!(quoted.input_mint, quoted.output_mint);
    }
    let unknown = provider().rate(&pair("USDC", "USDC"), now).await.unwrap();
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn every_pair_of_the_market_has_a_rate() {
    let market = provider().market().await.unwrap();
    for pair in &market.pairs {
        let rate = provider().rate(pair, DateTime::UNIX_EPOCH).await.unwrap();
        assert!(rate.is_some(), "{pair:?}");
    }
}

#[tokio::test]
async fn a_swap_settles_when_its_time_has_come() {
    let provider = provider();
    let swap = opened(&provider, "100").await;
    let created_at = swap.id.created_at();
    let early = created_at + TimeDelta::seconds(5);
    let next = provider.next_step(&swap, early).await.unwrap();
    assert_eq!(next, NextStep::LookAgain(Duration::from_secs(3)));
    let due = created_at + TimeDelta::seconds(8);
    let next = provider.next_step(&swap, due).await.unwrap();
    let received = swap.order.amount;
    assert_eq!(next, NextStep::Now(SwapStep::ReceiveDeposit { received }));
    // Once begun it goes on, whatever the clock says.
    let swap = swap
        .after(SwapStep::ReceiveDeposit { received }, due)
        .unwrap();
    let next = provider.next_step(&swap, early).await.unwrap();
    assert_eq!(next, NextStep::Now(SwapStep::Begin));
}

#[tokio::test]
async fn without_a_time_a_swap_waits_to_be_told() {
    let provider = SandboxLiquidity::new("seed", Duration::ZERO);
    let swap = opened(&provider, "100").await;
    let late = swap.expires_at();
    assert_eq!(provider.settles_after(), None);
    assert_eq!(
        provider.next_step(&swap, late).await.unwrap(),
        NextStep::Never
    );
}

#[tokio::test]
async fn a_simulation_says_how_much_arrives_and_how_it_ends() {
    let provider = provider();
    let swap = opened(&provider, "100").await;
    let (ended, way) = played(&provider, swap.clone(), &BY_ITSELF);
    assert_eq!(
        way,
        [
            SwapStatus::DepositReceived,
            SwapStatus::Swapping,
            SwapStatus::Completed
        ]
    );
    let SwapState::Completed(completion) = ended.state else {
        unreachable!("a completed swap")
    };
    assert_eq!(completion.output.decimal(), "92");
    assert_ne!(completion.swap_transaction, completion.payout_transaction);

    let less = Simulation {
        outcome: Outcome::Failed,
        amount: Some(Amount::parse("12.5").unwrap()),
    };
    let (ended, way) = played(&provider, swap, &less);
    assert_eq!(way.last(), Some(&SwapStatus::Failed));
    assert_eq!(ended.state.received(), less.amount);
}

#[tokio::test]
async fn an_order_is_withdrawn_before_its_deposit_only() {
    let provider = provider();
    let swap = opened(&provider, "100").await;
    let now = swap.id.created_at();
    assert!(provider.cancel_swap(&swap, now).await.unwrap());
    let (ended, _) = played(&provider, swap, &BY_ITSELF);
    assert!(!provider.cancel_swap(&ended, now).await.unwrap());
}
