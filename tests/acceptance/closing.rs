//! Closing customers, by the organisation and by operators.

use serde_json::json;

use crate::harness::{Answer, Service, canadian, eventually, individual, with};

#[tokio::test]
async fn a_closed_customer_stays_closed() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let body = canadian();
    let id = caller.create(&body).await.expect(201).id();
    let reference = body["customer_reference"].as_str().unwrap();
    let closed = caller.close(reference).await.expect(200);
    assert_eq!(closed.json()["status"], "closed");
    let again = caller.close(&id).await.expect(200);
    assert_eq!(again.json(), closed.json());
    assert_eq!(again.header("etag"), closed.header("etag"));
    assert_eq!(
        caller.story(&id).await,
        ["customer_created", "customer_closed"]
    );
    let amended = caller.patch(&id, &json!({"city": "Ottawa"})).await;
    assert_eq!(amended.json()["error"]["detail"]["reason"], "closed");
    amended.expect_error(409, "invalid_state");
    // The rail's word changes nothing, and operators see that it was tried.
    let rail = service.rail();
    rail.decide(&rail.id_of(&body).await, "VERIFIED").await;
    let arguments = [
        "customer",
        "show",
        "--org",
        &organisation,
        "--env",
        "test",
        "--json",
        &id,
    ];
    let refused = eventually("the refusal", async || {
        let file = service.home.run(&arguments).json();
        let last = file["history"].as_array().unwrap().last().unwrap().clone();
        (last["applied"] == false).then_some(last)
    })
    .await;
    let told = (&refused["from"], &refused["to"], &refused["cause"]);
    assert_eq!(told, (&json!("closed"), &json!("verified"), &json!("rail")));
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "closed");
    // Its address is free, its reference is not.
    let address = json!({"interac_email": body["interac_email"]});
    caller
        .create(&with(&canadian(), &address))
        .await
        .expect(201);
    let taken = with(&canadian(), &json!({"customer_reference": reference}));
    let taken = caller.create(&taken).await;
    taken.expect_error(409, "customer_already_exists");
}

#[tokio::test]
async fn a_key_stands_for_one_closing() {
    let service = Service::shared().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let keyed = || caller.closing(&id).header("Idempotency-Key", "closing");
    let first = Answer::to(keyed()).await.expect(200);
    assert_eq!(first.header("idempotent-replayed"), "");
    let second = Answer::to(keyed()).await.expect(200);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(first.json(), second.json());
    // An absent body and an empty one are the same request.
    let third = Answer::to(keyed().json(&json!({}))).await.expect(200);
    assert_eq!(third.header("idempotent-replayed"), "true");
    let other = Answer::to(caller.closing(&id).json(&json!({"why": "x"}))).await;
    other.expect_refused("invalid_field", "why");
}

#[tokio::test]
async fn many_who_close_at_once_close_once() {
    let service = Service::shared().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let closings = (0..8).map(|_| caller.close(&id));
    for closed in futures_util::future::join_all(closings).await {
        assert_eq!(closed.expect(200).json()["status"], "closed");
    }
    assert_eq!(
        caller.story(&id).await,
        ["customer_created", "customer_closed"]
    );
}

#[tokio::test]
async fn nobody_closes_what_is_anothers() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let id = caller.create(&individual()).await.expect(201).id();
    for stranger in [service.caller(), service.caller_of(&organisation, "live")] {
        let refused = stranger.close(&id).await;
        refused.expect_error(404, "customer_not_found");
    }
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "pending");
}

#[tokio::test]
async fn operators_close_and_ask_why() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let body = individual();
    let id = caller.create(&body).await.expect(201).id();
    let reference = body["customer_reference"].as_str().unwrap();
    let run = |command: &str, customer: &str| {
        service.home.run(&[
            "customer",
            command,
            "--org",
            &organisation,
            "--env",
            "test",
            customer,
        ])
    };
    let complaint = run("reason", &id).complaint();
    assert!(complaint.contains("is not rejected"), "{complaint}");
    let said = run("close", reference).output();
    assert_eq!(said, format!("{id}  closed\n"));
    assert_eq!(run("close", &id).output(), said);
    let shown = run("show", &id).output();
    assert!(shown.contains("pending → closed by operator"), "{shown}");
    let complaint = run("show", "nobody").complaint();
    assert!(complaint.contains("no such customer"), "{complaint}");
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "closed");
}
