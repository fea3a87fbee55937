//! Swaps, from their order to their end.

mod bench;

use std::time::Duration;

use vouch_application::{
    rates::RatesError,
    simulate::SimulateError,
    swaps::{CancelSwapError, OpenSwapError},
};
use vouch_domain::{
    customer::HolderChoice,
    ports::StoreError,
    simulation::{Outcome, Simulation},
    swap::{Pair, SwapState, SwapStatus},
    tenant::Env,
    values::CurrencyCode,
};
use vouch_testkit::unique_treasury_claim;

use bench::{Bench, HALF_AN_HOUR, SETTLES_AFTER, order, outcome_of};

#[tokio::test(start_paused = true)]
async fn a_swap_settles_by_itself_when_its_time_has_come() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let swap = bench.opened().await;
    assert_eq!(bench.pass().await, 0);
    assert_eq!(bench.found(&swap).await, swap);
    bench.let_pass(SETTLES_AFTER);
    assert_eq!(bench.pass().await, 1);
    let SwapState::Completed(completion) = bench.found(&swap).await.state else {
        panic!("not completed")
    };
    assert_eq!(completion.received, swap.order.amount);
    assert_eq!(completion.output, swap.expected_output());
    assert_eq!(bench.pass().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_swap_without_a_deposit_expires() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let swap = bench.opened().await;
    bench.let_pass(HALF_AN_HOUR - Duration::from_secs(1));
    assert_eq!(bench.pass().await, 0);
    bench.let_pass(Duration::from_secs(1));
    assert_eq!(bench.pass().await, 1);
    assert_eq!(bench.found(&swap).await.state, SwapState::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_swap_stays_cancelled() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let swap = bench.opened().await;
    let claim = unique_treasury_claim();
    let first = bench.cancel(&claim, swap.id).await.unwrap();
    assert_eq!(first.repeats, None);
    let again = bench.cancel(&claim, swap.id).await.unwrap();
    assert_eq!(again.answer, first.answer);
    assert!(again.repeats.is_some());
    let other_key = bench.cancel(&unique_treasury_claim(), swap.id).await;
    assert_eq!(other_key, Err(CancelSwapError::NotPending));
    bench.let_pass(HALF_AN_HOUR);
    assert_eq!(bench.pass().await, 0);
    assert_eq!(bench.found(&swap).await.state, SwapState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn only_swaps_of_the_tenant_are_cancelled() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let claim = unique_treasury_claim();
    let cancelled = bench.cancel(&claim, bench.ids.mint()).await;
    assert_eq!(cancelled, Err(CancelSwapError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn orders_that_nobody_can_take_are_refused() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let mut strange = order();
    strange.order.pair.to = CurrencyCode::parse("XYZ").unwrap();
    let pair: Pair = strange.order.pair.clone();
    assert_eq!(
        bench.open(&unique_treasury_claim(), Ok(strange)).await,
        Err(OpenSwapError::UnsupportedPair(pair))
    );
    let mut foreign = order();
    foreign.holder = HolderChoice::Customer(bench.ids.mint());
    assert_eq!(
        bench.open(&unique_treasury_claim(), Ok(foreign)).await,
        Err(OpenSwapError::UnknownCustomer)
    );
    let live = bench.of_env(Env::Live);
    assert_eq!(
        live.open(&unique_treasury_claim(), Ok(order())).await,
        Err(OpenSwapError::NoProvider)
    );
    assert_eq!(
        bench.open(&unique_treasury_claim(), Err(Vec::new())).await,
        Err(OpenSwapError::Invalid(Vec::new()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_one_swap_whatever_its_body() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let claim = unique_treasury_claim();
    let first = bench.open(&claim, Ok(order())).await.unwrap();
    let again = bench.open(&claim, Ok(order())).await.unwrap();
    let invalid = bench.open(&claim, Err(Vec::new())).await.unwrap();
    assert_eq!(again.answer, first.answer);
    assert_eq!(invalid.answer, first.answer);
    assert_eq!(bench.count().await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_ended_unclear_is_repeated_under_its_id() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let claim = unique_treasury_claim();
    for _ in 0..2 {
        bench.provider.be_silent();
        let unclear = bench.open(&claim, Ok(order())).await;
        assert!(
            matches!(unclear, Err(OpenSwapError::NoTerms { .. })),
            "{unclear:?}"
        );
    }
    bench.provider.answer();
    bench.open(&claim, Ok(order())).await.unwrap();
    assert_eq!(bench.provider.orders(), 1);
    assert_eq!(bench.count().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_swap_is_as_young_as_the_request_that_opened_it() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let (refused, unclear) = (unique_treasury_claim(), unique_treasury_claim());
    let mut foreign = order();
    foreign.holder = HolderChoice::Customer(bench.ids.mint());
    let unknown = bench.open(&refused, Ok(foreign)).await;
    assert_eq!(unknown, Err(OpenSwapError::UnknownCustomer));
    bench.provider.be_silent();
    bench.open(&unclear, Ok(order())).await.unwrap_err();
    bench.provider.answer();
    bench.let_pass(HALF_AN_HOUR);
    for claim in [refused, unclear] {
        let swap = bench.opened_as(&claim).await;
        assert_eq!(swap.id.created_at(), bench.now());
        assert_eq!(bench.pass().await, 0);
        assert_eq!(bench.found(&swap).await, swap);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_does_not_tell_is_asked_again_later() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let swap = bench.opened().await;
    bench.let_pass(SETTLES_AFTER);
    bench.provider.be_silent();
    assert_eq!(bench.pass().await, 1);
    assert_eq!(bench.found(&swap).await, swap);
    bench.provider.answer();
    assert_eq!(bench.pass().await, 0);
    // The pause after the attempt that failed.
    bench.let_pass(Duration::from_secs(1));
    assert_eq!(bench.pass().await, 1);
    let status = bench.found(&swap).await.state.status();
    assert_eq!(status, SwapStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_simulation_is_followed_to_its_end() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    for outcome in Outcome::ALL {
        let swap = bench.opened().await;
        let simulation = Simulation {
            outcome,
            amount: None,
        };
        let ended = bench.simulate(swap.id, simulation).await.unwrap();
        assert_eq!(ended.state.status(), outcome_of(outcome));
        assert_eq!(bench.found(&swap).await, ended);
        let again = bench.simulate(swap.id, simulation).await.unwrap();
        assert_eq!(again, ended);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_otherwise_is_not_simulated() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let completed = Simulation {
        outcome: Outcome::Completed,
        amount: None,
    };
    let unknown = bench.simulate(bench.ids.mint(), completed).await;
    assert_eq!(unknown, Err(SimulateError::Unknown));
    let swap = bench.opened().await;
    let claim = unique_treasury_claim();
    bench.cancel(&claim, swap.id).await.unwrap();
    let cancelled = bench.simulate(swap.id, completed).await;
    assert_eq!(cancelled, Err(SimulateError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_deposit_after_its_time_is_not_simulated() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let (late, noted) = (bench.opened().await, bench.opened().await);
    let simulation = Simulation {
        outcome: Outcome::Completed,
        amount: None,
    };
    // All that the process did before it died.
    bench.only_note(noted.id, simulation).await;
    bench.let_pass(HALF_AN_HOUR);
    // Nobody has looked at either since.
    let refused = bench.simulate(late.id, simulation).await;
    assert_eq!(refused, Err(SimulateError::Unknown));
    assert_eq!(bench.pass().await, 2);
    assert_eq!(bench.found(&late).await.state, SwapState::Expired);
    let status = bench.found(&noted).await.state.status();
    assert_eq!(status, SwapStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_simulation_outlives_who_asked_for_it() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let swap = bench.opened().await;
    let simulation = Simulation {
        outcome: Outcome::Failed,
        amount: None,
    };
    // All that the process did before it died.
    bench.only_note(swap.id, simulation).await;
    assert_eq!(bench.pass().await, 1);
    let status = bench.found(&swap).await.state.status();
    assert_eq!(status, SwapStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn rates_are_those_of_the_provider() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let (market, rates) = bench.rates.all(Env::Test).await.unwrap();
    let pairs: Vec<_> = rates.iter().map(|rate| rate.pair.clone()).collect();
    assert_eq!(pairs, market.pairs);
    let one = bench.rates.one(Env::Test, "EURC", "USDC").await.unwrap();
    assert_eq!(one, rates[1]);
    for (from, to) in [("USDC", "XYZ"), ("USDC", "USDC"), ("", "x")] {
        let unsupported = RatesError::UnsupportedPair {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let answer = bench.rates.one(Env::Test, from, to).await;
        assert_eq!(answer, Err(unsupported));
    }
    let live = bench.rates.all(Env::Live).await;
    assert_eq!(live, Err(RatesError::NoProvider));
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_not_told_is_left_out() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    bench.provider.be_silent();
    let (market, rates) = bench.rates.all(Env::Test).await.unwrap();
    assert_eq!((market.pairs.len(), rates.len()), (2, 1));
    let untold = market.pairs[1].clone();
    let one = bench.rates.one(Env::Test, "EURC", "USDC").await;
    assert_eq!(one, Err(RatesError::NoRate(untold)));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_no_refusal() {
    let bench = Bench::settling_after(SETTLES_AFTER).await;
    let swap = bench.opened().await;
    let down = StoreError::Unavailable("down".to_owned());
    bench.store.fail_with(Some(down.clone()));
    let failed = bench.cancel(&unique_treasury_claim(), swap.id).await;
    assert!(matches!(failed, Err(CancelSwapError::Key(_))), "{failed:?}");
    bench.store.fail_with(None);
    assert_eq!(bench.found(&swap).await, swap);
}

#[tokio::test(start_paused = true)]
async fn tenants_do_not_meet() {
    let bench = Bench::settling_after(Duration::ZERO).await;
    let swap = bench.opened().await;
    let stranger = bench.stranger().await;
    let simulation = Simulation {
        outcome: Outcome::Completed,
        amount: None,
    };
    let simulated = stranger.simulate(swap.id, simulation).await;
    assert_eq!(simulated, Err(SimulateError::Unknown));
    let cancelled = stranger.cancel(&unique_treasury_claim(), swap.id).await;
    assert_eq!(cancelled, Err(CancelSwapError::Unknown));
    assert_eq!(bench.found(&swap).await, swap);
}
