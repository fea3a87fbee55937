//! Payouts on a rail that does as it is told.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    background::Wake,
    create::Created,
    money_lines::{MoneyLine, MoneyLines},
    payouts::{MakePayout, MakePayoutError, PayoutMade},
};
use vouch_domain::{
    customer::{CustomerHandle, Status},
    form::ProblemKind,
    payout::{PayoutEnd, PayoutFailure, PayoutState},
    ports::{PayoutRefusal, StoreError},
};
use vouch_testkit::{
    MoneyCall::{LookUp, Send},
    MoneyScript, ScriptedMoneyRail, individual, payout_claim, payout_request, unique_claim,
};

use crate::{
    bench::{TERMS, another_body, unavailable, unclear},
    money::{Desk, PATIENT},
};

fn paid() -> PayoutState {
    PayoutState::Ended(PayoutEnd::Paid)
}

fn failed(failure: PayoutFailure) -> PayoutState {
    PayoutState::Ended(PayoutEnd::Failed(failure))
}

#[tokio::test(start_paused = true)]
async fn a_payout_is_sent_once_and_followed_to_its_end() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.send().await, 0);
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    desk.rail.set_payout(payout.id, paid());
    desk.bench.pass(PATIENT * 2).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, paid());
    assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
    desk.bench.pass(PATIENT * 10).await;
    assert_eq!(desk.send().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_unclear_order_is_looked_for_before_anything_is_sent_again() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::BehaveAndFail(unclear()));
    desk.send().await;
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp]);
    assert_eq!(desk.rail.payouts(), [payout.id]);
}

#[tokio::test(start_paused = true)]
async fn absence_proves_nothing_before_the_settle_time_is_over() {
    let desk = Desk::new().await;
    desk.payout().await;
    desk.rail.on(Send, MoneyScript::Fail(unclear()));
    desk.send().await;
    // The next attempt comes after a second, and the rail has two.
    desk.bench.pass(Duration::from_millis(1_001)).await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.calls(), [Send, LookUp]);
    desk.bench.pass(TERMS.settle).await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.calls(), [Send, LookUp, LookUp, Send]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_as_soon_as_it_is_due() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::Fail(unavailable(None)));
    desk.send().await;
    desk.bench.pass(Duration::from_millis(1_001)).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp, Send]);
    assert_eq!(desk.rail.payouts(), [payout.id]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_when_the_rail_does_not_have_it() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let refusal = PayoutRefusal::Because(PayoutFailure::InsufficientFunds);
    desk.rail.on(Send, MoneyScript::RefusePayout(refusal));
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp]);
    let expected = failed(PayoutFailure::InsufficientFunds);
    assert_eq!(desk.state_of(&payout).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_what_the_rail_has_is_none() {
    for refusal in [
        PayoutRefusal::IdUsed,
        PayoutRefusal::Because(PayoutFailure::Refused),
    ] {
        let desk = Desk::new().await;
        let payout = desk.payout().await;
        desk.rail.on(Send, MoneyScript::SendAndRefuse(refusal));
        desk.send().await;
        assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
        desk.rail.set_payout(payout.id, paid());
        desk.bench.pass(PATIENT).await;
        desk.send().await;
        assert_eq!(desk.state_of(&payout).await, paid());
        assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_rail_calls_used_never_means_failed() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let used = MoneyScript::RefusePayout(PayoutRefusal::IdUsed);
    desk.rail.on(Send, used);
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    // It arrives late.
    desk.rail.set_payout(payout.id, paid());
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, paid());
    assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_cannot_be_checked_is_not_believed() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let refusal = PayoutRefusal::Because(PayoutFailure::AmountRefused);
    desk.rail.on(Send, MoneyScript::RefusePayout(refusal));
    desk.rail.on(LookUp, MoneyScript::Fail(unclear()));
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp, LookUp, Send]);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_never_sent_again_though_the_rail_forgets_it() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.send().await;
    desk.bench.pass(PATIENT).await;
    desk.rail.on(LookUp, MoneyScript::Fail(unclear()));
    desk.send().await;
    let empty = ScriptedMoneyRail::new();
    let forgetful = Desk {
        rail: Arc::clone(&empty),
        lines: MoneyLines {
            test: Some(MoneyLine {
                accounts: Arc::clone(&empty) as _,
                payouts: Arc::clone(&empty) as _,
                terms: TERMS,
            }),
            live: None,
        },
        ..desk
    };
    for longer in [10, 20, 40] {
        forgetful.bench.pass(PATIENT * longer).await;
        forgetful.send().await;
    }
    assert_eq!(forgetful.calls(), [LookUp, LookUp, LookUp]);
    assert_eq!(forgetful.state_of(&payout).await, PayoutState::Processing);
}

#[tokio::test(start_paused = true)]
async fn a_used_key_goes_before_everything_and_a_used_reference_before_the_customer() {
    let desk = Desk::new().await;
    let use_case = desk.make_payout();
    let tenant = desk.bench.tenant;
    let (request, claim) = (payout_request(&desk.handle(), None), payout_claim());
    let make = async |claim, form| use_case.make(tenant, claim, form).await;
    let Ok(PayoutMade::New(payout)) = make(&claim, Ok(request.clone())).await else {
        panic!("not new");
    };
    desk.bench
        .store
        .set_status(tenant, desk.customer.id, Status::Rejected);
    let existing = |replayed| {
        Ok(PayoutMade::Existing {
            payout: payout.clone(),
            replayed,
        })
    };
    assert_eq!(make(&claim, Err(Vec::new())).await, existing(true));
    let other = another_body(&claim);
    let conflict = Err(MakePayoutError::KeyConflict);
    assert_eq!(make(&other, Ok(request.clone())).await, conflict);
    let second = payout_claim();
    assert_eq!(make(&second, Ok(request.clone())).await, existing(false));
    assert_eq!(make(&second, Ok(request.clone())).await, existing(true));
    let third = another_body(&payout_claim());
    let used = Err(MakePayoutError::ReferenceUsed);
    assert_eq!(make(&third, Ok(request)).await, used);
    let new = payout_request(&desk.handle(), None);
    let refused = make(&third, Ok(new)).await;
    assert_eq!(refused, Err(MakePayoutError::NotVerified));
}

#[tokio::test(start_paused = true)]
async fn what_stands_against_a_payout_is_told() {
    let desk = Desk::new().await;
    let use_case = desk.make_payout();
    let tenant = desk.bench.tenant;
    let nobody = payout_request(&CustomerHandle::parse("nobody").unwrap(), None);
    let refused = use_case.make(tenant, &payout_claim(), Ok(nobody)).await;
    assert_eq!(refused, Err(MakePayoutError::UnknownCustomer));
    let Ok(Created::New(other)) = desk.bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    desk.bench
        .store
        .set_status(tenant, other.id, Status::Verified);
    let unaddressed = payout_request(&CustomerHandle::Id(other.id), None);
    let refused = use_case
        .make(tenant, &payout_claim(), Ok(unaddressed))
        .await;
    let Err(MakePayoutError::Invalid(problems)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(problems[0].field, "recipient.interac_email");
    assert_eq!(problems[0].kind, ProblemKind::Missing);
    let store = Arc::new(desk.bench.store.clone());
    let ids = Arc::clone(&desk.bench.ids);
    let railless = MakePayout::new(store, MoneyLines::default(), ids, Wake::default());
    let request = payout_request(&desk.handle(), None);
    let refused = railless.make(tenant, &payout_claim(), Ok(request)).await;
    assert_eq!(refused, Err(MakePayoutError::NoRail));
    let down = StoreError::Unavailable("down".to_owned());
    desk.bench.store.fail_with(Some(down.clone()));
    let refused = use_case
        .make(tenant, &payout_claim(), Err(Vec::new()))
        .await;
    assert_eq!(refused, Err(MakePayoutError::Store(down)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_a_customer_who_is_no_longer_verified() {
    for status in [Status::Rejected, Status::Pending] {
        let desk = Desk::new().await;
        let payout = desk.payout().await;
        desk.becomes(status);
        assert_eq!(desk.send().await, 1);
        assert_eq!(desk.calls(), []);
        let expected = failed(PayoutFailure::CustomerNotEligible);
        assert_eq!(desk.state_of(&payout).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_followed_whatever_became_of_the_customer() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::BehaveAndFail(unclear()));
    desk.send().await;
    desk.becomes(Status::Rejected);
    desk.rail.set_payout(payout.id, paid());
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, paid());
    assert_eq!(desk.calls(), [Send, LookUp]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_by_then_is_not_sent_again() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::Fail(unclear()));
    desk.send().await;
    desk.becomes(Status::Rejected);
    // Its absence proves nothing yet.
    desk.bench.pass(Duration::from_millis(1_001)).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    desk.bench.pass(TERMS.settle).await;
    desk.send().await;
    let expected = failed(PayoutFailure::CustomerNotEligible);
    assert_eq!(desk.state_of(&payout).await, expected);
    assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
}
