//! Operations that are carried out once, and their answers repeated.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use uuid::Uuid;
use vouch_application::{
    kept_answers::{Answered, Ended, KeptAnswers, KeyError, OperationError, Unwritten},
    treasury_customers::{CreateCustomerForTreasury, CreateTreasuryCustomerError},
};
use vouch_domain::{
    customer::TreasuryCustomer,
    id::CustomerId,
    idempotency::{Fingerprint, Grant, Keep, KeptAnswer, KeyClaim, Repetition, SUBJECT_LASTS},
    ports::{
        Answers, Claimed, CreateTreasuryCustomer, KeyState, StoreError, TreasuryCustomerQueries,
        TreasuryCustomers,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{InMemory, ids, new_tenant, treasury_claim, treasury_customer};

const LEASE: Duration = Duration::from_secs(60);
/// The wait for a twin that the contract allows.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Failed {
    #[error("refused")]
    Refused,
    #[error("nobody knows")]
    Unclear,
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl OperationError for Failed {
    fn is_unclear(&self) -> bool {
        *self == Self::Unclear
    }
}

/// A store with one tenant, and an operation that counts how often it runs.
struct Bench {
    store: InMemory,
    answers: KeptAnswers,
    tenant: Tenant,
    runs: Arc<AtomicUsize>,
    subjects: Arc<Mutex<Vec<Uuid>>>,
}

impl Bench {
    async fn new() -> Self {
        let (store, ids) = (InMemory::default(), ids());
        Self {
            tenant: new_tenant(&store, &ids, Env::Test).await,
            answers: KeptAnswers::new(Arc::new(store.clone()), ids),
            store,
            runs: Arc::default(),
            subjects: Arc::default(),
        }
    }

    /// Runs an operation that does `before` first, and then makes a customer.
    async fn once(
        &self,
        claim: &KeyClaim,
        before: impl Future<Output = Result<(), Failed>> + Send + 'static,
    ) -> Result<Answered, Failed> {
        let (store, tenant, runs) = (self.store.clone(), self.tenant, Arc::clone(&self.runs));
        let subjects = Arc::clone(&self.subjects);
        let operation = |grant: Grant| async move {
            runs.fetch_add(1, Ordering::SeqCst);
            subjects.lock().unwrap().push(grant.subject);
            before.await?;
            Ok(make(&store, tenant, &grant).await)
        };
        self.answers.once(tenant, claim, LEASE, operation).await
    }

    async fn state(&self, claim: &KeyClaim) -> KeyState {
        self.store.look_up(self.tenant, claim).await.unwrap()
    }

    /// What the runs would have made, or did make.
    fn subjects(&self) -> Vec<Uuid> {
        self.subjects.lock().unwrap().clone()
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    /// How many customers there are beside the primary one.
    async fn made(&self) -> u64 {
        self.store.count_treasury(self.tenant).await.unwrap() - 1
    }
}

fn answer() -> KeptAnswer {
    KeptAnswer {
        status: 201,
        body: "made".to_owned(),
    }
}

/// The last step of the operation.
async fn make(store: &InMemory, tenant: Tenant, grant: &Grant) -> Ended {
    let create = CreateTreasuryCustomer {
        id: CustomerId::from_uuid(grant.subject).unwrap(),
        customer: &treasury_customer(),
        event: ids().mint(),
        keep: Keep {
            grant,
            answer: &answer(),
        },
    };
    let kept = store.create(tenant, &create).await.unwrap();
    Ended::of(kept, answer()).expect("nothing to be outrun by")
}

fn answered(repeats: Option<Repetition>) -> Result<Answered, Failed> {
    Ok(Answered {
        answer: answer(),
        repeats,
    })
}

fn another_body(claim: &KeyClaim) -> KeyClaim {
    KeyClaim {
        fingerprint: Fingerprint([2; 32]),
        ..claim.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_carried_out_once_and_then_repeated() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    assert_eq!(bench.once(&claim, async { Ok(()) }).await, answered(None));
    let same = bench.once(&claim, async { Ok(()) }).await;
    assert_eq!(same, answered(Some(Repetition::Same)));
    let other = bench.once(&another_body(&claim), async { Ok(()) }).await;
    assert_eq!(other, answered(Some(Repetition::OtherBody)));
    assert_eq!((bench.runs(), bench.made().await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_frees_the_key_for_something_new() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let refused = bench.once(&claim, async { Err(Failed::Refused) }).await;
    assert_eq!(refused, Err(Failed::Refused));
    assert_eq!(bench.state(&claim).await, KeyState::Free);
    assert_eq!(bench.once(&claim, async { Ok(()) }).await, answered(None));
    let subjects = bench.subjects();
    assert!(subjects.len() == 2 && subjects[0] < subjects[1]);
}

#[tokio::test(start_paused = true)]
async fn what_ended_unclear_is_repeated_under_its_subject_for_a_while() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    for pause in [Duration::ZERO, SUBJECT_LASTS] {
        bench.store.advance(pause);
        for _ in 0..2 {
            let unclear = bench.once(&claim, async { Err(Failed::Unclear) }).await;
            assert_eq!(unclear, Err(Failed::Unclear));
            assert_eq!(bench.state(&claim).await, KeyState::Free);
        }
    }
    let subjects = bench.subjects();
    assert_eq!((subjects[0], subjects[2]), (subjects[1], subjects[3]));
    assert!(subjects[0] < subjects[2]);
}

#[tokio::test(start_paused = true)]
async fn a_twin_waits_for_the_first_and_repeats_its_answer() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let slow = async {
        sleep(PATIENCE / 2).await;
        Ok(())
    };
    let (first, twin) = tokio::join!(
        bench.once(&claim, slow),
        bench.once(&claim, async { Ok(()) })
    );
    assert_eq!(first, answered(None));
    assert_eq!(twin, answered(Some(Repetition::Same)));
    assert_eq!((bench.runs(), bench.made().await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_twin_of_a_failure_carries_the_operation_out() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let slow = async {
        sleep(PATIENCE / 2).await;
        Err(Failed::Refused)
    };
    let (first, twin) = tokio::join!(
        bench.once(&claim, slow),
        bench.once(&claim, async { Ok(()) })
    );
    assert_eq!((first, twin), (Err(Failed::Refused), answered(None)));
    assert_eq!((bench.runs(), bench.made().await), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_is_fair() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let slow = async {
        sleep(2 * PATIENCE).await;
        Ok(())
    };
    let twin = async {
        let since = Instant::now();
        let twin = bench.once(&claim, async { Ok(()) }).await;
        (twin, since.elapsed())
    };
    let (first, (twin, waited)) = tokio::join!(bench.once(&claim, slow), twin);
    assert_eq!(first, answered(None));
    assert_eq!(twin, Err(Failed::Key(KeyError::InProgress)));
    assert!(waited >= PATIENCE && waited < PATIENCE * 2, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_right_to_be_carried_out_is_saved_by_a_kept_answer_alone() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let replay = async || {
        let refusal = Failed::Refused;
        bench.answers.replay_or(bench.tenant, &claim, refusal).await
    };
    assert_eq!(replay().await, Err(Failed::Refused));
    assert_eq!(bench.state(&claim).await, KeyState::Free);
    bench.once(&claim, async { Ok(()) }).await.unwrap();
    assert_eq!(replay().await, answered(Some(Repetition::Same)));
    assert_eq!(bench.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_operation_goes_on_when_its_caller_has_gone() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let waiting = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        async move {
            begun.notify_one();
            go_on.notified().await;
            Ok(())
        }
    };
    tokio::select! {
        _ = bench.once(&claim, waiting) => unreachable!(),
        () = begun.notified() => {}
    }
    go_on.notify_one();
    let again = bench.once(&claim, async { Ok(()) }).await;
    assert_eq!(again, answered(Some(Repetition::Same)));
    assert_eq!(bench.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_the_grant_answers_like_the_one_who_has_it() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let (store, tenant) = (bench.store.clone(), bench.tenant);
    let (overtaken, by) = (claim.clone(), bench.store.clone());
    let expired = async move {
        store.advance(2 * LEASE);
        let claimed = by.claim(tenant, &overtaken, ids().uuid(), LEASE).await;
        let Ok(Claimed::Granted(grant)) = claimed else {
            panic!("not granted: {claimed:?}");
        };
        assert_eq!(make(&by, tenant, &grant).await, Ended::Kept(answer()));
        Ok(())
    };
    let late = bench.once(&claim, expired).await;
    assert_eq!(late, answered(Some(Repetition::Same)));
    assert_eq!(bench.made().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_defect_and_its_claim_expires() {
    let bench = Bench::new().await;
    let claim = treasury_claim("k");
    let outcome = bench.once(&claim, async { panic!("on purpose") }).await;
    let is_defect = matches!(
        outcome,
        Err(Failed::Key(KeyError::Store(StoreError::Defect(_))))
    );
    assert!(is_defect, "{outcome:?}");
    bench.store.advance(2 * LEASE);
    assert_eq!(bench.once(&claim, async { Ok(()) }).await, answered(None));
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_answered_with_the_subject_for_its_id() {
    let bench = Bench::new().await;
    let store = Arc::new(bench.store.clone());
    let create = CreateCustomerForTreasury::new(store, bench.answers.clone(), ids());
    let render = |customer: &TreasuryCustomer| {
        Ok(KeptAnswer {
            status: 201,
            body: customer.id.hyphenated().to_string(),
        })
    };
    let claim = treasury_claim("k");
    let invalid = create.create(bench.tenant, &claim, Err(Vec::new()), render);
    let expected = CreateTreasuryCustomerError::Invalid(Vec::new());
    assert_eq!(invalid.await, Err(expected));
    let new = treasury_customer();
    let made = create.create(bench.tenant, &claim, Ok(new.clone()), render);
    let made = made.await.unwrap();
    let id = CustomerId::parse_hyphenated(&made.answer.body).unwrap();
    let stored = bench.store.find_treasury(bench.tenant, id).await.unwrap();
    assert_eq!(stored, Some(TreasuryCustomer::made(id, &new)));
    let again = create.create(bench.tenant, &claim, Err(Vec::new()), render);
    assert_eq!(again.await.unwrap().answer, made.answer);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_written_is_a_fault_and_makes_nothing() {
    let bench = Bench::new().await;
    let store = Arc::new(bench.store.clone());
    let create = CreateCustomerForTreasury::new(store, bench.answers.clone(), ids());
    let claim = treasury_claim("k");
    let unwritten = |_: &TreasuryCustomer| Err(Unwritten);
    let created = create.create(bench.tenant, &claim, Ok(treasury_customer()), unwritten);
    let expected = CreateTreasuryCustomerError::Key(KeyError::Unwritten(Unwritten));
    assert_eq!(created.await, Err(expected));
    assert_eq!(bench.made().await, 0);
    assert_eq!(bench.state(&claim).await, KeyState::Free);
}
