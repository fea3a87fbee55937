//! A service that dies in the middle of a swap, at every step of it, and what its successor makes of what is left.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    sandbox::comes_to,
    swaps::{id, order},
    treasurer::{SCOPES, Treasurer, Words},
};
use crate::harness::{Home, Service, eventually};

/// Sends a request to a service that is about to die; nothing when it died before it answered.
async fn try_post(caller: &Treasurer, path: &str, body: &Value) -> Option<u16> {
    let request = caller
        .request(Method::POST, path)
        .header("Idempotency-Key", "k")
        .timeout(Duration::from_secs(10));
    let response = request.json(body).send().await.ok()?;
    Some(response.status().as_u16())
}

/// Has a service die at a step.
async fn doomed(home: &Home, step: &str) -> (Service, Treasurer) {
    let service = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    (service, caller)
}

async fn dies(service: &Service) {
    let status = service.process.ends().await;
    assert!(!status.success() && status.code().is_none(), "{status}");
}

/// What the tenant has: one swap and nothing to do for it.
async fn expect_one_settled_swap(service: &Service, caller: &Treasurer) {
    let listed = caller.get("/v1/swaps").await.expect(200).data();
    assert_eq!(listed["total"], 1, "{listed}");
    let database = service.home.database().client().await;
    let open = database.query("SELECT FROM swap_jobs", &[]).await.unwrap();
    assert!(open.is_empty());
}

#[tokio::test]
async fn an_order_that_nobody_heard_of_is_taken_once() {
    for step in ["swap_opened", "swap_stored"] {
        let home = Home::new().await.set("VOUCH_SANDBOX_SETTLE_MS", "0");
        let (service, caller) = doomed(&home, step).await;
        assert_eq!(try_post(&caller, "/v1/swaps", &order()).await, None);
        dies(&service).await;
        // The claim of the dead would be leased for a while.
        let database = service.home.database().client().await;
        let freed =
            "UPDATE idempotency_keys SET leased_until = now() WHERE leased_until IS NOT NULL";
        database.execute(freed, &[]).await.unwrap();

        let successor = home.serve().await;
        let caller = Treasurer::new(&successor.url, &caller.key);
        let made = eventually("a swap", async || {
            let answer = caller.post_as("k", "/v1/swaps", &order()).await;
            (answer.status == 201).then_some(answer)
        })
        .await;
        let again = caller.post_as("k", "/v1/swaps", &order()).await.expect(201);
        assert_eq!(again.text, made.text);
        let simulation = json!({ "provider": "relay", "id": made.data()["id"] });
        caller
            .post("/v1/sandbox/simulate", &simulation)
            .await
            .expect(200);
        expect_one_settled_swap(&successor, &caller).await;
    }
}

#[tokio::test]
async fn a_settlement_goes_on_where_it_was_and_ends_once() {
    for step in ["deposit_recorded", "swap_begun", "swap_settled"] {
        let home = Home::new().await.set("VOUCH_SANDBOX_SETTLE_MS", "200");
        let (service, caller) = doomed(&home, step).await;
        assert_eq!(try_post(&caller, "/v1/swaps", &order()).await, Some(201));
        dies(&service).await;

        let database = service.home.database().client().await;
        let left = database
            .query_one("SELECT id, status FROM swaps", &[])
            .await
            .unwrap();
        let left = json!({ "id": left.get::<_, uuid::Uuid>(0).to_string(), "status": left.get::<_, &str>(1) });
        let expected = match step {
            "deposit_recorded" => "deposit_received",
            "swap_begun" => "swapping",
            _ => "completed",
        };
        assert_eq!(left["status"], expected);

        // Nobody asks again: the successor's settler finishes it when the lease of the dead has ended.
        let database = service.home.database().client().await;
        let freed = database.execute(
            "UPDATE swap_jobs SET leased_until = now(), due_at = now()",
            &[],
        );
        freed.await.unwrap();
        let successor = home.serve().await;
        let caller = Treasurer::new(&successor.url, &caller.key);
        let settled = comes_to(&caller, &left, "completed").await;
        assert_eq!(settled["outputAmount"], "92460000");
        expect_one_settled_swap(&successor, &caller).await;
    }
}

#[tokio::test]
async fn a_simulation_outlives_the_service_that_was_asked_for_it() {
    let home = Home::new().await.set("VOUCH_SANDBOX_SETTLE_MS", "0");
    let (service, caller) = doomed(&home, "deposit_recorded").await;
    let swap = caller.post("/v1/swaps", &order()).await.expect(201).data();
    let simulation = json!({ "provider": "relay", "id": id(&swap), "status": "failed" });
    assert_eq!(
        try_post(&caller, "/v1/sandbox/simulate", &simulation).await,
        None
    );
    dies(&service).await;

    let successor = home.serve().await;
    let caller = Treasurer::new(&successor.url, &caller.key);
    comes_to(&caller, &swap, "failed").await;
    expect_one_settled_swap(&successor, &caller).await;
}

#[tokio::test]
async fn several_services_settle_each_swap_once() {
    let home = Home::new().await.set("VOUCH_SANDBOX_SETTLE_MS", "300");
    let first = home.serve().await;
    let second = home.elsewhere().serve().await;
    let organisation = first.organisation();
    let here = Treasurer::of(&first, &organisation, "test", &SCOPES);
    let there = Treasurer::new(&second.url, &here.key);
    let mut swaps = Vec::new();
    for caller in [&here, &there, &here, &there] {
        swaps.push(caller.post("/v1/swaps", &order()).await.expect(201).data());
    }
    for swap in &swaps {
        let settled = comes_to(&here, swap, "completed").await;
        let seen_there = there.get(&format!("/v1/swaps/{}", id(swap))).await.data();
        assert_eq!(seen_there, settled);
    }
}
