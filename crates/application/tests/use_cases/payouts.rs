//! Payouts on a rail that does as it is told.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    create::Created,
    money_lines::{MoneyLine, MoneyLines},
    payouts::{MakePayoutError, PayoutMade},
};
use vouch_domain::{
    customer::{CustomerHandle, Status},
    form::{FieldProblem, InvalidPayout, ProblemKind},
    money::MinorUnits,
    payout::{PayoutEnd, PayoutFailure, PayoutRequest, PayoutState},
    ports::{PayoutRefusal, StoreError},
    values::{InteracEmail, Name},
};
use vouch_testkit::{
    MoneyCall::{LookUp, Send},
    MoneyScript, ScriptedMoneyRail, individual, interac_email, payout_claim, payout_request,
    unique_claim,
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

/// A form that lacks its currency.
fn invalid() -> InvalidPayout {
    let problem = FieldProblem {
        field: "currency".to_owned(),
        kind: ProblemKind::Missing,
        message: "is required",
    };
    InvalidPayout {
        problems: vec![problem],
        relies_on: None,
    }
}

/// The same payout to this address.
fn to(request: &PayoutRequest, interac_email: Option<InteracEmail>) -> PayoutRequest {
    let mut request = request.clone();
    request.recipient.interac_email = interac_email;
    request
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
    assert_eq!(make(&claim, Err(invalid())).await, existing(true));
    let other = another_body(&claim);
    let conflict = Err(MakePayoutError::KeyConflict);
    assert_eq!(make(&other, Ok(request.clone())).await, conflict);
    let second = payout_claim();
    assert_eq!(make(&second, Ok(request.clone())).await, existing(false));
    assert_eq!(make(&second, Ok(request.clone())).await, existing(true));
    let new = payout_request(&desk.handle(), None);
    let refused = make(&payout_claim(), Ok(new)).await;
    assert_eq!(refused, Err(MakePayoutError::NotVerified));
}

#[tokio::test(start_paused = true)]
async fn a_merchant_reference_repeats_what_was_asked_for_however_it_is_spelt() {
    let desk = Desk::new().await;
    let tenant = desk.bench.tenant;
    let request = payout_request(&desk.handle(), None);
    let use_case = desk.make_payout();
    let make = async |form: &PayoutRequest| {
        let claim = another_body(&payout_claim());
        use_case.make(tenant, &claim, Ok(form.clone())).await
    };
    let Ok(PayoutMade::New(payout)) = make(&request).await else {
        panic!("not new");
    };
    // Its address is held by nobody any more.
    desk.becomes(Status::Rejected);
    let by_reference = Some(CustomerHandle::Reference(desk.customer.reference.clone()));
    let spelt_out = desk.customer.interac_email.clone();
    let same = [
        request.clone(),
        PayoutRequest {
            customer: by_reference,
            ..request.clone()
        },
        to(&request, spelt_out),
    ];
    for repetition in same {
        let made = make(&repetition).await;
        let existing = PayoutMade::Existing {
            payout: payout.clone(),
            replayed: false,
        };
        assert_eq!(made, Ok(existing));
    }
    let Ok(Created::New(other)) = desk.bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    let name = |text: &str| Name::restore(text.to_owned()).unwrap();
    let mut renamed = request.clone();
    renamed.recipient.last_name = name("Hoppe");
    let others = [
        to(&request, Some(interac_email("other@example.com"))),
        PayoutRequest {
            amount: MinorUnits::new(1_251).unwrap(),
            ..request.clone()
        },
        PayoutRequest {
            customer: Some(CustomerHandle::Id(other.id)),
            ..request.clone()
        },
        PayoutRequest {
            customer: CustomerHandle::parse("nobody"),
            ..request.clone()
        },
        PayoutRequest {
            customer: None,
            ..request.clone()
        },
        renamed,
    ];
    for other in others {
        let refused = make(&other).await;
        assert_eq!(refused, Err(MakePayoutError::ReferenceUsed), "{other:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_the_customer_lacks_is_told_with_the_other_problems() {
    let desk = Desk::new().await;
    let tenant = desk.bench.tenant;
    let Ok(Created::New(other)) = desk.bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    let use_case = desk.make_payout();
    let told = async |customer: &CustomerHandle| {
        let form = InvalidPayout {
            relies_on: Some(customer.clone()),
            ..invalid()
        };
        let refused = use_case.make(tenant, &payout_claim(), Err(form)).await;
        let Err(MakePayoutError::Invalid(problems)) = refused else {
            panic!("{refused:?}");
        };
        let fields = problems.into_iter().map(|problem| problem.field);
        fields.collect::<Vec<_>>()
    };
    let lacking = CustomerHandle::Id(other.id);
    // That it is not verified comes first.
    assert_eq!(told(&lacking).await, ["currency"]);
    desk.bench
        .store
        .set_status(tenant, other.id, Status::Verified);
    assert_eq!(
        told(&lacking).await,
        ["currency", "recipient.interac_email"]
    );
    assert_eq!(told(&desk.handle()).await, ["currency"]);
    let nobody = CustomerHandle::parse("nobody").unwrap();
    assert_eq!(told(&nobody).await, ["currency"]);
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
    let railless = Desk {
        lines: MoneyLines::default(),
        ..desk
    };
    let (use_case, desk) = (railless.make_payout(), railless);
    let request = payout_request(&desk.handle(), None);
    let refused = use_case.make(tenant, &payout_claim(), Ok(request)).await;
    assert_eq!(refused, Err(MakePayoutError::NoRail));
    let down = StoreError::Unavailable("down".to_owned());
    desk.bench.store.fail_with(Some(down.clone()));
    let refused = use_case.make(tenant, &payout_claim(), Err(invalid())).await;
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
