//! What the rail says of a customer that it rejected before.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    background::Wake,
    jobs::Work,
    review::{OverdueAges, Reviewer},
    transitions::Transitions,
};
use vouch_domain::{
    customer::Status,
    kyc::{FileCategory::IdDocument, Gap, SubmissionStatus},
    ports::{CustomerQueries, RailCustomerId, RailFailure, RailStatus, Reviews},
    tenant::Env,
};
use vouch_testkit::{Gate, KycScript, Script, individual, pdf};

use crate::kyc::{A_WHILE, Made, OVERDUE, PATIENT, made};

const MINUTE: Duration = Duration::from_secs(60);

impl Made {
    fn decides(&self, status: RailStatus) {
        self.bench.clock.advance(MINUTE);
        self.bench.rail.decide("rail-1", Some(status), &[]);
    }

    fn reviewer(&self) -> Reviewer {
        let store = Arc::new(self.bench.store.clone());
        Reviewer::new(
            Arc::clone(&store) as _,
            Transitions::new(store, Arc::clone(&self.bench.ids)),
            self.bench.rails.clone(),
            OverdueAges {
                test: OVERDUE,
                live: OVERDUE,
            },
            Wake::default(),
        )
    }

    async fn call(&self) {
        let customer = RailCustomerId::parse("rail-1").unwrap();
        let called = self.bench.store.call_for_look(Env::Test, &customer, None);
        assert_eq!(called.await, Ok(true));
    }

    /// The rail calls, and somebody looks.
    async fn called(&self) {
        self.call().await;
        assert_eq!(self.reviewer().pass(Env::Test).await, Ok(1));
    }

    async fn status(&self) -> Status {
        let handle = self.handle();
        let found = self.bench.store.find(self.bench.tenant, &handle);
        found.await.unwrap().unwrap().status
    }
}

/// A person that was submitted, and rejected.
async fn rejected() -> Made {
    let made = made(individual()).await;
    made.attached(IdDocument, &pdf(50)).await;
    made.submit().await.unwrap();
    assert_eq!(made.send().await, 1);
    made.decides(RailStatus::Rejected);
    made.called().await;
    assert_eq!(made.status().await, Status::Rejected);
    made
}

#[tokio::test(start_paused = true)]
async fn what_the_rail_said_before_is_no_answer_while_nothing_has_reached_it() {
    let made = rejected().await;
    made.submit().await.unwrap();
    made.called().await;
    assert_eq!(made.status().await, Status::Pending);
    assert_eq!(made.newest().await.status, SubmissionStatus::Submitted);
}

#[tokio::test(start_paused = true)]
async fn a_submission_during_the_look_makes_it_worthless() {
    let made = Arc::new(rejected().await);
    made.call().await;
    let gate = Gate::new();
    made.bench.rail.on_read(Script::behave().behind(&gate));
    let look = tokio::spawn({
        let reviewer = made.reviewer();
        async move { reviewer.pass(Env::Test).await }
    });
    gate.reached().await;
    // The rail has been asked, and its answer is on its way.
    made.submit().await.unwrap();
    gate.open();
    assert_eq!(look.await.unwrap(), Ok(1));
    assert_eq!(made.status().await, Status::Pending);
    assert_eq!(made.newest().await.status, SubmissionStatus::Submitted);
    // It is looked again.
    made.bench.pass(A_WHILE).await;
    assert_eq!(made.reviewer().pass(Env::Test).await, Ok(1));
    assert_eq!(made.status().await, Status::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_review_may_show_later_than_it_begins() {
    let made = rejected().await;
    made.submit().await.unwrap();
    // The place for the bytes, and the start.
    made.scripted([KycScript::Behave, KycScript::BehaveUnseen]);
    assert_eq!(made.send().await, 1);
    assert_eq!(made.newest().await.status, SubmissionStatus::InReview);
    made.called().await;
    assert_eq!(made.status().await, Status::Pending);
    // Nobody calls when it shows, and it is found all the same.
    made.decides(RailStatus::Rejected);
    made.bench.pass(OVERDUE).await;
    assert_eq!(made.reviewer().pass(Env::Test).await, Ok(1));
    assert_eq!(made.status().await, Status::Rejected);
    assert_eq!(made.newest().await.status, SubmissionStatus::Rejected);
    assert_eq!(made.bench.rail.reviews(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_ended_unclear_and_was_rejected_is_not_repeated() {
    let made = rejected().await;
    made.submit().await.unwrap();
    let unclear = RailFailure::Unclear {
        cause: "timed out".to_owned(),
    };
    made.scripted([KycScript::Behave, KycScript::BehaveAndFail(unclear)]);
    assert_eq!(made.send().await, 1);
    assert_eq!(made.newest().await.status, SubmissionStatus::Submitted);
    made.decides(RailStatus::Rejected);
    made.bench.pass(PATIENT).await;
    assert_eq!(made.send().await, 1);
    assert_eq!(made.bench.rail.reviews(), 2);
    made.called().await;
    assert_eq!(made.newest().await.status, SubmissionStatus::Rejected);
}

#[tokio::test(start_paused = true)]
async fn who_is_submitted_in_vain_stays_pending() {
    let made = rejected().await;
    made.submit().await.unwrap();
    made.scripted([KycScript::Fail(RailFailure::Refused { fields: Vec::new() })]);
    assert_eq!(made.send().await, 1);
    let ended = made.newest().await;
    assert_eq!(ended.status, SubmissionStatus::Incomplete);
    assert_eq!(ended.missing, [Gap::File(IdDocument)]);
    made.called().await;
    assert_eq!(made.status().await, Status::Pending);
}

#[tokio::test(start_paused = true)]
async fn the_newest_submission_follows_whatever_the_rail_says_later() {
    let made = rejected().await;
    for (word, expected) in [
        (RailStatus::Verified, SubmissionStatus::Approved),
        (RailStatus::Rejected, SubmissionStatus::Rejected),
        (RailStatus::Pending, SubmissionStatus::Incomplete),
        (RailStatus::Verified, SubmissionStatus::Approved),
    ] {
        made.decides(word);
        made.called().await;
        assert_eq!(made.status().await, word.status());
        assert_eq!(made.newest().await.status, expected, "{word:?}");
    }
}
