//! The rail's callbacks, and its decisions.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use vouch_application::{
    background::Wake,
    callbacks::{CallbackError, CallbackLines, TakeCallback, Taken},
    create::Created,
    dispatch::{Dispatcher, MoneyCalls},
    jobs::Work,
    review::{OverdueAges, Reviewer},
    transitions::{Move, MoveError, Moved, Transitions},
};
use vouch_domain::{
    customer::{
        Cause, CustomerHandle, CustomerSummary, RailReason, Rejection,
        Status::{self, Closed, Pending, Rejected, Verified},
        ToldReason,
    },
    event::EventDetail,
    ports::{
        CallbackInbox, Clock, CustomerQueries, EventPageRequest, PresentedCallback, Provisioning,
        RailCallbacks, RailCustomerId, RailNotice, RailStatus, Reviews, StatusHistory, StoreError,
    },
    tenant::Env,
};
use vouch_testkit::{Script, individual, rail_customer, unique_claim};

use crate::bench::{Bench, unavailable};

const OVERDUE: Duration = Duration::from_secs(3_600);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);

/// Bodies are `id` or `id|why|seconds`; whoever signs with `rail` is the rail.
struct PlainCallbacks;

impl RailCallbacks for PlainCallbacks {
    fn is_genuine(&self, callback: &PresentedCallback<'_>, _: DateTime<Utc>) -> bool {
        callback.signature == "rail"
    }

    fn notice(&self, body: &[u8]) -> RailNotice {
        let text = std::str::from_utf8(body).unwrap();
        let mut parts = text.split('|');
        let Ok(customer) = RailCustomerId::parse(parts.next().unwrap()) else {
            return RailNotice::Nothing;
        };
        let reason = parts.next().and_then(RailReason::new);
        let at = parts.next().and_then(|seconds| seconds.parse().ok());
        RailNotice::Customer {
            customer,
            reason: reason.map(|reason| ToldReason {
                reason,
                at: at.and_then(|at| DateTime::from_timestamp(at, 0)),
            }),
        }
    }
}

/// A bench with a customer, which the rail knows as `rail-1`.
struct Made {
    bench: Bench,
    customer: CustomerSummary,
}

async fn made() -> Made {
    let bench = Bench::new().await;
    let Ok(Created::New(customer)) = bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    Made { bench, customer }
}

fn lines() -> CallbackLines {
    CallbackLines {
        test: Some(Arc::new(PlainCallbacks)),
        live: None,
    }
}

impl Made {
    fn decides(&self, status: RailStatus) {
        self.bench.rail.decide("rail-1", Some(status), &[]);
    }

    async fn take(&self, env: Env, signature: &str, body: &str) -> Result<Taken, CallbackError> {
        let inbox = Arc::new(self.bench.store.clone());
        let clock = Arc::clone(&self.bench.clock);
        let take = TakeCallback::new(inbox, lines(), clock, Wake::default());
        let callback = PresentedCallback {
            timestamp: "0",
            signature,
            body: body.as_bytes(),
        };
        take.take(env, &callback).await
    }

    /// Reads what is due. Answers how many callbacks that were.
    async fn dispatch(&self) -> usize {
        let store = Arc::new(self.bench.store.clone());
        let wake = Wake::default();
        let money = MoneyCalls {
            accounts: Arc::clone(&store) as _,
            payouts: Arc::clone(&store) as _,
            wake_accounts: Wake::default(),
            wake_payouts: Wake::default(),
        };
        let inbox = Arc::clone(&store) as _;
        let dispatcher = Dispatcher::new(inbox, store, money, lines(), wake.clone(), wake);
        dispatcher.pass(Env::Test).await.unwrap()
    }

    fn reviewer(&self) -> Reviewer {
        let store = Arc::new(self.bench.store.clone());
        let overdue = OverdueAges {
            test: OVERDUE,
            live: OVERDUE,
        };
        Reviewer::new(
            Arc::clone(&store) as _,
            Transitions::new(store, Arc::clone(&self.bench.ids)),
            self.bench.rails.clone(),
            overdue,
            Wake::default(),
        )
    }

    /// Looks at whoever is due. Answers how many customers that were.
    async fn look(&self) -> usize {
        self.reviewer().pass(Env::Test).await.unwrap()
    }

    /// The rail calls, and is heard.
    async fn called(&self, body: &str) {
        assert_eq!(self.take(Env::Test, "rail", body).await, Ok(Taken::New));
        assert_eq!(self.dispatch().await, 1);
        assert_eq!(self.look().await, 1);
    }

    async fn status(&self) -> Status {
        let handle = CustomerHandle::Id(self.customer.id);
        let found = self.bench.store.find(self.bench.tenant, &handle).await;
        found.unwrap().unwrap().status
    }

    /// Every change of the status so far.
    async fn changes(&self) -> Vec<(Status, Status)> {
        let request = EventPageRequest {
            customer: CustomerHandle::Id(self.customer.id),
            limit: 100,
            after: None,
            event_type: None,
        };
        let page = self.bench.store.events(self.bench.tenant, &request).await;
        let changes = page.unwrap().events.into_iter();
        let changes = changes.filter_map(|event| match event.detail {
            EventDetail::StatusChanged { previous, status } => Some((previous, status)),
            _ => None,
        });
        changes.collect()
    }

    async fn why(&self) -> (Option<Rejection>, Option<String>) {
        let (store, tenant) = (&self.bench.store, self.bench.tenant);
        let rejection = store.rejection(tenant, self.customer.id).await.unwrap();
        let reason = store.rail_reason(tenant, self.customer.id).await.unwrap();
        (rejection, reason.map(|reason| reason.expose().to_owned()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_callback_has_the_rail_read_and_its_word_applied() {
    let made = made().await;
    made.decides(RailStatus::Verified);
    made.called("rail-1").await;
    assert_eq!(made.status().await, Verified);
    assert_eq!(made.changes().await, [(Pending, Verified)]);
    made.bench.pass(PATIENT).await;
    assert_eq!((made.dispatch().await, made.look().await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn only_what_the_rail_has_signed_is_kept() {
    let made = made().await;
    let forged = made.take(Env::Test, "somebody", "rail-1").await;
    assert_eq!(forged, Err(CallbackError::Forged));
    let secretless = made.take(Env::Live, "rail", "rail-1").await;
    assert_eq!(secretless, Err(CallbackError::NoSecret));
    assert_eq!(made.dispatch().await, 0);
    let first = made.take(Env::Test, "rail", "rail-1").await;
    let second = made.take(Env::Test, "rail", "rail-1").await;
    assert_eq!((first, second), (Ok(Taken::New), Ok(Taken::Known)));
    assert_eq!(made.dispatch().await, 1);
    let failure = StoreError::Unavailable("gone".to_owned());
    made.bench.store.fail_with(Some(failure.clone()));
    let failed = made.take(Env::Test, "rail", "rail-1|late").await;
    assert_eq!(failed, Err(CallbackError::Store(failure)));
}

#[tokio::test(start_paused = true)]
async fn a_late_callback_changes_nothing_because_the_rail_is_asked() {
    let made = made().await;
    made.decides(RailStatus::Verified);
    made.called("rail-1").await;
    // Told of a rejection and of a pending state that are long past.
    for body in ["rail-1|Expired|10", "rail-1|"] {
        made.called(body).await;
    }
    assert_eq!(made.changes().await, [(Pending, Verified)]);
    assert_eq!(made.why().await, (None, None));
}

#[tokio::test(start_paused = true)]
async fn every_word_of_the_rail_counts_in_its_time() {
    let made = made().await;
    let words = [
        (RailStatus::Processing, Pending),
        (RailStatus::Rejected, Rejected),
        (RailStatus::Processing, Pending),
        (RailStatus::Verified, Verified),
        (RailStatus::Pending, Pending),
        (RailStatus::Verified, Verified),
        (RailStatus::Rejected, Rejected),
        (RailStatus::Verified, Verified),
    ];
    for (number, (word, status)) in words.into_iter().enumerate() {
        made.decides(word);
        made.called(&format!("rail-1||{number}")).await;
        assert_eq!(made.status().await, status, "{number}");
    }
    assert_eq!(made.changes().await.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_explained_by_the_callback_and_by_the_documents() {
    let made = made().await;
    let rail = &made.bench.rail;
    rail.decide(
        "rail-1",
        Some(RailStatus::Rejected),
        &["Page two is missing"],
    );
    made.called("rail-1|Document has expired|10").await;
    let said = "Document has expired\nPage two is missing".to_owned();
    let expected = (Some(Rejection::DocumentExpired), Some(said));
    assert_eq!(made.why().await, expected);
    // A callback without a reason takes none away; a later one with another does.
    rail.decide("rail-1", Some(RailStatus::Rejected), &[]);
    made.called("rail-1").await;
    assert_eq!(made.why().await, expected);
    made.called("rail-1|Fraud suspected|20").await;
    assert_eq!(made.why().await.0, Some(Rejection::FraudSuspected));
    made.called("rail-1|Blurry photo|15").await;
    assert_eq!(made.why().await.0, Some(Rejection::FraudSuspected));
    assert_eq!(made.changes().await, [(Pending, Rejected)]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_customer_is_not_revived_and_operators_can_see_that_it_was_tried() {
    let made = made().await;
    made.bench
        .store
        .set_status(made.bench.tenant, made.customer.id, Closed);
    // That it has decided nothing is no attempt.
    made.decides(RailStatus::Pending);
    made.called("rail-1|not yet").await;
    made.decides(RailStatus::Verified);
    made.called("rail-1").await;
    made.called("rail-1|again").await;
    assert_eq!(made.status().await, Closed);
    let (store, tenant) = (&made.bench.store, made.bench.tenant);
    let history = store.status_history(tenant, made.customer.id).await;
    let [refused] = &history.unwrap()[..] else {
        panic!("not one refusal");
    };
    assert!(!refused.applied);
    assert_eq!((refused.from, refused.to), (Closed, Verified));
    made.bench.pass(PATIENT).await;
    assert_eq!(made.look().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_old_rejection_is_no_answer_to_a_new_submission() {
    let made = made().await;
    made.decides(RailStatus::Rejected);
    made.called("rail-1|Document has expired|10").await;
    let store = Arc::new(made.bench.store.clone());
    let transitions = Transitions::new(Arc::clone(&store) as _, Arc::clone(&made.bench.ids));
    let handle = CustomerHandle::Id(made.customer.id);
    let resubmit = Move {
        customer: &handle,
        to: Pending,
        cause: Cause::Submission,
        explanation: None,
        review: None,
        claim: None,
    };
    let moved = transitions.move_customer(made.bench.tenant, &resubmit);
    assert!(matches!(moved.await, Ok(Moved::Now { .. })));
    // The rail has not heard of it yet, and calls about the old one again.
    made.called("rail-1|Document has expired|11").await;
    assert_eq!(made.status().await, Pending);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_was_taken_over_finds_nothing_that_counts() {
    let made = made().await;
    let (store, tenant) = (Arc::new(made.bench.store.clone()), made.bench.tenant);
    store
        .await_decision(tenant, made.customer.id, Duration::ZERO)
        .await
        .unwrap();
    let lease = Duration::from_secs(30);
    let take = async || store.take_due_reviews(Env::Test, lease, 1).await.unwrap();
    let old = take().await.remove(0);
    made.bench.pass(PATIENT).await;
    assert_eq!(take().await.len(), 1);
    let transitions = Transitions::new(Arc::clone(&store) as _, Arc::clone(&made.bench.ids));
    let late = Move {
        customer: &CustomerHandle::Id(made.customer.id),
        to: Verified,
        cause: Cause::Rail,
        explanation: None,
        review: Some(&old),
        claim: None,
    };
    let moved = transitions.move_customer(tenant, &late).await;
    assert_eq!(moved, Err(MoveError::Outrun));
    assert_eq!(made.status().await, Pending);
}

#[tokio::test(start_paused = true)]
async fn a_callback_about_somebody_unknown_waits_for_us_to_know_them() {
    let made = made().await;
    let (other, claim) = (individual(), unique_claim());
    let reservation = made.bench.reservation(&other, &claim).await;
    let record = rail_customer("rail-x", &other, made.bench.clock.now());
    made.bench.rail.put(record);
    made.bench
        .rail
        .decide("rail-x", Some(RailStatus::Verified), &[]);
    made.take(Env::Test, "rail", "rail-x").await.unwrap();
    assert_eq!((made.dispatch().await, made.look().await), (1, 0));
    // Recorded after the rail has called.
    let id = RailCustomerId::parse("rail-x").unwrap();
    let event = made.bench.ids.mint();
    let recorded = made
        .bench
        .store
        .record_provisioned(&reservation, &id, event, true);
    recorded.await.unwrap();
    made.bench.pass(PATIENT).await;
    assert_eq!((made.dispatch().await, made.look().await), (1, 1));
    let handle = CustomerHandle::Id(reservation.id);
    let found = made.bench.store.find(made.bench.tenant, &handle).await;
    assert_eq!(found.unwrap().unwrap().status, Verified);
}

#[tokio::test(start_paused = true)]
async fn what_concerns_nobody_is_read_once() {
    let made = made().await;
    made.take(Env::Test, "rail", "../nothing").await.unwrap();
    assert_eq!(made.dispatch().await, 1);
    made.bench.pass(PATIENT).await;
    assert_eq!((made.dispatch().await, made.look().await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rail_that_fails_is_asked_again() {
    let made = made().await;
    made.decides(RailStatus::Verified);
    made.bench.rail.on_read(Script::fail(unavailable(None)));
    made.called("rail-1").await;
    assert_eq!(made.status().await, Pending);
    // A word that nobody understands decides nothing either.
    made.bench.rail.decide("rail-1", None, &[]);
    made.bench.pass(PATIENT).await;
    assert_eq!(made.look().await, 1);
    made.decides(RailStatus::Verified);
    made.bench.pass(PATIENT).await;
    assert_eq!(made.look().await, 1);
    assert_eq!(made.status().await, Verified);
}

#[tokio::test(start_paused = true)]
async fn a_decision_without_a_callback_is_found_when_it_is_overdue() {
    let made = made().await;
    let (store, tenant) = (&made.bench.store, made.bench.tenant);
    let awaited = store.await_decision(tenant, made.customer.id, OVERDUE);
    awaited.await.unwrap();
    made.bench.pass(OVERDUE - Duration::from_secs(1)).await;
    assert_eq!(made.look().await, 0);
    // Each look that finds none puts the next one off for longer, up to a limit.
    let mut pause = Duration::from_secs(1);
    for doublings in [0, 1, 2, 3, 4, 4] {
        made.bench.pass(pause).await;
        assert_eq!(made.look().await, 1, "{doublings}");
        pause = OVERDUE * 2_u32.pow(doublings);
        made.bench.pass(pause - Duration::from_secs(1)).await;
        assert_eq!(made.look().await, 0, "{doublings}");
        pause = Duration::from_secs(1);
    }
    made.decides(RailStatus::Verified);
    made.bench.pass(pause).await;
    assert_eq!(made.look().await, 1);
    assert_eq!(made.status().await, Verified);
    made.bench.pass(OVERDUE * 100).await;
    assert_eq!(made.look().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_review_that_is_under_way_is_followed_without_a_submission_of_ours() {
    let made = made().await;
    made.decides(RailStatus::Processing);
    made.called("rail-1").await;
    made.decides(RailStatus::Verified);
    made.bench.pass(OVERDUE).await;
    assert_eq!(made.look().await, 1);
    assert_eq!(made.status().await, Verified);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_nobody_submitted_is_not_followed() {
    let made = made().await;
    made.called("rail-1").await;
    made.bench.pass(OVERDUE * 100).await;
    assert_eq!(made.look().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_stops_nothing_for_good() {
    let made = made().await;
    made.decides(RailStatus::Verified);
    made.take(Env::Test, "rail", "rail-1").await.unwrap();
    let failure = StoreError::Unavailable("gone".to_owned());
    made.bench.store.fail_with(Some(failure.clone()));
    let store = Arc::new(made.bench.store.clone());
    let taken = store.take_due_callbacks(Env::Test, Duration::ZERO, 1).await;
    assert_eq!(taken, Err(failure.clone()));
    assert_eq!(made.reviewer().pass(Env::Test).await, Err(failure));
    made.bench.store.fail_with(None);
    assert_eq!((made.dispatch().await, made.look().await), (1, 1));
    assert_eq!(made.status().await, Verified);
}
