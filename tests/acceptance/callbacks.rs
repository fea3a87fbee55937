//! Who is heard when it says that it is the rail.

use reqwest::{Client, Method};
use serde_json::json;

use crate::harness::{
    Answer, Callbacks, Home, Rail, Service, individual, now, sign, status_changed,
};

/// How many callbacks are kept.
async fn kept(service: &Service) -> i64 {
    let database = service.home.database().client().await;
    let sql = "SELECT count(*) FROM rail_callbacks";
    database.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn forged_and_old_callbacks_are_refused_and_change_nothing() {
    let service = Service::new().await;
    let caller = service.caller();
    let body = individual();
    let id = caller.create(&body).await.expect(201).id();
    let rail_id = service.rail().id_of(&body).await;
    let callback = status_changed(&rail_id, "VERIFIED", None);
    let genuine = Callbacks::to(&service);
    let forger = Callbacks::signed_with(&service, "test", "another secret");
    assert_eq!(forger.send(&callback).await, 401);
    assert_eq!(genuine.send_signed_at(now() - 301, &callback).await, 401);
    assert_eq!(genuine.send_signed_at(now() + 330, &callback).await, 401);
    // An old signature under a new time, another body under a good signature, and none at all.
    let (old, new) = (now() - 600, now().to_string());
    let signature = sign(&genuine.secret, old, &callback);
    assert_eq!(genuine.send_as(&new, &signature, &callback).await, 401);
    let signature = sign(&genuine.secret, now(), &callback);
    assert_eq!(genuine.send_as(&new, &signature, "{}").await, 401);
    assert_eq!(genuine.send_as("", "", &callback).await, 401);
    assert_eq!(kept(&service).await, 0);
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "pending");
    // Four minutes old, it is still good.
    assert_eq!(genuine.send_signed_at(now() - 240, &callback).await, 204);
    assert_eq!(kept(&service).await, 1);
}

#[tokio::test]
async fn one_body_is_kept_once_whenever_it_is_signed() {
    let service = Service::new().await;
    let callbacks = Callbacks::to(&service);
    let callback = status_changed("nobody", "VERIFIED", None);
    for age in [0, 10, 100] {
        let sent = callbacks.send_signed_at(now() - age, &callback).await;
        assert_eq!(sent, 204);
    }
    let sends = (0..8).map(|_| callbacks.send(&callback));
    let statuses = futures_util::future::join_all(sends).await;
    assert_eq!(statuses, [204; 8]);
    assert_eq!(kept(&service).await, 1);
}

#[tokio::test]
async fn the_route_is_for_the_rail_alone() {
    let service = Service::shared().await;
    let callbacks = Callbacks::to(&service);
    assert_eq!(callbacks.send(&"x".repeat(70_000)).await, 413);
    assert_eq!(callbacks.send("not JSON").await, 204);
    let url = format!("{}/rail/webhooks", service.url);
    let post = |path: &str| Client::new().post(format!("{url}{path}"));
    let nowhere = Answer::to(post("/prod")).await;
    nowhere.expect_error(404, "route_not_found");
    let get = Client::new().request(Method::GET, format!("{url}/test"));
    let refused = Answer::to(get).await;
    assert_eq!(refused.header("allow"), "POST");
    refused.expect_error(405, "method_not_allowed");
    // No live rail is configured, so nobody can speak for it.
    let live = Callbacks::signed_with(&service, "live", "");
    assert_eq!(live.send("{}").await, 503);
}

#[tokio::test]
async fn the_sandbox_keeps_its_secret_and_all_processes_share_it() {
    let home = Home::new().await;
    let first = home.serve().await;
    let second = home.serve().await;
    let (one, two) = (Callbacks::to(&first), Callbacks::to(&second));
    assert_eq!(one.secret, two.secret);
    assert_eq!(one.send(r#"{"number":1}"#).await, 204);
    assert_eq!(two.send(r#"{"number":2}"#).await, 204);
    assert!(second.process.stop().await.success());
    assert!(first.process.stop().await.success());

    let third = home.serve().await;
    let caller = third.caller();
    assert_eq!(Callbacks::to(&third).secret, one.secret);
    // It is called back where it is now.
    let body = individual();
    let id = caller.create(&body).await.expect(201).id();
    let rail = third.rail();
    rail.decide(&rail.id_of(&body).await, "VERIFIED").await;
    caller.comes_to(&id, "verified").await;
}

#[tokio::test]
async fn a_callback_is_the_word_on_one_env() {
    let secret = "the live secret";
    let home = Home::new().await;
    let (_running, url) = home.rail("live", &[]).await;
    let home = home
        .set("VOUCH_RAIL_LIVE_URL", &url)
        .set("VOUCH_RAIL_LIVE_API_KEY", "sandbox-key")
        .set("VOUCH_RAIL_LIVE_WEBHOOK_SECRET", secret)
        .set("VOUCH_TIN_CHECKS", "never");
    let service = home.serve().await;
    let organisation = service.organisation();
    let (test, live) = (
        service.caller_of(&organisation, "test"),
        service.caller_of(&organisation, "live"),
    );
    let body = individual();
    let in_test = test.create(&body).await.expect(201).id();
    let in_live = live.create(&body).await.expect(201).id();
    let rail = Rail::at(&url);
    let rail_id = rail.id_of(&body).await;
    let silently = json!({"status": "VERIFIED", "callback": false});
    rail.decide_so(&rail_id, &silently).await;
    let callback = status_changed(&rail_id, "VERIFIED", None);
    assert_eq!(Callbacks::to(&service).send(&callback).await, 204);
    let wrong = Callbacks::signed_with(&service, "live", &Callbacks::to(&service).secret);
    assert_eq!(wrong.send(&callback).await, 401);
    let right = Callbacks::signed_with(&service, "live", secret);
    assert_eq!(right.send(&callback).await, 204);
    live.comes_to(&in_live, "verified").await;
    let found = test.retrieve(&in_test).await.expect(200);
    assert_eq!(found.json()["status"], "pending");
}
