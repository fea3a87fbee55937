#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]
use reqwest::StatusCode;
use tokio::time::advance;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn breaker(opens_on: OpensOn) -> Breaker {
    Breaker::new(Env::Live, opens_on)
}

fn answer(status: StatusCode) -> Result<Answer, NoAnswer> {
    Ok(Answer {
        status,
        body: None,
        wait: SECOND,
        is_simulated: false,
    })
}

fn good() -> Result<Answer, NoAnswer> {
    answer(StatusCode::OK)
}

fn bad() -> Result<Answer, NoAnswer> {
    Err(NoAnswer::NotConnected { timed_out: false })
}

fn settle(breaker: &Breaker, times: usize, outcome: &Result<Answer, NoAnswer>) {
    for _ in 0..times {
        breaker.leave().unwrap().settle(outcome);
    }
}

fn opened() -> Breaker {
    let breaker = breaker(OpensOn::AnyFailure);
    settle(&breaker, LEAST_CALLS, &bad());
    assert_eq!(breaker.circuit(), Circuit::Open);
    breaker
}

fn refused_for(breaker: &Breaker) -> Duration {
    match breaker.leave() {
        Ok(_) => panic!("let through"),
        Err(wait) => wait,
    }
}

#[tokio::test(start_paused = true)]
async fn half_of_twenty_calls_open_it() {
    let breaker = breaker(OpensOn::AnyFailure);
    settle(&breaker, 10, &good());
    settle(&breaker, 9, &bad());
    assert_eq!(breaker.circuit(), Circuit::Closed);
    settle(&breaker, 1, &bad());
    assert_eq!(breaker.circuit(), Circuit::Open);
    assert_eq!(refused_for(&breaker), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn nineteen_failures_are_too_few() {
    let breaker = breaker(OpensOn::AnyFailure);
    settle(&breaker, 19, &bad());
    assert_eq!(breaker.circuit(), Circuit::Closed);
}

#[tokio::test(start_paused = true)]
async fn fewer_failures_than_half_are_not_enough() {
    let breaker = breaker(OpensOn::AnyFailure);
    settle(&breaker, 101, &good());
    settle(&breaker, 100, &bad());
    assert_eq!(breaker.circuit(), Circuit::Closed);
    settle(&breaker, 1, &bad());
    assert_eq!(breaker.circuit(), Circuit::Open);
}

#[tokio::test(start_paused = true)]
async fn outcomes_count_for_ten_seconds() {
    let breaker = breaker(OpensOn::AnyFailure);
    settle(&breaker, 19, &bad());
    advance(10 * SECOND).await;
    settle(&breaker, 19, &bad());
    assert_eq!(breaker.circuit(), Circuit::Closed);
    advance(9 * SECOND).await;
    settle(&breaker, 1, &bad());
    assert_eq!(breaker.circuit(), Circuit::Open);
}

#[tokio::test(start_paused = true)]
async fn after_two_seconds_one_call_tries() {
    let breaker = opened();
    advance(2 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(refused_for(&breaker), Duration::from_millis(1));
    advance(Duration::from_millis(1)).await;
    let trial = breaker.leave().unwrap();
    assert_eq!(breaker.circuit(), Circuit::HalfOpen);
    assert_eq!(refused_for(&breaker), 2 * SECOND);
    trial.settle(&good());
    assert_eq!(breaker.circuit(), Circuit::Closed);
    // What went before is forgotten.
    settle(&breaker, 19, &bad());
    assert_eq!(breaker.circuit(), Circuit::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_fails_opens_it_again() {
    let breaker = opened();
    advance(2 * SECOND).await;
    breaker.leave().unwrap().settle(&bad());
    assert_eq!(refused_for(&breaker), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_trial_given_up_lets_the_next_call_try() {
    let breaker = opened();
    advance(2 * SECOND).await;
    drop(breaker.leave().unwrap());
    assert_eq!(breaker.circuit(), Circuit::Open);
    breaker.leave().unwrap().settle(&Err(NoAnswer::NotMade));
    breaker.leave().unwrap().settle(&good());
    assert_eq!(breaker.circuit(), Circuit::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_ends_late_changes_nothing() {
    let breaker = breaker(OpensOn::AnyFailure);
    let (late_success, late_failure) = (breaker.leave().unwrap(), breaker.leave().unwrap());
    settle(&breaker, LEAST_CALLS, &bad());
    late_success.settle(&good());
    assert_eq!(breaker.circuit(), Circuit::Open);
    advance(SECOND).await;
    late_failure.settle(&bad());
    assert_eq!(refused_for(&breaker), SECOND);
}

#[tokio::test(start_paused = true)]
async fn only_a_rail_that_is_down_opens_it() {
    let simulated = Ok(Answer {
        is_simulated: true,
        ..answer(StatusCode::INTERNAL_SERVER_ERROR).unwrap()
    });
    for (outcome, any_failure, no_connection) in [
        (bad(), Circuit::Open, Circuit::Open),
        (
            Err(NoAnswer::NotConnected { timed_out: true }),
            Circuit::Open,
            Circuit::Open,
        ),
        (Err(NoAnswer::TimedOut), Circuit::Open, Circuit::Closed),
        (Err(NoAnswer::Dropped), Circuit::Open, Circuit::Closed),
        (
            answer(StatusCode::INTERNAL_SERVER_ERROR),
            Circuit::Open,
            Circuit::Closed,
        ),
        (
            answer(StatusCode::SERVICE_UNAVAILABLE),
            Circuit::Open,
            Circuit::Closed,
        ),
        (simulated, Circuit::Closed, Circuit::Closed),
        (good(), Circuit::Closed, Circuit::Closed),
        (
            answer(StatusCode::UNPROCESSABLE_ENTITY),
            Circuit::Closed,
            Circuit::Closed,
        ),
        (
            answer(StatusCode::TOO_MANY_REQUESTS),
            Circuit::Closed,
            Circuit::Closed,
        ),
        (
            answer(StatusCode::UNAUTHORIZED),
            Circuit::Closed,
            Circuit::Closed,
        ),
        (Err(NoAnswer::TooLong), Circuit::Closed, Circuit::Closed),
        (Err(NoAnswer::NotMade), Circuit::Closed, Circuit::Closed),
    ] {
        for (opens_on, expected) in [
            (OpensOn::AnyFailure, any_failure),
            (OpensOn::NoConnection, no_connection),
        ] {
            let breaker = breaker(opens_on);
            settle(&breaker, LEAST_CALLS, &outcome);
            assert_eq!(breaker.circuit(), expected, "{opens_on:?}");
        }
    }
}
