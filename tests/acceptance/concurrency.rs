//! Many callers at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Caller, Service, canadian, individual, with};

const CALLERS: usize = 32;

/// Sends all of these at once; answers in the order of the bodies.
async fn at_once(caller: &Caller, requests: Vec<(String, Value)>) -> Vec<Answer> {
    open_connections(caller).await;
    let mut running = JoinSet::new();
    for (position, (key, body)) in requests.into_iter().enumerate() {
        let caller = caller.clone();
        running.spawn(async move { (position, caller.create_as(&key, &body).await) });
    }
    let answers: BTreeMap<_, _> = running.join_all().await.into_iter().collect();
    answers.into_values().collect()
}

/// Has the service open its connections to the database. A slow machine may need so long for all of them at once that some
/// request gives up waiting, and 503 is no answer of these tests.
async fn open_connections(caller: &Caller) {
    let mut running = JoinSet::new();
    for _ in 0..CALLERS {
        let caller = caller.clone();
        running.spawn(async move { caller.retrieve("nobody").await });
    }
    running.join_all().await;
}

fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

async fn expect_one_customer(key: impl Fn(usize) -> String) {
    let service = Service::shared().await;
    let (caller, body) = (service.caller(), canadian());
    let requests = (0..CALLERS)
        .map(|number| (key(number), body.clone()))
        .collect();
    let answers = at_once(&caller, requests).await;
    assert_eq!(
        statuses(&answers),
        BTreeMap::from([(200, CALLERS - 1), (201, 1)])
    );
    for answer in &answers {
        assert_eq!(answer.text, answers[0].text);
    }
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
    assert_eq!(caller.list(&[]).await.references().len(), 1);
    assert_eq!(caller.events(&answers[0].id()).await.len(), 1);
}

#[tokio::test]
async fn identical_requests_make_one_customer() {
    expect_one_customer(|_| "k".to_owned()).await;
}

#[tokio::test]
async fn identical_requests_under_keys_of_their_own_make_one_customer() {
    expect_one_customer(|number| format!("k{number}")).await;
}

#[tokio::test]
async fn of_different_requests_under_one_reference_one_wins() {
    let service = Service::shared().await;
    let caller = service.caller();
    let bodies: Vec<_> = (0..CALLERS)
        .map(|_| with(&individual(), &json!({"customer_reference": "contested"})))
        .collect();
    let requests = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| (format!("k{number}"), body.clone()));
    let answers = at_once(&caller, requests.collect()).await;
    assert_eq!(
        statuses(&answers),
        BTreeMap::from([(201, 1), (409, CALLERS - 1)])
    );
    for (body, answer) in bodies.iter().zip(&answers) {
        let is_winner = answer.status == 201;
        assert!(
            is_winner || answer.code() == "customer_already_exists",
            "{}",
            answer.text
        );
        assert_eq!(
            service.rail().records_of(body).await.len(),
            usize::from(is_winner)
        );
    }
}

#[tokio::test]
async fn of_different_requests_under_one_key_one_wins() {
    let service = Service::shared().await;
    let caller = service.caller();
    let requests = (0..CALLERS)
        .map(|_| ("k".to_owned(), individual()))
        .collect();
    let answers = at_once(&caller, requests).await;
    assert_eq!(
        statuses(&answers),
        BTreeMap::from([(201, 1), (409, CALLERS - 1)])
    );
    let lost = answers.iter().filter(|answer| answer.status == 409);
    assert!(
        lost.map(Answer::code)
            .all(|code| code == "idempotency_conflict")
    );
    assert_eq!(caller.list(&[]).await.references().len(), 1);
}

#[tokio::test]
async fn of_different_customers_with_one_interac_address_one_wins() {
    let service = Service::shared().await;
    let caller = service.caller();
    let address = json!({"interac_email": "contested@example.com"});
    let requests = (0..CALLERS).map(|number| (format!("k{number}"), with(&individual(), &address)));
    let answers = at_once(&caller, requests.collect()).await;
    assert_eq!(
        statuses(&answers),
        BTreeMap::from([(201, 1), (409, CALLERS - 1)])
    );
    let lost = answers.iter().filter(|answer| answer.status == 409);
    assert!(
        lost.map(Answer::code)
            .all(|code| code == "interac_email_taken")
    );
}

#[tokio::test]
async fn different_customers_do_not_hinder_each_other() {
    let service = Service::shared().await;
    let caller = service.caller();
    let requests = (0..CALLERS)
        .map(|number| (format!("k{number}"), canadian()))
        .collect();
    let answers = at_once(&caller, requests).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(201, CALLERS)]));
}

#[tokio::test]
async fn changes_at_once_all_arrive_one_after_the_other() {
    let service = Service::shared().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let mut running = JoinSet::new();
    for number in 0..4 {
        let (caller, id) = (caller.clone(), id.clone());
        running.spawn(async move {
            caller
                .patch(&id, &json!({"street": format!("{number} Main St")}))
                .await
        });
    }
    for answer in running.join_all().await {
        answer.expect(200);
    }
    let events = caller.events(&id).await;
    let sequence: Vec<_> = events
        .iter()
        .map(|event| event["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(sequence, [1, 2, 3, 4, 5]);
}
