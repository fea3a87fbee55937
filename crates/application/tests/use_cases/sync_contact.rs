//! Telling the rail of amended contact data.

use std::sync::Arc;
use std::time::Duration;

use vouch_application::{
    amend::{AmendCustomer, AmendRequest},
    create::Created,
    jobs::Work,
    sync_contact::ContactSyncer,
};
use vouch_domain::{
    customer::{Amendment, ContactField, CustomerHandle, CustomerSummary},
    ports::RailFailure,
    tenant::Env,
};
use vouch_testkit::{Call, Gate, Script, email, individual, phone, unique_claim};

use crate::bench::{Bench, unavailable, unclear};

const PATIENT: Duration = Duration::from_secs(600);

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

fn refused() -> Script {
    Script::fail(RailFailure::Refused { fields: Vec::new() })
}

impl Made {
    async fn amend(&self, amendment: Amendment) {
        let bench = &self.bench;
        let store = Arc::new(bench.store.clone());
        let use_case = AmendCustomer::new(store, Arc::clone(&bench.ids), bench.wake.clone());
        let request = AmendRequest {
            customer: CustomerHandle::Id(self.customer.id),
            expected: None,
            claim: None,
            judge: &move |_| Ok(amendment.clone()),
        };
        use_case.amend(bench.tenant, &request).await.unwrap();
    }

    async fn amend_email(&self, address: &str) {
        let amendment = Amendment {
            email: Some(email(address)),
            ..Amendment::default()
        };
        self.amend(amendment).await;
    }

    async fn amend_email_and_phone(&self) {
        let amendment = Amendment {
            email: Some(email("new@example.com")),
            phone: Some(Some(phone("+447700900123"))),
            ..Amendment::default()
        };
        self.amend(amendment).await;
    }

    fn syncer(&self) -> ContactSyncer {
        let store = Arc::new(self.bench.store.clone());
        ContactSyncer::new(store, self.bench.rails.clone(), self.bench.wake.clone())
    }

    /// Sends what is due. Answers how many changes that were.
    async fn pass(&self) -> usize {
        self.syncer().pass(Env::Test).await.unwrap()
    }

    /// The fields of each update so far.
    fn updates(&self) -> Vec<Vec<ContactField>> {
        let calls = self.bench.rail.calls().into_iter();
        calls
            .filter_map(|call| match call {
                Call::Update(fields) => Some(fields),
                _ => None,
            })
            .collect()
    }

    fn refused(&self) -> Vec<ContactField> {
        self.bench
            .store
            .refused_fields(self.bench.tenant, self.customer.id)
    }

    fn email_at_rail(&self) -> Option<String> {
        self.bench.rail.records()[0].email.clone()
    }
}

use ContactField::{Email, Phone};

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_once() {
    let made = made().await;
    assert_eq!(made.pass().await, 0);
    made.amend_email("new@example.com").await;
    assert_eq!(made.pass().await, 1);
    assert_eq!(made.updates(), [[Email]]);
    assert_eq!(made.email_at_rail().as_deref(), Some("new@example.com"));
    made.bench.pass(PATIENT).await;
    assert_eq!(made.pass().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_rail_refuses_holds_up_no_other_and_is_kept() {
    let made = made().await;
    made.amend_email_and_phone().await;
    made.bench.rail.on_update(refused());
    made.bench.rail.on_update(refused());
    made.pass().await;
    assert_eq!(
        made.updates(),
        [vec![Email, Phone], vec![Email], vec![Phone]]
    );
    assert_eq!(made.refused(), [Email]);
    made.bench.pass(PATIENT).await;
    assert_eq!(made.pass().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_single_field_is_refused_at_the_first_attempt() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    made.bench.rail.on_update(refused());
    made.pass().await;
    assert_eq!(made.updates().len(), 1);
    assert_eq!(made.refused(), [Email]);
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_rail_takes_later_is_no_longer_held_against_it() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    made.bench.rail.on_update(refused());
    made.pass().await;
    made.amend_email("newer@example.com").await;
    made.pass().await;
    assert_eq!(made.refused(), []);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_rail_is_tried_again_later() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    made.bench.rail.on_update(Script::fail(unavailable(None)));
    assert_eq!(made.pass().await, 1);
    made.bench.pass(Duration::from_secs(2)).await;
    assert_eq!(made.pass().await, 1);
    assert_eq!(made.email_at_rail().as_deref(), Some("new@example.com"));
}

#[tokio::test(start_paused = true)]
async fn an_unclear_update_is_repeated_only_when_the_first_cannot_overtake_it() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    made.bench.rail.on_update(Script::fail(unclear()));
    assert_eq!(made.pass().await, 1);
    made.bench.pass(Duration::from_secs(2)).await;
    assert_eq!(made.pass().await, 0, "it may be under way");
    made.bench.pass(PATIENT).await;
    assert_eq!(made.pass().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_during_the_call_is_sent_afterwards() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    let gate = Gate::new();
    made.bench.rail.on_update(Script::behave().behind(&gate));
    let syncer = made.syncer();
    let running = tokio::spawn(async move { syncer.pass(Env::Test).await });
    gate.reached().await;
    made.amend_email("newest@example.com").await;
    assert_eq!(made.pass().await, 0, "two updates of one customer at once");
    gate.open();
    assert_eq!(running.await.unwrap(), Ok(2));
    assert_eq!(made.email_at_rail().as_deref(), Some("newest@example.com"));
}

#[tokio::test(start_paused = true)]
async fn a_change_in_hand_is_finished_when_the_syncer_is_stopped() {
    let made = made().await;
    made.amend_email("new@example.com").await;
    let gate = Gate::new();
    made.bench.rail.on_update(Script::behave().behind(&gate));
    let syncer = made.syncer();
    let running = tokio::spawn(async move { syncer.run().await });
    gate.reached().await;
    made.bench.wake.stop();
    made.amend_email("newest@example.com").await;
    gate.open();
    running.await.unwrap();
    assert_eq!(made.email_at_rail().as_deref(), Some("new@example.com"));
}
