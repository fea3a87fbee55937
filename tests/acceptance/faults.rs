//! What a create answers while the rail fails: one rail customer, one 201, whatever happens.
//!
//! The service's own reconciler works on what was left open at the same time, as it does in earnest.

use serde_json::{Value, json};

use crate::harness::{
    Answer, Caller, Home, Service, business, canadian, eventually, individual, with,
};

/// A service whose rail calls give up soon, and yet not because the machine is busy.
async fn impatient() -> Service {
    let home = Home::new()
        .await
        .set("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "2000")
        .set("VOUCH_RAIL_TEST_LOOKUP_TIMEOUT_MS", "2000")
        .set("VOUCH_RAIL_TEST_SETTLE_MS", "2000");
    home.serve().await
}

/// Repeats a create until it is no 502.
async fn repeat(caller: &Caller, key: &str, body: &Value) -> Answer {
    eventually("an outcome", async || {
        let answer = caller.create_as(key, body).await;
        if answer.status == 502 {
            expect_provider_error(&answer);
            return None;
        }
        Some(answer)
    })
    .await
}

fn expect_provider_error(answer: &Answer) {
    answer.clone().expect_error(502, "provider_error");
    let retry_after: u64 = answer.header("retry-after").parse().unwrap();
    assert!(retry_after >= 1);
}

/// The 502, the one 201, the 200s after it, and the one record at the rail.
async fn expect_exactly_once(fault: Value, body: &Value) {
    let service = impatient().await;
    let caller = service.caller();
    let reference = body["customer_reference"].as_str().unwrap();
    service.rail().fault(fault.clone()).await;

    expect_provider_error(&caller.create_as("k", body).await);
    assert_eq!(service.rail().fired().await, 1, "{fault}");
    let made = repeat(&caller, "k", body).await.expect(201);
    for key in ["k", "another"] {
        let again = caller.create_as(key, body).await.expect(200);
        assert_eq!(again.json(), made.json());
    }
    assert_eq!(
        caller.retrieve(reference).await.expect(200).json(),
        made.json()
    );
    let records = service.rail().records_of(body).await;
    assert_eq!(records.len(), 1, "{fault}: {records:?}");
    let events: Vec<Value> = caller.events(reference).await;
    assert_eq!(events.len(), 1, "{events:?}");
}

fn once(fault: &str) -> Value {
    json!({"operation": "create_customer", "fault": fault, "times": 1})
}

#[tokio::test]
async fn an_answer_lost_after_the_commit() {
    expect_exactly_once(once("drop_after_commit"), &individual()).await;
}

#[tokio::test]
async fn a_business_whose_answer_was_lost() {
    expect_exactly_once(once("drop_after_commit"), &business()).await;
}

#[tokio::test]
async fn a_connection_dropped_before_the_commit() {
    expect_exactly_once(once("drop_before"), &individual()).await;
}

#[tokio::test]
async fn an_error_of_the_rail() {
    expect_exactly_once(once("error_500"), &individual()).await;
}

#[tokio::test]
async fn an_error_of_the_rail_after_the_commit() {
    expect_exactly_once(once("error_500_after_commit"), &individual()).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    expect_exactly_once(once("garbage_after_commit"), &individual()).await;
}

#[tokio::test]
async fn no_answer_though_committed() {
    expect_exactly_once(once("timeout_after_commit"), &individual()).await;
}

#[tokio::test]
async fn no_answer_and_no_commit() {
    expect_exactly_once(once("timeout"), &individual()).await;
}

#[tokio::test]
async fn credentials_that_the_rail_refuses() {
    expect_exactly_once(once("unauthorised"), &individual()).await;
}

#[tokio::test]
async fn a_commit_between_the_deadline_and_the_end_of_the_settle_time() {
    let late = json!({"operation": "create_customer", "fault": "late_commit", "times": 1, "delay_ms": 2200});
    expect_exactly_once(late, &individual()).await;
}

#[tokio::test]
async fn a_rail_that_holds_us_back_is_left_alone() {
    let service = Home::new()
        .await
        .set("VOUCH_RAIL_TEST_PER_MINUTE", "100")
        .serve()
        .await;
    let (caller, body) = (service.caller(), individual());
    service
        .rail()
        .fault(json!({"operation": "create_customer", "fault": "rate_limit_429"}))
        .await;
    // The rail's windows end with every minute of the clock: it takes one that lasts. The `Date` of its answers, which the
    // end is compared with, may be a second behind.
    eventually("a refusal that lasts", async || {
        let refused = caller.create_as("k", &body).await;
        let retry_after: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=61).contains(&retry_after), "{retry_after}");
        (retry_after > 10).then_some(())
    })
    .await;
    let fired = service.rail().fired().await;
    expect_provider_error(&caller.create(&individual()).await);
    assert_eq!(service.rail().fired().await, fired);
    // Reads and errors of the caller's own need no rail.
    caller.list(&[]).await.expect(200);
    caller
        .create(&json!({}))
        .await
        .expect_refused("missing_field", "type");
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind() {
    let service = impatient().await;
    let caller = service.caller();
    let body = canadian();
    service.rail().fail_once("refuse_422").await;
    let refused = caller
        .create_as("k", &body)
        .await
        .expect_error(422, "validation_failed");
    assert_eq!(refused.json()["error"]["field"], "id_number");
    assert_eq!(refused.fields(), ["id_number"]);
    assert!(!refused.text.contains("given data") && !refused.text.contains("id number field"));
    caller
        .retrieve(body["customer_reference"].as_str().unwrap())
        .await
        .expect_error(404, "customer_not_found");
    // Key, reference and interac address are free for anybody else's data.
    let other = with(
        &canadian(),
        &json!({"customer_reference": body["customer_reference"], "interac_email": body["interac_email"]}),
    );
    caller.create_as("k", &other).await.expect(201);
}

#[tokio::test]
async fn a_refusal_of_a_repetition_is_believed_only_when_nothing_is_there() {
    let service = impatient().await;
    let (caller, body) = (service.caller(), individual());
    service.rail().fail_once("drop_before").await;
    service.rail().fail_once("refuse_422").await;
    expect_provider_error(&caller.create_as("k", &body).await);
    // The reconciler or the caller meets the refusal; the caller then creates anew or is told of it.
    let ended = repeat(&caller, "k", &body).await;
    if ended.status == 422 {
        assert!(service.rail().records_of(&body).await.is_empty());
        caller.create_as("k", &body).await.expect(201);
    } else {
        ended.expect(201);
    }
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
}

#[tokio::test]
async fn a_reservation_is_invisible_and_still_owns_its_key_and_reference() {
    let service = impatient().await;
    let (caller, body) = (service.caller(), individual());
    let reference = body["customer_reference"].as_str().unwrap();
    service
        .rail()
        .fault(json!({"operation": "create_customer", "fault": "error_500"}))
        .await;
    service
        .rail()
        .fault(json!({"operation": "lookup", "fault": "error_500"}))
        .await;
    expect_provider_error(&caller.create_as("k", &body).await);

    caller
        .retrieve(reference)
        .await
        .expect_error(404, "customer_not_found");
    caller
        .patch(reference, &json!({"city": "Ottawa"}))
        .await
        .expect_error(404, "customer_not_found");
    assert!(caller.list(&[]).await.references().is_empty());
    assert!(
        caller
            .list(&[("q", reference)])
            .await
            .references()
            .is_empty()
    );
    assert!(caller.events(reference).await.is_empty());
    caller
        .list(&[("starting_after", reference)])
        .await
        .expect_refused("invalid_field", "starting_after");

    caller
        .create_as("k", &with(&body, &json!({"city": "Ottawa"})))
        .await
        .expect_error(409, "idempotency_conflict");
    let refused = caller
        .create_as("l", &with(&body, &json!({"tin": "130692544"})))
        .await;
    let refused = refused.expect_error(409, "customer_already_exists");
    assert_eq!(
        refused.json()["error"]["detail"],
        json!({"differing_fields": ["tin"]})
    );

    service.rail().heal().await;
    // The same reference resumes it under another key.
    repeat(&caller, "m", &body).await.expect(201);
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
}

#[tokio::test]
async fn the_reconciler_finishes_what_nobody_asks_for_again() {
    let service = impatient().await;
    let (caller, body) = (service.caller(), individual());
    let reference = body["customer_reference"].as_str().unwrap();
    service.rail().fail_once("drop_after_commit").await;
    expect_provider_error(&caller.create_as("k", &body).await);
    let found = eventually("the customer", async || {
        let found = caller.retrieve(reference).await;
        (found.status == 200).then_some(found)
    })
    .await;
    // The one 201 is still to be given.
    let made = caller.create_as("k", &body).await.expect(201);
    assert_eq!(made.json(), found.json());
    caller.create_as("k", &body).await.expect(200);
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_nothing_half_done() {
    let service = Service::new().await;
    let (caller, body) = (service.caller(), individual());
    let reference = body["customer_reference"].as_str().unwrap();
    let slow = json!({"operation": "create_customer", "fault": "error_500_after_commit", "times": 1, "delay_ms": 2000});
    service.rail().fault(slow).await;
    let request = caller.creation("k").json(&body);
    let calling = tokio::spawn(request.send());
    eventually("a record at the rail", async || {
        (service.rail().records_of(&body).await.len() == 1).then_some(())
    })
    .await;
    calling.abort();
    eventually("the customer", async || {
        (caller.retrieve(reference).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
}
