//! Amending contact data.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use vouch_application::{
    amend::{AmendCustomer, AmendError, AmendRequest, Amended},
    create::Created,
};
use vouch_domain::{
    customer::{
        Amendment, ContactData, ContactField, Customer, CustomerHandle, CustomerSummary, Status,
        Version,
    },
    event::{EventDetail, EventType},
    form::FieldProblem,
    id::CustomerId,
    idempotency::KeyClaim,
    ports::{
        Amend, AmendOutcome, AmendmentBasis, CustomerQueries, Customers, EventPageRequest,
        StoreError,
    },
    tenant::Tenant,
};
use vouch_testkit::{InMemory, amend_claim, email, individual, reference, unique_claim};

use crate::bench::{Bench, another_body};

/// A customer, and what amends it.
struct Made {
    bench: Bench,
    customer: CustomerSummary,
    amend: AmendCustomer,
}

async fn made() -> Made {
    let bench = Bench::new().await;
    let Ok(Created::New(customer)) = bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    let store = Arc::new(bench.store.clone());
    Made {
        amend: AmendCustomer::new(store, Arc::clone(&bench.ids), bench.wake.clone()),
        bench,
        customer,
    }
}

type Judgement = Result<Amendment, Vec<FieldProblem>>;

fn new_email(address: &str) -> Amendment {
    Amendment {
        email: Some(email(address)),
        ..Amendment::default()
    }
}

impl Made {
    async fn amended(
        &self,
        expected: Option<Version>,
        claim: Option<&KeyClaim>,
        judgement: Judgement,
    ) -> Result<Amended, AmendError> {
        let judge = move |_: &Customer| judgement.clone();
        let request = AmendRequest {
            customer: CustomerHandle::Id(self.customer.id),
            expected,
            claim: claim.cloned(),
            judge: &judge,
        };
        self.amend.amend(self.bench.tenant, &request).await
    }

    fn claim(&self) -> KeyClaim {
        amend_claim(&CustomerHandle::Id(self.customer.id), "the-key")
    }

    fn at_version(&self, version: i32) -> CustomerSummary {
        CustomerSummary {
            version: Version(version),
            ..self.customer.clone()
        }
    }

    /// The changed fields of every amendment so far.
    async fn changes(&self) -> Vec<Vec<ContactField>> {
        let request = EventPageRequest {
            customer: CustomerHandle::Id(self.customer.id),
            limit: 100,
            after: None,
            event_type: Some(EventType::CustomerUpdated),
        };
        let page = self
            .bench
            .store
            .events(self.bench.tenant, &request)
            .await
            .unwrap();
        let changed = page.events.into_iter().map(|event| match event.detail {
            EventDetail::Updated { changed } => changed,
            other => panic!("{other:?}"),
        });
        changed.collect()
    }
}

#[tokio::test]
async fn a_change_is_stored_with_an_event() {
    let made = made().await;
    let amended = made
        .amended(None, None, Ok(new_email("new@example.com")))
        .await;
    let expected = Amended {
        customer: made.at_version(2),
        replayed: false,
    };
    assert_eq!(amended, Ok(expected));
    assert_eq!(made.changes().await, [[ContactField::Email]]);
}

#[tokio::test]
async fn the_form_is_judged_against_the_customer() {
    let made = made().await;
    let judge = |customer: &Customer| {
        assert_eq!(customer.summary, made.customer);
        Err(Vec::new())
    };
    let request = AmendRequest {
        customer: CustomerHandle::Reference(made.customer.reference.clone()),
        expected: None,
        claim: None,
        judge: &judge,
    };
    let outcome = made.amend.amend(made.bench.tenant, &request).await;
    assert_eq!(outcome, Err(AmendError::Invalid(Vec::new())));
}

#[tokio::test]
async fn an_unknown_customer_is_not_found() {
    let made = made().await;
    let request = AmendRequest {
        customer: CustomerHandle::Reference(reference("nobody")),
        expected: None,
        claim: None,
        judge: &|_| Ok(Amendment::default()),
    };
    let outcome = made.amend.amend(made.bench.tenant, &request).await;
    assert_eq!(outcome, Err(AmendError::NotFound));
}

#[tokio::test]
async fn nothing_new_makes_no_version_and_no_event() {
    let made = made().await;
    for amendment in [
        Amendment::default(),
        Amendment {
            phone: None,
            ..Amendment::default()
        },
    ] {
        let outcome = made
            .amended(Some(Version::FIRST), None, Ok(amendment))
            .await;
        assert_eq!(outcome.unwrap().customer, made.customer);
    }
    assert!(made.changes().await.is_empty());
}

#[tokio::test]
async fn a_key_replays_a_change_and_a_request_that_changed_nothing() {
    for amendment in [new_email("new@example.com"), Amendment::default()] {
        let made = made().await;
        let claim = made.claim();
        let first = made
            .amended(None, Some(&claim), Ok(amendment.clone()))
            .await
            .unwrap();
        assert!(!first.replayed);
        let events = made.changes().await;
        made.amended(None, None, Ok(new_email("later@example.com")))
            .await
            .unwrap();
        let replay = made
            .amended(None, Some(&claim), Ok(amendment))
            .await
            .unwrap();
        assert!(replay.replayed);
        assert_eq!(
            replay.customer.version,
            Version(first.customer.version.0 + 1)
        );
        assert_eq!(made.changes().await.len(), events.len() + 1);
    }
}

#[tokio::test]
async fn a_replay_asks_neither_for_the_form_nor_for_the_version() {
    let made = made().await;
    let claim = made.claim();
    let amendment = Ok(new_email("new@example.com"));
    made.amended(Some(Version::FIRST), Some(&claim), amendment)
        .await
        .unwrap();
    let replay = made
        .amended(Some(Version::FIRST), Some(&claim), Err(Vec::new()))
        .await;
    assert!(replay.unwrap().replayed);
}

#[tokio::test]
async fn another_body_under_a_bound_key_is_a_conflict() {
    let made = made().await;
    let claim = made.claim();
    made.amended(None, Some(&claim), Ok(new_email("new@example.com")))
        .await
        .unwrap();
    let other = another_body(&claim);
    let outcome = made
        .amended(None, Some(&other), Ok(new_email("other@example.com")))
        .await;
    assert_eq!(outcome, Err(AmendError::KeyConflict));
}

#[tokio::test]
async fn another_version_than_the_caller_has_seen_is_a_conflict() {
    let made = made().await;
    let amend = async |seen, address| {
        made.amended(Some(Version(seen)), None, Ok(new_email(address)))
            .await
    };
    assert_eq!(
        amend(2, "early@example.com").await,
        Err(AmendError::VersionConflict)
    );
    amend(1, "new@example.com").await.unwrap();
    assert_eq!(
        amend(1, "late@example.com").await,
        Err(AmendError::VersionConflict)
    );
}

#[tokio::test]
async fn a_closed_customer_is_not_amended() {
    let made = made().await;
    made.bench
        .store
        .set_status(made.bench.tenant, made.customer.id, Status::Closed);
    let claim = made.claim();
    let outcome = made
        .amended(None, Some(&claim), Ok(new_email("new@example.com")))
        .await;
    assert_eq!(outcome, Err(AmendError::Closed));
    let store = &made.bench.store;
    let bound = store
        .bind_key(made.bench.tenant, made.customer.id, &claim)
        .await;
    assert_eq!(bound, Ok(true), "the key stays free");
}

#[tokio::test(start_paused = true)]
async fn an_outrun_amendment_is_made_again_on_what_the_other_left() {
    let made = made().await;
    let amend = made.with_rivals(10);
    let outcome = amend.amend(made.bench.tenant, &made.late_request()).await;
    assert_eq!(outcome.unwrap().customer.version, Version(12));
}

#[tokio::test(start_paused = true)]
async fn an_amendment_that_is_always_outrun_gives_up() {
    let made = made().await;
    let amend = made.with_rivals(usize::MAX);
    let outcome = amend.amend(made.bench.tenant, &made.late_request()).await;
    assert!(
        matches!(outcome, Err(AmendError::Store(StoreError::Unavailable(_)))),
        "{outcome:?}"
    );
}

/// A store in which others amend the customer just before we do, so many times.
struct Rivals {
    store: InMemory,
    bench: Bench,
    left: AtomicUsize,
}

impl Made {
    fn with_rivals(&self, left: usize) -> AmendCustomer {
        let rivals = Rivals {
            store: self.bench.store.clone(),
            bench: self.bench.clone(),
            left: AtomicUsize::new(left),
        };
        AmendCustomer::new(
            Arc::new(rivals),
            Arc::clone(&self.bench.ids),
            self.bench.wake.clone(),
        )
    }

    fn late_request(&self) -> AmendRequest<'static> {
        AmendRequest {
            customer: CustomerHandle::Id(self.customer.id),
            expected: None,
            claim: None,
            judge: &|_| Ok(new_email("late@example.com")),
        }
    }
}

#[async_trait]
impl Customers for Rivals {
    async fn amendment_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError> {
        self.store.amendment_basis(tenant, customer, claim).await
    }

    async fn amend(&self, tenant: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError> {
        let left = self.left.load(Ordering::SeqCst);
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
            let contact = ContactData {
                email: email(&format!("rival{left}@example.com")),
                ..amend.contact.clone()
            };
            let rival = Amend {
                event: self.bench.ids.mint(),
                contact: &contact,
                ..amend.clone()
            };
            self.store.amend(tenant, &rival).await?;
        }
        self.store.amend(tenant, amend).await
    }

    async fn bind_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        self.store.bind_key(tenant, customer, claim).await
    }
}
