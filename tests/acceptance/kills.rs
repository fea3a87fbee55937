//! A service that dies in the middle of a create, at every step of it, and what its successor makes of what is left.

use serde_json::Value;

use crate::harness::{Answer, Caller, Home, Process, Rail, Service, eventually, individual};

/// Leases that end soon, and rail calls that a busy machine can make in time.
const QUICK: [(&str, &str); 3] = [
    ("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "2000"),
    ("VOUCH_RAIL_TEST_LOOKUP_TIMEOUT_MS", "1500"),
    ("VOUCH_RAIL_TEST_SETTLE_MS", "500"),
];

/// A home with a rail that outlives the services.
async fn home_and_rail() -> (Home, Rail, Process) {
    let home = Home::new().await;
    let home = QUICK
        .iter()
        .fold(home, |home, (name, value)| home.set(name, value));
    let (process, url) = home.rail("rail", &[]).await;
    let home = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key");
    (home, Rail::at(&url), process)
}

/// Sends a create to a service that is about to die; nothing when it died before it answered.
async fn try_create(caller: &Caller, body: &Value) -> Option<Answer> {
    let response = caller.creation("k").json(body).send().await.ok()?;
    Some(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.ok()?,
    })
}

/// Has a service die at a step, and its successor finish: in the end one customer, one record, one event.
async fn dies_at(step: &str, fault: Option<&str>) -> (Option<Answer>, Answer) {
    let (home, rail, _running) = home_and_rail().await;
    let doomed = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
    let (caller, body) = (doomed.caller(), individual());
    if let Some(fault) = fault {
        rail.fail_once(fault).await;
    }
    let last_words = try_create(&caller, &body).await;
    let status = doomed.process.ends().await;
    assert!(!status.success() && status.code().is_none(), "{status}");

    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    let outcome = eventually("an outcome", async || {
        let answer = caller.create_as("k", &body).await;
        (![502, 409].contains(&answer.status)).then_some(answer)
    })
    .await;
    caller.create_as("k", &body).await.expect(200);
    expect_one_of_everything(&successor, &caller, &rail, &body).await;
    (last_words, outcome)
}

async fn expect_one_of_everything(service: &Service, caller: &Caller, rail: &Rail, body: &Value) {
    let reference = body["customer_reference"].as_str().unwrap();
    assert_eq!(caller.list(&[]).await.references(), [reference]);
    assert_eq!(caller.events(reference).await.len(), 1);
    assert_eq!(rail.records_of(body).await.len(), 1);
    let database = service.home.database().client().await;
    let open = database
        .query("SELECT FROM reservations", &[])
        .await
        .unwrap();
    assert!(open.is_empty());
}

#[tokio::test]
async fn before_anything_was_sent() {
    for step in ["reserved", "sending"] {
        let (last_words, outcome) = dies_at(step, None).await;
        assert!(last_words.is_none());
        outcome.expect(201);
    }
}

#[tokio::test]
async fn after_the_rail_said_yes() {
    let (last_words, outcome) = dies_at("created", None).await;
    assert!(last_words.is_none());
    outcome.expect(201);
}

#[tokio::test]
async fn after_the_success_was_recorded() {
    let (last_words, outcome) = dies_at("recorded", None).await;
    assert!(last_words.is_none());
    // The one 201 was on its way.
    assert_eq!(outcome.expect(200).header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn after_the_rail_said_no() {
    let (last_words, outcome) = dies_at("refused", Some("refuse_422")).await;
    assert!(last_words.is_none());
    outcome.expect(201);
}

#[tokio::test]
async fn before_an_unclear_outcome_was_noted() {
    for fault in ["drop_after_commit", "drop_before"] {
        let (last_words, outcome) = dies_at("leaving", Some(fault)).await;
        assert!(last_words.is_none());
        outcome.expect(201);
    }
}

#[tokio::test]
async fn while_finishing_what_was_left_open() {
    for step in ["taken_over", "adopting"] {
        let (last_words, outcome) = dies_at(step, Some("drop_after_commit")).await;
        // The reconciler wakes with the answer: the end may come before the last word is out.
        if let Some(answer) = last_words {
            answer.expect_error(502, "provider_error");
        }
        outcome.expect(201);
    }
}

#[tokio::test]
async fn while_the_rail_is_silent() {
    let (home, rail, _running) = home_and_rail().await;
    let doomed = home.serve().await;
    let (caller, body) = (doomed.caller(), individual());
    rail.fail_once("timeout_after_commit").await;
    let creating = tokio::spawn({
        let (caller, body) = (caller.clone(), body.clone());
        async move { try_create(&caller, &body).await }
    });
    eventually("a record at the rail", async || {
        (rail.records_of(&body).await.len() == 1).then_some(())
    })
    .await;
    doomed.process.kill();
    // On a busy machine the silence may have been over.
    if let Some(answer) = creating.await.unwrap() {
        answer.expect_error(502, "provider_error");
    }

    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    let reference = body["customer_reference"].as_str().unwrap();
    // Nobody asks again: the reconciler finishes it.
    let found = eventually("the customer", async || {
        let found = caller.retrieve(reference).await;
        (found.status == 200).then_some(found)
    })
    .await;
    let made = caller.create_as("k", &body).await.expect(201);
    assert_eq!(made.json(), found.json());
    caller.create_as("k", &body).await.expect(200);
    expect_one_of_everything(&successor, &caller, &rail, &body).await;
}
