//! Virtual accounts: asked for, opened at the rail, and paid into: the contract, section 9.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Caller, Service, eventually, individual, money::verified, unique, with,
};

/// The types of a customer's events.
async fn event_types(caller: &Caller, customer: &str) -> Vec<String> {
    let events = caller.events(customer).await;
    let types = events.iter().map(|event| event["type"].as_str().unwrap());
    types.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_account_is_provisioning_and_then_active() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let opened = caller.open_account(&customer, "GBP").await.expect(201);
    let account = opened.json();
    let expected = json!({
        "object": "virtual_account", "id": account["id"], "env": "test", "customer_id": customer,
        "customer_reference": account["customer_reference"], "currency": "GBP", "status": "provisioning",
        "account_number": null, "account_name": null, "bank_name": null, "bank_code": null,
        "created_at": account["created_at"],
    });
    assert_eq!(account, expected);
    assert!(opened.id().starts_with("ckva_"));

    let active = caller.account_becomes(&customer, "active").await;
    assert_eq!(active["id"], account["id"]);
    assert_eq!(active["account_number"].as_str().unwrap().len(), 8);
    assert_eq!(active["account_name"], "Ada Lovelace");
    assert_eq!(active["bank_code"], "00-00-00");
    let events = caller.events(&customer).await;
    let event = events.last().unwrap();
    assert_eq!(event["type"], "virtual_account_activated");
    let told = &event["data"]["virtual_account"];
    assert_eq!(
        (&told["id"], &told["status"]),
        (&account["id"], &json!("active"))
    );
    let number = active["account_number"].as_str().unwrap();
    assert!(!event.to_string().contains(number));
    // A second one of the kind is the first.
    let again = caller.open_account(&customer, "GBP").await.expect(200);
    assert_eq!(again.json(), active);
    assert_eq!(again.header("idempotent-replayed"), "");
    caller.open_account(&customer, "EUR").await.expect(201);
    let euros = caller.account_becomes(&customer, "active").await;
    assert!(euros["account_number"].as_str().unwrap().starts_with("DE"));
    assert_eq!(caller.accounts(&customer).await.len(), 2);
}

#[tokio::test]
async fn a_key_opens_one_account_and_names_it_for_ever() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let ask = |key: &str, body: Value| {
        let request = caller.opening(key, &customer).json(&body);
        async move { Answer::to(request).await }
    };
    let first = ask("a", json!({"currency": "USD"})).await.expect(201);
    let again = ask("a", json!({"currency": "USD"})).await.expect(200);
    assert_eq!(again.id(), first.id());
    assert_eq!(again.header("idempotent-replayed"), "true");
    for body in [
        json!({"currency": "EUR"}),
        json!({"currency": 1}),
        json!({}),
    ] {
        let refused = ask("a", body).await;
        refused.expect_error(409, "idempotency_conflict");
    }
    let known = ask("b", json!({"currency": "USD"})).await.expect(200);
    assert_eq!(known.id(), first.id());
    assert_eq!(
        ask("b", json!({"currency": "USD"}))
            .await
            .header("idempotent-replayed"),
        "true"
    );
}

#[tokio::test]
async fn of_many_at_once_one_is_new() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let asked = (0..10).map(|_| caller.open_account(&customer, "GBP"));
    let answers = futures_util::future::join_all(asked).await;
    let new = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(new, 1);
    let ids: BTreeSet<_> = answers.iter().map(Answer::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn what_is_refused_and_why() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    for (body, code) in [
        (json!({"currency": "CAD"}), "unsupported_currency"),
        (json!({"currency": "gbp"}), "unsupported_currency"),
        (json!({"currency": null}), "missing_field"),
        (json!({}), "missing_field"),
        (json!({"currency": ["GBP"]}), "invalid_field"),
    ] {
        let request = caller.opening(&format!("k{}", unique()), &customer);
        let refused = Answer::to(request.json(&body)).await;
        refused.expect_refused(code, "currency");
    }
    let request = caller.opening("unknown", &customer);
    let body = json!({"currency": "GBP", "wallet": 1});
    let refused = Answer::to(request.json(&body)).await;
    refused.expect_refused("invalid_field", "wallet");
    let keyless = caller
        .opening("", &customer)
        .json(&json!({"currency": "GBP"}));
    Answer::to(keyless)
        .await
        .expect_error(400, "idempotency_key_required");

    let pending = caller.create(&individual()).await.expect(201).id();
    let refused = caller.open_account(&pending, "GBP").await;
    refused.expect_error(422, "customer_not_verified");
    assert!(caller.accounts(&pending).await.is_empty());
    for stranger in ["nobody", "ckcust_1"] {
        let refused = caller.open_account(stranger, "GBP").await;
        refused.expect_error(404, "customer_not_found");
        let refused = caller
            .get(&format!("/v1/customers/{stranger}/virtual_accounts"))
            .await;
        refused.expect_error(404, "customer_not_found");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("starting_after=x", "starting_after"),
        (
            "starting_after=ckva_01h455vb4pex5vsknk084sn02q",
            "starting_after",
        ),
        ("status=active", "status"),
    ] {
        let path = format!("/v1/customers/{customer}/virtual_accounts?{query}");
        let refused = caller.get(&path).await;
        refused.expect_refused("invalid_field", field);
    }
}

#[tokio::test]
async fn accounts_of_another_organisation_or_env_do_not_exist() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let customer = verified(&service, &caller).await;
    caller.open_account(&customer, "GBP").await.expect(201);
    for stranger in [service.caller(), service.caller_of(&organisation, "live")] {
        let path = format!("/v1/customers/{customer}/virtual_accounts");
        stranger
            .get(&path)
            .await
            .expect_error(404, "customer_not_found");
    }
    let stranger = service.caller();
    let refused = stranger.open_account(&customer, "GBP").await;
    refused.expect_error(404, "customer_not_found");
    // No rail is set for it.
    let live = service.caller_of(&organisation, "live");
    let refused = live.open_account(&customer, "GBP").await;
    refused.expect_error(503, "unavailable");
}

#[tokio::test]
async fn whatever_the_rail_does_there_is_one_account() {
    for fault in [
        "error_500",
        "error_500_after_commit",
        "drop_before",
        "drop_after_commit",
        "garbage_after_commit",
        "rate_limit_429",
        "unauthorised",
    ] {
        let service = Service::new().await;
        let (caller, rail) = (service.caller(), service.rail());
        let customer = verified(&service, &caller).await;
        rail.fault(json!({"operation": "create_account", "fault": fault, "times": 1}))
            .await;
        caller.open_account(&customer, "GBP").await.expect(201);
        caller.account_becomes(&customer, "active").await;
        assert_eq!(rail.accounts().await.len(), 1, "{fault}");
        let types = event_types(&caller, &customer).await;
        let told = types
            .iter()
            .filter(|word| *word == "virtual_account_activated");
        assert_eq!(told.count(), 1, "{fault}");
    }
}

#[tokio::test]
async fn an_account_that_the_rail_refuses_has_failed() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    rail.fault(json!({"operation": "create_account", "fault": "refuse_422", "times": 1}))
        .await;
    caller.open_account(&customer, "GBP").await.expect(201);
    caller.account_becomes(&customer, "failed").await;
    assert!(rail.accounts().await.is_empty());
    let types = event_types(&caller, &customer).await;
    assert_eq!(types.last().unwrap(), "virtual_account_failed");
}

#[tokio::test]
async fn an_account_that_was_there_is_taken_over() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let records = rail.ask(Method::GET, "customer", None).await;
    let wallets = rail.ask(Method::GET, "wallet", None).await;
    let mut wallets = wallets["data"].as_array().unwrap().iter();
    let wallet = wallets.find(|wallet| wallet["currency"] == "GBP").unwrap();
    let body = json!({"wallet_id": wallet["id"], "customer_id": records["data"][0]["id"]});
    let made = rail
        .ask(Method::POST, "virtual-bank-account", Some(body))
        .await;
    assert!(made["data"]["id"].is_string(), "{made}");
    caller.open_account(&customer, "GBP").await.expect(201);
    caller.account_becomes(&customer, "active").await;
    assert_eq!(rail.accounts().await.len(), 1);
}

#[tokio::test]
async fn the_accounts_of_a_closed_customer_are_closed() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let opened = caller.open_account(&customer, "GBP").await.expect(201);
    caller.account_becomes(&customer, "active").await;
    let path = format!("/v1/customers/{customer}/close");
    Answer::to(caller.request(Method::POST, &path))
        .await
        .expect(200);
    let expected = with(&opened.json(), &json!({"status": "closed"}));
    assert_eq!(caller.accounts(&customer).await, [expected]);
    let types = event_types(&caller, &customer).await;
    assert_eq!(types.last().unwrap(), "customer_closed");
    let refused = caller.open_account(&customer, "GBP").await;
    refused.expect_error(422, "customer_not_verified");
}

#[tokio::test]
async fn an_account_that_the_rail_gives_up_has_failed_and_may_be_asked_for_again() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "86400000")]).await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let first = caller.open_account(&customer, "GBP").await.expect(201).id();
    let account = eventually("an account at the rail", async || {
        rail.accounts().await.into_iter().next()
    })
    .await;
    rail.decide_account(account["id"].as_str().unwrap(), "FAILED")
        .await;
    let failed = caller.account_becomes(&customer, "failed").await;
    assert_eq!(
        (&failed["id"], &failed["account_number"]),
        (&json!(first), &Value::Null)
    );
    let types = event_types(&caller, &customer).await;
    assert_eq!(types.last().unwrap(), "virtual_account_failed");
    let second = caller.open_account(&customer, "GBP").await.expect(201).id();
    assert_ne!(second, first);
    let newer = eventually("another account at the rail", async || {
        rail.accounts().await.into_iter().nth(1)
    })
    .await;
    rail.decide_account(newer["id"].as_str().unwrap(), "SUCCESSFUL")
        .await;
    caller.account_becomes(&customer, "active").await;
    let path = format!("/v1/customers/{customer}/virtual_accounts?limit=1");
    let page = caller.get(&path).await.expect(200).json();
    assert_eq!(
        (&page["data"][0]["id"], &page["has_more"]),
        (&json!(second), &json!(true))
    );
    let next = caller.get(&format!("{path}&starting_after={second}")).await;
    let next = next.expect(200).json();
    assert_eq!(
        (&next["data"][0]["id"], &next["has_more"]),
        (&json!(first), &json!(false))
    );
}
