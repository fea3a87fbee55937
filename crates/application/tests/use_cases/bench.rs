//! One tenant, one rail, one store.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time};
use vouch_application::{
    background::Wake,
    create::{CreateCustomer, CreateError, Created},
    ids::IdMint,
    provision::Provisioner,
    rails::{RailLine, Rails},
    reconcile::Reconciler,
};
use vouch_domain::{
    customer::NewCustomer,
    idempotency::{Fingerprint, KeyClaim},
    ports::{
        LeaseTerms, Provisioning, RailCustomerId, RailFailure, RecordOutcome, Reservation, Reserve,
        Reserved, Standing,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{FixedClock, InMemory, ScriptedRail, individual, new_tenant, unique_claim};

/// As in the test env by default.
pub(crate) const TERMS: LeaseTerms = LeaseTerms {
    look_up: Duration::from_secs(3),
    create: Duration::from_secs(10),
    settle: Duration::from_secs(2),
};

/// Longest wait for a twin, by the Remittance contract.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) type Outcome = Result<Created, CreateError>;

#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) store: InMemory,
    pub(crate) rail: Arc<ScriptedRail>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<IdMint>,
    pub(crate) tenant: Tenant,
    pub(crate) rails: Rails,
    pub(crate) wake: Wake,
    create: CreateCustomer,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let clock = FixedClock::new();
        let ids = Arc::new(IdMint::new(Arc::clone(&clock) as _));
        let store = InMemory::default();
        let rail = ScriptedRail::new(Arc::clone(&clock));
        let line = RailLine {
            rail: Arc::clone(&rail) as _,
            kyc: Arc::clone(&rail) as _,
            terms: TERMS,
        };
        let rails = Rails {
            test: Some(line),
            live: None,
        };
        let wake = Wake::default();
        Self {
            tenant: new_tenant(&store, &ids, Env::Test).await,
            create: CreateCustomer::new(
                Arc::new(store.clone()),
                rails.clone(),
                Arc::clone(&ids),
                wake.clone(),
            ),
            store,
            rail,
            clock,
            ids,
            rails,
            wake,
        }
    }

    pub(crate) async fn create(&self, customer: &NewCustomer, claim: &KeyClaim) -> Outcome {
        self.create_in(self.tenant, customer, claim).await
    }

    pub(crate) async fn create_in(
        &self,
        tenant: Tenant,
        customer: &NewCustomer,
        claim: &KeyClaim,
    ) -> Outcome {
        self.create
            .create(tenant, claim, Ok(customer.clone()))
            .await
    }

    pub(crate) async fn create_invalid(&self, claim: &KeyClaim) -> Outcome {
        self.create
            .create(self.tenant, claim, Err(Vec::new()))
            .await
    }

    /// Starts a create that another task carries out.
    pub(crate) fn creating(&self, customer: &NewCustomer, claim: &KeyClaim) -> JoinHandle<Outcome> {
        let (bench, customer, claim) = (self.clone(), customer.clone(), claim.clone());
        tokio::spawn(async move { bench.create(&customer, &claim).await })
    }

    /// Lets time pass on every clock.
    pub(crate) async fn pass(&self, time: Duration) {
        self.store.advance(time);
        self.clock.advance(time);
        time::advance(time).await;
    }

    /// A reservation that somebody is working on.
    pub(crate) async fn reservation(
        &self,
        customer: &NewCustomer,
        claim: &KeyClaim,
    ) -> Reservation {
        let reserve = Reserve {
            id: self.ids.mint(),
            customer,
            claim,
            terms: TERMS,
        };
        let reserved = self.store.reserve(self.tenant, &reserve).await.unwrap();
        let Reserved::Granted(lease) = reserved else {
            panic!("not granted: {reserved:?}");
        };
        Reservation {
            tenant: self.tenant,
            id: reserve.id,
            customer: customer.clone(),
            lease,
        }
    }

    /// Binds a record of the rail to a reservation of its own, if no customer is bound to it.
    pub(crate) async fn is_free(&self, rail_customer: &str) -> bool {
        let reservation = self.reservation(&individual(), &unique_claim()).await;
        let rail_customer = RailCustomerId::parse(rail_customer).unwrap();
        let event = self.ids.mint();
        let recorded = self
            .store
            .record_provisioned(&reservation, &rail_customer, event, true);
        matches!(recorded.await, Ok(RecordOutcome::Recorded(_)))
    }

    pub(crate) fn reconciler(&self) -> Reconciler {
        let store = Arc::new(self.store.clone());
        let provisioner = Provisioner::new(Arc::clone(&store) as _, Arc::clone(&self.ids));
        Reconciler::new(store, provisioner, self.rails.clone(), self.wake.clone())
    }

    /// How the key stands. An open reservation that is free is taken over by asking.
    pub(crate) async fn key_standing(&self, claim: &KeyClaim) -> Option<Standing> {
        self.store
            .key_standing(self.tenant, claim, TERMS)
            .await
            .unwrap()
    }
}

pub(crate) fn another_body(claim: &KeyClaim) -> KeyClaim {
    KeyClaim {
        fingerprint: Fingerprint([2; 32]),
        ..claim.clone()
    }
}

pub(crate) fn unclear() -> RailFailure {
    RailFailure::Unclear {
        cause: "time-out".to_owned(),
    }
}

pub(crate) fn unavailable(retry_after: Option<Duration>) -> RailFailure {
    RailFailure::Unavailable {
        cause: "no connection".to_owned(),
        retry_after,
    }
}

pub(crate) fn assert_unresolved(outcome: &Outcome) {
    assert!(
        matches!(outcome, Err(CreateError::RailUnresolved { .. })),
        "{outcome:?}"
    );
}

pub(crate) fn assert_new(outcome: &Outcome) {
    assert!(matches!(outcome, Ok(Created::New(_))), "{outcome:?}");
}

pub(crate) fn assert_existing(outcome: &Outcome, by_key: bool) {
    assert!(
        matches!(outcome, Ok(Created::Existing { replayed, .. }) if *replayed == by_key),
        "{outcome:?}"
    );
}
