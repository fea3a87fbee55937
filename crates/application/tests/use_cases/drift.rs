//! The comparison of our customers with the rail's.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use vouch_application::{
    amend::{AmendCustomer, AmendRequest},
    create::Created,
    drift::{DriftError, DriftReport, DriftReporter},
    jobs::Work,
    sync_contact::ContactSyncer,
};
use vouch_domain::{
    customer::{Amendment, CustomerHandle, CustomerSummary, NewCustomer},
    ports::{Clock, RailCustomerId, RailFailure, StoreError},
    tenant::Env,
};
use vouch_testkit::{Call, Script, email, individual, phone, rail_customer, unique_claim};

use crate::bench::{Bench, unavailable, unclear};

async fn made(bench: &Bench, customer: &NewCustomer) -> CustomerSummary {
    match bench.create(customer, &unique_claim()).await {
        Ok(Created::New(summary)) => summary,
        other => panic!("not new: {other:?}"),
    }
}

async fn amend(bench: &Bench, customer: &CustomerSummary, amendment: Amendment) {
    let store = Arc::new(bench.store.clone());
    let use_case = AmendCustomer::new(store, Arc::clone(&bench.ids), bench.wake.clone());
    let request = AmendRequest {
        customer: CustomerHandle::Id(customer.id),
        expected: None,
        claim: None,
        judge: &move |_| Ok(amendment.clone()),
    };
    use_case.amend(bench.tenant, &request).await.unwrap();
}

fn new_phone() -> Amendment {
    Amendment {
        phone: Some(Some(phone("+447700900123"))),
        ..Amendment::default()
    }
}

async fn sync(bench: &Bench) {
    let store = Arc::new(bench.store.clone());
    let syncer = ContactSyncer::new(store, bench.rails.clone(), bench.wake.clone());
    assert_eq!(syncer.pass(Env::Test).await, Ok(1));
}

async fn report_since(
    bench: &Bench,
    since: Option<DateTime<Utc>>,
) -> Result<DriftReport, DriftError> {
    let reporter = DriftReporter::new(Arc::new(bench.store.clone()), bench.rails.clone());
    let mut report = DriftReport::default();
    reporter.add(Env::Test, since, &mut report).await?;
    Ok(report)
}

async fn report(bench: &Bench) -> DriftReport {
    report_since(bench, None).await.unwrap()
}

fn pages(bench: &Bench) -> usize {
    let calls = bench.rail.calls();
    calls
        .iter()
        .filter(|call| matches!(call, Call::Page(_)))
        .count()
}

fn orphan(bench: &Bench, id: &str) -> RailCustomerId {
    let record = rail_customer(id, &individual(), bench.clock.now());
    let id = record.id.clone();
    bench.rail.put(record);
    id
}

#[tokio::test(start_paused = true)]
async fn what_agrees_is_not_reported() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        made(&bench, &individual()).await;
    }
    let clean = report(&bench).await;
    assert_eq!(clean, DriftReport::default());
    assert!(clean.is_clean());
}

#[tokio::test(start_paused = true)]
async fn an_open_reservation_is_reported() {
    let bench = Bench::new().await;
    let reservation = bench.reservation(&individual(), &unique_claim()).await;
    let report = report(&bench).await;
    let expected = DriftReport {
        reservations_open: vec![reservation.id],
        ..DriftReport::default()
    };
    assert_eq!(report, expected);
    assert!(!report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn records_of_nobody_are_found_on_every_page() {
    let bench = Bench::new().await;
    let oldest = orphan(&bench, "oldest-orphan");
    for _ in 0..30 {
        made(&bench, &individual()).await;
    }
    let newest = orphan(&bench, "newest-orphan");
    let expected = DriftReport {
        unknown_at_rail: vec![newest, oldest],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, expected);
    assert!(!expected.is_clean());
}

#[tokio::test(start_paused = true)]
async fn since_a_day_only_younger_records_are_asked_for() {
    let bench = Bench::new().await;
    orphan(&bench, "old-orphan");
    let old = made(&bench, &individual()).await;
    for _ in 0..30 {
        made(&bench, &individual()).await;
    }
    amend(&bench, &old, new_phone()).await;
    bench.pass(Duration::from_secs(60)).await;
    let since = bench.clock.now();
    let young = made(&bench, &individual()).await;
    amend(&bench, &young, new_phone()).await;
    let expected = DriftReport {
        contact_differs: vec![young.id],
        ..DriftReport::default()
    };
    assert_eq!(report_since(&bench, Some(since)).await, Ok(expected));
    assert_eq!(pages(&bench), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_rail_was_not_told_differs() {
    let bench = Bench::new().await;
    let customer = made(&bench, &individual()).await;
    amend(&bench, &customer, new_phone()).await;
    let expected = DriftReport {
        contact_differs: vec![customer.id],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, expected);
    assert!(!expected.is_clean());
    sync(&bench).await;
    assert_eq!(report(&bench).await, DriftReport::default());
}

#[tokio::test(start_paused = true)]
async fn an_email_in_another_case_is_the_same() {
    let bench = Bench::new().await;
    let customer = made(&bench, &individual()).await;
    let shouted = Amendment {
        email: Some(email("ADA@EXAMPLE.COM")),
        ..Amendment::default()
    };
    let spoken = Amendment {
        email: Some(email("ada@example.com")),
        ..Amendment::default()
    };
    amend(&bench, &customer, shouted).await;
    sync(&bench).await;
    amend(&bench, &customer, spoken).await;
    assert_eq!(report(&bench).await, DriftReport::default());
}

#[tokio::test(start_paused = true)]
async fn a_difference_that_the_rail_insists_on_is_accepted_until_it_changes_again() {
    let bench = Bench::new().await;
    let customer = made(&bench, &individual()).await;
    amend(&bench, &customer, new_phone()).await;
    bench
        .rail
        .on_update(Script::fail(RailFailure::Refused { fields: Vec::new() }));
    sync(&bench).await;
    let accepted = DriftReport {
        accepted: vec![customer.id],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, accepted);
    assert!(accepted.is_clean());

    let newer = Amendment {
        phone: Some(Some(phone("+447700900124"))),
        ..Amendment::default()
    };
    amend(&bench, &customer, newer).await;
    let open = DriftReport {
        contact_differs: vec![customer.id],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, open);
}

#[tokio::test(start_paused = true)]
async fn one_customer_can_have_both_kinds_of_difference() {
    let bench = Bench::new().await;
    let customer = made(&bench, &individual()).await;
    amend(&bench, &customer, new_phone()).await;
    bench
        .rail
        .on_update(Script::fail(RailFailure::Refused { fields: Vec::new() }));
    sync(&bench).await;
    let address = Amendment {
        email: Some(email("new@example.com")),
        ..Amendment::default()
    };
    amend(&bench, &customer, address).await;
    let expected = DriftReport {
        contact_differs: vec![customer.id],
        accepted: vec![customer.id],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_the_rail_does_not_know_differs() {
    let bench = Bench::new().await;
    bench
        .rail
        .on_create(Script::answer(RailCustomerId::parse("nowhere").unwrap()));
    let customer = made(&bench, &individual()).await;
    let expected = DriftReport {
        contact_differs: vec![customer.id],
        ..DriftReport::default()
    };
    assert_eq!(report(&bench).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_put_off_is_made_later() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        made(&bench, &individual()).await;
    }
    for _ in 0..20 {
        let later = unavailable(Some(Duration::from_secs(60)));
        bench.rail.on_page(Script::fail(later.clone()));
        bench.rail.on_read(Script::fail(later));
    }
    assert_eq!(report(&bench).await, DriftReport::default());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_put_off_for_ever() {
    let bench = Bench::new().await;
    let later = unavailable(Some(Duration::from_secs(2)));
    for _ in 0..1_000 {
        bench.rail.on_page(Script::fail(later.clone()));
    }
    let failed = report_since(&bench, None).await;
    assert_eq!(failed, Err(DriftError::Rail(later)));
    assert_eq!(pages(&bench), 50);
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_there_is_no_report() {
    let bench = Bench::new().await;
    made(&bench, &individual()).await;
    bench.rail.on_page(Script::fail(unclear()));
    let failed = report_since(&bench, None).await;
    assert_eq!(failed, Err(DriftError::Rail(unclear())));
    bench.rail.on_read(Script::fail(unavailable(None)));
    let failed = report_since(&bench, None).await;
    assert_eq!(failed, Err(DriftError::Rail(unavailable(None))));

    let down = StoreError::Unavailable("down".to_owned());
    bench.store.fail_with(Some(down.clone()));
    let failed = report_since(&bench, None).await;
    assert_eq!(failed, Err(DriftError::Store(down)));

    let reporter = DriftReporter::new(Arc::new(bench.store.clone()), bench.rails.clone());
    let failed = reporter
        .add(Env::Live, None, &mut DriftReport::default())
        .await;
    assert_eq!(failed, Err(DriftError::NoRail));
}
