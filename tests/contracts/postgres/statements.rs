//! Every statement is prepared once per connection, and costs one round trip.

use std::time::Duration;

use vouch_domain::{
    customer::{
        Cause, CustomerHandle, CustomerSummary, Explanation, HolderChoice, HolderFilter,
        NewCustomer, RailReason, Status, ToldReason,
    },
    id::{CustomerId, EventId, Swap as SwapKind},
    idempotency::{Grant, Keep, Kept, KeptAnswer},
    kyc::FileCategory,
    payment_route::RouteAction,
    ports::{
        AbsenceClear, Amend, Answers, ApiKeys, CallbackInbox, ChangeStatus, Claimed, ContactSync,
        CreateTreasuryCustomer, CustomerPageRequest, CustomerQueries, Customers, DepositFilter,
        Deposits, EventPageRequest, Holders, KycFiles, Ledger, NewSubmission, Organisations,
        PaymentRoutes, Provisioning, RailFileId, Reconciliation, RecordOutcome, Recorded,
        Reservation, Reserved, Retention, Reviews, SearchText, SettlementJobs, Standing,
        StatusChanges, StatusHistory, SubmissionJobs, Submissions, Swaps, TransitionOutcome,
        TreasuryCustomerQueries, TreasuryCustomers, WaitingRoute,
    },
    simulation::{Outcome, Simulation},
    swap::{Swap, SwapStatus, SwapStep},
    tenant::Env,
};
use vouch_testkit::{
    TestDatabase, Wiretap, amend_claim, individual, new_key, opened_route, opened_swap,
    organisation, pending_deposit, stored_file, treasury_claim, treasury_customer, unique_claim,
    unique_treasury_claim,
};

use crate::harness::{EMAIL_ONLY, TERMS, World, by_id, by_reference, rail_id};

type Store = vouch_postgres::Store;

async fn reserve(
    world: &World<TestDatabase>,
    store: &Store,
    customer: &NewCustomer,
) -> Reservation {
    let claim = unique_claim();
    let request = world.request(customer, &claim);
    match store.reserve(world.tenant, &request).await.unwrap() {
        Reserved::Granted(lease) => Reservation {
            tenant: world.tenant,
            id: request.id,
            customer: customer.clone(),
            lease,
        },
        Reserved::Stands(other) => panic!("{other:?}"),
    }
}

async fn record(world: &World<TestDatabase>, store: &Store, reservation: &Reservation) {
    let event: EventId = world.ids.mint();
    let rail = rail_id(&reservation.id.to_string());
    let outcome = store
        .record_provisioned(reservation, &rail, event, false)
        .await
        .unwrap();
    assert!(matches!(outcome, RecordOutcome::Recorded(_)), "{outcome:?}");
}

/// Uses the store in every way there is. Answers how many statements that should have taken.
async fn use_everything(world: &World<TestDatabase>, store: &Store) -> usize {
    let mut statements = 0;
    let customer = individual();
    let mut reservation = reserve(world, store, &customer).await;
    Provisioning::release(store, &reservation, AbsenceClear::Now)
        .await
        .unwrap();
    // Refused, read, taken over.
    let claim = unique_claim();
    let request = world.request(&customer, &claim);
    let Reserved::Stands(Standing::Resumed(resumed)) =
        store.reserve(world.tenant, &request).await.unwrap()
    else {
        panic!("not resumed");
    };
    reservation.lease = resumed.lease;
    record(world, store, &reservation).await;
    store
        .claim_creation_answer(world.tenant, reservation.id)
        .await
        .unwrap();
    store
        .key_standing(world.tenant, &claim, TERMS)
        .await
        .unwrap();
    // Read, and a key bound.
    let claim = unique_claim();
    store
        .standing(world.tenant, &world.request(&customer, &claim))
        .await
        .unwrap();
    let abandoned = reserve(world, store, &individual()).await;
    store.abandon(&abandoned).await.unwrap();
    statements += 12;

    let handle = CustomerHandle::Id(reservation.id);
    let made = store.find(world.tenant, &handle).await.unwrap().unwrap();
    store
        .find(world.tenant, &by_reference(&made))
        .await
        .unwrap();
    for (after, status, search) in (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0))
    {
        let request = CustomerPageRequest {
            limit: 50,
            after: after.then(|| by_id(&made)),
            status: status.then_some(Status::Pending),
            search: search.then(|| SearchText::parse("ada").unwrap()),
        };
        store.page(world.tenant, &request).await.unwrap();
    }
    let events = EventPageRequest {
        customer: by_id(&made),
        limit: 50,
        after: None,
        event_type: None,
    };
    store.events(world.tenant, &events).await.unwrap();
    statements += 11;

    let claim = amend_claim(&by_id(&made), &format!("key-{}", made.id));
    store
        .amendment_basis(world.tenant, &by_id(&made), Some(&claim))
        .await
        .unwrap();
    let amend = Amend {
        customer: made.id,
        identity: &customer.identity,
        contact: &customer.contact,
        changed: EMAIL_ONLY,
        expected: made.version,
        event: world.ids.mint(),
        claim: Some(&claim),
    };
    store.amend(world.tenant, &amend).await.unwrap();
    let changes = store
        .take_pending_changes(Env::Test, TERMS.lease(), 1)
        .await
        .unwrap();
    store.free_change(&changes[0]).await.unwrap();
    store.settle_change(&changes[0], &[]).await.unwrap();
    store.take_due(Env::Test, TERMS, 1).await.unwrap();
    store
        .purge_idempotency_keys(TERMS.lease(), 1)
        .await
        .unwrap();
    statements += 7;

    let claim = treasury_claim(&format!("key-{}", made.id));
    let subject = world.ids.uuid();
    let claimed = store
        .claim(world.tenant, &claim, subject, TERMS.lease())
        .await;
    let Ok(Claimed::Granted(grant)) = claimed else {
        panic!("not granted: {claimed:?}");
    };
    let create = CreateTreasuryCustomer {
        id: CustomerId::from_uuid(subject).unwrap(),
        customer: &treasury_customer(),
        event: world.ids.mint(),
        keep: Keep {
            grant: &grant,
            answer: &KeptAnswer {
                status: 201,
                body: "{}".to_owned(),
            },
        },
    };
    store.create(world.tenant, &create).await.unwrap();
    store.look_up(world.tenant, &claim).await.unwrap();
    Answers::release(store, world.tenant, &grant).await.unwrap();
    store.find_treasury(world.tenant, made.id).await.unwrap();
    for after in [None, Some(made.id)] {
        store.page_treasury(world.tenant, after, 50).await.unwrap();
    }
    store.count_treasury(world.tenant).await.unwrap();
    statements += 8;

    let organisation = organisation(&world.ids);
    Organisations::add(store, &organisation).await.unwrap();
    store.count().await.unwrap();
    store
        .set_standing(organisation.id, organisation.standing)
        .await
        .unwrap();
    let key = new_key(&world.ids, world.tenant);
    ApiKeys::add(store, &key).await.unwrap();
    store.principal(key.digest).await.unwrap();
    store.epoch().await.unwrap();
    store.of_organisation(organisation.id).await.unwrap();
    let now = key.key.id.created_at();
    store.revoke(key.key.id, now).await.unwrap();
    statements
        + 8
        + use_swaps(world, store).await
        + use_payment_routes(world, store).await
        + use_kyc(world, store).await
        + use_decisions(world, store, &made).await
}

/// Likewise with what the rail decides.
async fn use_kyc(world: &World<TestDatabase>, store: &Store) -> usize {
    let customer = world.exists(&individual()).await;
    let (tenant, handle) = (world.tenant, by_id(&customer));
    store.kyc_basis(tenant, &handle, None).await.unwrap();
    // Three statements make a file that is uploaded.
    let category = FileCategory::IdDocument;
    let file = stored_file(store, &world.ids, tenant, customer.id, category).await;
    let slots = [file.slot];
    let files = [file.slot.file];
    store.files_of(tenant, customer.id, &files).await.unwrap();
    store.forget_upload(&file.place).await.unwrap();
    store.abandoned_uploads(None, 10).await.unwrap();
    let attached = store.attach(tenant, customer.id, &slots, None).await;
    attached.unwrap();
    let new = NewSubmission {
        id: world.ids.mint(),
        customer: customer.id,
        event: world.ids.mint(),
    };
    store.open_submission(tenant, &new, None).await.unwrap();
    store.find_submission(tenant, new.id).await.unwrap();
    store.submissions_of(tenant, &handle, 10).await.unwrap();
    let lease = Duration::from_secs(60);
    let take = store.take_due_submissions(Env::Test, lease, 10);
    let job = take.await.unwrap().remove(0);
    let at_rail = RailFileId::parse("rail-file").unwrap();
    store.renew_submission(&job, lease).await.unwrap();
    let sent = store.record_sent(&job, file.slot.file, &at_rail);
    sent.await.unwrap();
    store.record_starting(&job, None).await.unwrap();
    // Ended, it is nobody's to give back or to end again.
    store.record_incomplete(&job, &[], None).await.unwrap();
    store.free_submission(&job, Duration::ZERO).await.unwrap();
    store.record_reached(&job).await.unwrap();
    18
}

async fn use_decisions(
    world: &World<TestDatabase>,
    store: &Store,
    customer: &CustomerSummary,
) -> usize {
    let (tenant, rail) = (world.tenant, rail_id(&customer.id.to_string()));
    let told = ToldReason {
        reason: RailReason::new("Expired").unwrap(),
        at: None,
    };
    let why = Explanation::of(Some(&told), &[]);
    let body = customer.id.to_string();
    store
        .keep_callback(Env::Test, body.as_bytes())
        .await
        .unwrap();
    let lease = TERMS.lease();
    let callbacks = store.take_due_callbacks(Env::Test, lease, 1).await.unwrap();
    store.free_callback(&callbacks[0]).await.unwrap();
    store.end_callback(&callbacks[0]).await.unwrap();
    store.give_up_callbacks(Env::Test, lease, 1).await.unwrap();
    store.purge_callbacks(lease, 1).await.unwrap();

    store
        .await_decision(tenant, customer.id, lease)
        .await
        .unwrap();
    store
        .call_for_look(Env::Test, &rail, Some(&told))
        .await
        .unwrap();
    let reviews = store.take_due_reviews(Env::Test, lease, 1).await.unwrap();
    for (to, cause) in [
        (Status::Rejected, Cause::Rail),
        (Status::Pending, Cause::Submission),
    ] {
        let handle = by_id(customer);
        let basis = store.status_basis(tenant, &handle, None).await.unwrap();
        let basis = basis.unwrap();
        let from = basis.customer.status;
        let change = ChangeStatus {
            customer: customer.id,
            transition: from.transition(to, cause).unwrap(),
            status_event: basis.status_event,
            event: world.ids.mint(),
            explanation: (to == Status::Rejected).then_some(&why),
            review: Some(reviews[0].lease),
            claim: None,
        };
        let outcome = store.transition(tenant, &change).await.unwrap();
        assert_ne!(outcome, TransitionOutcome::Outrun);
        let refused = Status::Closed.transition(to, cause).unwrap_err();
        let id = world.ids.mint();
        let recorded = store.record_refusal(tenant, customer.id, id, refused);
        recorded.await.unwrap();
    }
    store
        .explain_rejection(tenant, customer.id, &why)
        .await
        .unwrap();
    store.free_review(&reviews[0]).await.unwrap();
    store.settle_review(&reviews[0], None).await.unwrap();
    store.status_history(tenant, customer.id).await.unwrap();
    store.rejection(tenant, customer.id).await.unwrap();
    store.rail_reason(tenant, customer.id).await.unwrap();
    store
        .holds_interac_email(tenant, customer.id)
        .await
        .unwrap();
    6 + 3 + 6 + 7
}

/// Opens a swap whose job is due at once.
async fn open_swap(world: &World<TestDatabase>, store: &Store) -> (Swap, Grant) {
    let claim = unique_treasury_claim();
    let subject = world.ids.mint::<SwapKind>().uuid();
    let claimed = store.claim(world.tenant, &claim, subject, TERMS.lease());
    let Claimed::Granted(grant) = claimed.await.unwrap() else {
        panic!("not granted");
    };
    let holder = store.holder(world.tenant, HolderChoice::Primary).await;
    let swap = opened_swap(&grant, holder.unwrap().unwrap());
    let keep = Keep {
        grant: &grant,
        answer: &swap_answer(),
    };
    let kept = store.insert_swap(world.tenant, &swap, Duration::ZERO, keep);
    assert_eq!(kept.await.unwrap(), Kept::Done);
    (swap, grant)
}

/// Likewise with swaps.
async fn use_swaps(world: &World<TestDatabase>, store: &Store) -> usize {
    let tenant = world.tenant;
    let (swap, _) = open_swap(world, store).await;
    store.find_swap(tenant, swap.id).await.unwrap();
    let theirs = HolderFilter::Customer(swap.holder.id);
    for filter in [HolderFilter::All, theirs] {
        store.list_swaps(tenant, filter, 50).await.unwrap();
    }
    let simulation = Simulation {
        outcome: Outcome::Completed,
        amount: None,
    };
    let now = swap.id.created_at();
    let simulated = store.simulate_swap(tenant, swap.id, &simulation, now).await;
    assert_eq!(simulated.unwrap(), Some(simulation));
    let jobs = store.take_due_swaps(Env::Test, TERMS.lease(), 1).await;
    let job = jobs.unwrap().remove(0);
    store.free_swap(&job).await.unwrap();
    store.put_off_swap(&job, Duration::ZERO).await.unwrap();
    store.next_due_swap(Env::Test).await.unwrap();
    let expired = swap.after(SwapStep::Expire, swap.expires_at()).unwrap();
    let waiting = SwapStatus::AwaitingDeposit;
    let advanced = store.advance_swap(tenant, waiting, &expired).await;
    assert!(advanced.unwrap());

    let (_, grant) = open_swap(world, store).await;
    let keep = Keep {
        grant: &grant,
        answer: &swap_answer(),
    };
    let late = store.cancel_swap(tenant, &expired, keep).await.unwrap();
    assert_eq!(late, Kept::GrantLost);
    3 + 9 + 3 + 1
}

/// A grant for something new.
async fn granted(world: &World<TestDatabase>, store: &Store) -> Grant {
    let claim = unique_treasury_claim();
    let subject = world.ids.uuid();
    let claimed = store.claim(world.tenant, &claim, subject, TERMS.lease());
    match claimed.await.unwrap() {
        Claimed::Granted(grant) => grant,
        Claimed::Stands(state) => panic!("not granted: {state:?}"),
    }
}

/// Likewise with payment routes, their deposits, and the ledger.
async fn use_payment_routes(world: &World<TestDatabase>, store: &Store) -> usize {
    let tenant = world.tenant;
    let (opening, pausing, syncing) = (
        granted(world, store).await,
        granted(world, store).await,
        granted(world, store).await,
    );
    let forgotten = granted(world, store).await;
    store.forget(tenant, &forgotten).await.unwrap();
    let answer = swap_answer();
    let keep = |grant| Keep {
        grant,
        answer: &answer,
    };
    let holder = store.holder(tenant, HolderChoice::Primary).await;
    let route = opened_route(&opening, holder.unwrap().unwrap());
    let kept = store.insert_route(tenant, &route, keep(&opening)).await;
    assert_eq!(kept.unwrap(), Kept::Done);
    store.find_route(tenant, route.id).await.unwrap();
    let told = [(), ()].map(|()| pending_deposit(&route, world.ids.mint()));
    let recorded = store.record_deposits(tenant, &route, &told).await;
    let done = Recorded::Done {
        news: 2,
        foreign: 0,
    };
    assert_eq!(recorded.unwrap(), done);
    let kept = store.keep_recorded_deposits(tenant, keep(&syncing)).await;
    assert_eq!(kept.unwrap(), Kept::Done);
    for after in [None, Some(told[0].id)] {
        let pending = store.pending_deposits(tenant, route.id, after, 50).await;
        assert!(!pending.unwrap().is_empty());
    }
    for after in [
        None,
        Some(WaitingRoute {
            tenant,
            route: route.id,
        }),
    ] {
        store.waiting_routes(Env::Test, after, 50).await.unwrap();
    }
    let theirs = HolderFilter::Customer(route.holder.id);
    for filter in [HolderFilter::All, theirs] {
        store.list_routes(tenant, filter, 50).await.unwrap();
        let deposits = DepositFilter::Holder(filter);
        store.list_deposits(tenant, deposits, 50).await.unwrap();
        store.list_transactions(tenant, filter, 50).await.unwrap();
    }
    let of_route = DepositFilter::Route(route.id);
    store.list_deposits(tenant, of_route, 50).await.unwrap();
    let paused = route.after(RouteAction::Pause, route.updated_at).unwrap();
    let kept = store.advance_route(tenant, route.status, &paused, keep(&pausing));
    assert_eq!(kept.await.unwrap(), Kept::Done);
    5 + 5 + 4 + 7 + 1
}

fn swap_answer() -> KeptAnswer {
    KeptAnswer {
        status: 201,
        body: "{}".to_owned(),
    }
}

#[tokio::test]
async fn each_statement_is_prepared_once_and_takes_one_round_trip() {
    let world = World::<TestDatabase>::new().await;
    let tap = Wiretap::on(world.adapter.url());
    let store = world.adapter.store_at(&tap.url(), 1).await;
    use_everything(&world, &store).await;
    let (prepared, _) = tap.take();
    assert!(!prepared.is_empty(), "the wiretap hears nothing");
    let expected = use_everything(&world, &store).await;
    let (prepared, round_trips) = tap.take();
    assert!(prepared.is_empty(), "prepared again: {prepared:#?}");
    assert_eq!(round_trips, expected);
}
