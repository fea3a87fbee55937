//! Payouts: made once, sent once, followed to their end: the contract, section 9.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Service, canadian, eventually, individual,
    money::{payout_of, verified},
    unique, with, without,
};

#[tokio::test]
async fn a_payout_is_processing_and_then_paid() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let body = payout_of(&customer);
    let made = caller.pay(&body).await.expect(201);
    let payout = made.json();
    let expected = json!({
        "object": "payout", "id": payout["id"], "env": "test", "customer_id": customer,
        "customer_reference": payout["customer_reference"], "currency": "CAD", "amount_minor": "1250",
        "merchant_reference": body["merchant_reference"], "status": "processing", "failure_code": null,
        "created_at": payout["created_at"],
    });
    assert_eq!(payout, expected);
    assert_eq!(
        made.header("location"),
        format!("/v1/payouts/{}", made.id())
    );

    let paid = caller.payout_becomes(&made.id(), "paid").await;
    assert_eq!(paid, with(&payout, &json!({"status": "paid"})));
    let sent = rail.payouts().await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0]["merchant_reference"], made.id());
    assert_eq!(sent[0]["amount_without_fee"], 12.5);
    assert_eq!(sent[0]["recipient"]["email"], "grace@example.com");
    assert_eq!(sent[0]["recipient"]["account_name"], "Grace Hopper");
    let events = caller.events(&customer).await;
    let event = events.last().unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["payout"]),
        (&json!("payout_paid"), &paid)
    );
    let list = caller.get("/v1/payouts").await.expect(200).json();
    assert_eq!(
        list,
        json!({"object": "list", "has_more": false, "data": [paid]})
    );
}

#[tokio::test]
async fn sums_arrive_to_the_cent() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    for (minor, arrives) in [
        ("1", 0.01),
        ("29", 0.29),
        ("10010", 100.1),
        ("123456789", 1_234_567.89),
    ] {
        let body = with(&payout_of(&customer), &json!({"amount_minor": minor}));
        let made = caller.pay(&body).await.expect(201);
        assert_eq!(made.json()["amount_minor"], minor);
        caller.payout_becomes(&made.id(), "paid").await;
        let sent = rail.payouts().await;
        assert_eq!(sent.last().unwrap()["amount_without_fee"], arrives);
    }
}

#[tokio::test]
async fn the_customers_own_address_is_the_default_while_it_holds_one() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let person = canadian();
    let customer = caller.create(&person).await.expect(201).id();
    service.verify(&rail, &person).await;
    let mut body = payout_of(&customer);
    body["recipient"] =
        json!({"first_name": "Ada", "last_name": "Lovelace", "interac_email": null});
    let made = caller.pay(&body).await.expect(201).id();
    caller.payout_becomes(&made, "paid").await;
    assert_eq!(
        rail.payouts().await[0]["recipient"]["email"],
        person["interac_email"]
    );

    let holder_of_none = individual();
    caller.create(&holder_of_none).await.expect(201);
    service.verify(&rail, &holder_of_none).await;
    let reference = &holder_of_none["customer_reference"];
    let other = payout_of(reference.as_str().unwrap());
    body["customer_id"] = reference.clone();
    body["merchant_reference"] = other["merchant_reference"].clone();
    let refused = caller.pay(&body).await;
    refused.expect_refused("missing_field", "recipient.interac_email");
    let refused = caller.pay(&without(&body, "currency")).await;
    let errors = refused.expect_error(400, "missing_field").json();
    let errors = errors["error"]["detail"]["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["currency", "recipient.interac_email"]);
    caller.pay(&other).await.expect(201);
}

#[tokio::test]
async fn a_key_and_a_merchant_reference_make_one_payout() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let body = payout_of(&customer);
    let pay = |key: &str, body: &Value| {
        let request = caller.paying(key).json(body);
        async move { Answer::to(request).await }
    };
    let first = pay("a", &body).await.expect(201).id();
    let again = pay("a", &body).await.expect(200);
    assert_eq!(
        (again.id(), again.header("idempotent-replayed")),
        (first.clone(), "true")
    );
    let other = with(&body, &json!({"amount_minor": "1251"}));
    for changed in [&other, &without(&body, "currency"), &json!({})] {
        let refused = pay("a", changed).await;
        refused.expect_error(409, "idempotency_conflict");
    }
    let known = pay("b", &body).await.expect(200);
    assert_eq!(
        (known.id(), known.header("idempotent-replayed")),
        (first.clone(), "")
    );
    assert_eq!(pay("b", &body).await.header("idempotent-replayed"), "true");
    let refused = pay("c", &other)
        .await
        .expect_error(409, "invalid_state")
        .json();
    assert_eq!(
        refused["error"]["detail"]["reason"],
        "merchant_reference_used"
    );
    // The key is free still.
    pay("c", &payout_of(&customer)).await.expect(201);
    // A merchant reference names what was asked for; a key names its very body.
    let reference = &known.json()["customer_reference"];
    let by_reference = with(&body, &json!({"customer_id": reference}));
    let known = pay("d", &by_reference).await.expect(200);
    assert_eq!(known.id(), first);
    let refused = pay("a", &by_reference).await;
    refused.expect_error(409, "idempotency_conflict");
    assert_eq!(
        caller.get("/v1/payouts").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn of_many_at_once_one_is_new_and_one_is_sent() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let body = payout_of(&customer);
    let by_reference = (0..8).map(|number| format!("key-{number}"));
    let by_key = (0..8).map(|_| "one-key".to_owned());
    let keys: Vec<_> = by_reference.chain(by_key).collect();
    let asked = keys
        .iter()
        .map(|key| Answer::to(caller.paying(key).json(&body)));
    let answers = futures_util::future::join_all(asked).await;
    let new = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(new, 1);
    let ids: BTreeSet<_> = answers.iter().map(Answer::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    caller.payout_becomes(ids.first().unwrap(), "paid").await;
    assert_eq!(rail.payouts().await.len(), 1);
}

#[tokio::test]
async fn what_is_refused_and_why() {
    let service = Service::shared().await;
    let caller = service.caller();
    let customer = verified(&service, &caller).await;
    let body = payout_of(&customer);
    for (field, value, code) in [
        ("currency", json!("USD"), "unsupported_currency"),
        ("amount_minor", json!(1250), "invalid_field"),
        ("amount_minor", json!("12.50"), "invalid_field"),
        ("amount_minor", json!("0"), "invalid_field"),
        ("amount_minor", json!("1000000000001"), "invalid_field"),
        ("merchant_reference", json!(null), "missing_field"),
        (
            "merchant_reference",
            json!("x".repeat(129)),
            "invalid_field",
        ),
        ("customer_id", json!(""), "missing_field"),
        ("recipient", json!(null), "missing_field"),
        ("recipient", json!([]), "invalid_field"),
        ("note", json!("x"), "invalid_field"),
    ] {
        let wrong = with(&body, &json!({ field: value }));
        caller.pay(&wrong).await.expect_refused(code, field);
    }
    let mut wrong = without(&body, "amount_minor");
    wrong["recipient"] = json!({"first_name": "", "email": "a@example.com"});
    let refused = caller.pay(&wrong).await.expect(400);
    let expected = [
        "amount_minor",
        "recipient.first_name",
        "recipient.last_name",
        "recipient.email",
    ];
    assert_eq!(refused.fields(), expected);
    for nobody in ["nobody", "ckcust_1", "ckcust_01h455vb4pex5vsknk084sn02q"] {
        let refused = caller
            .pay(&with(&body, &json!({"customer_id": nobody})))
            .await;
        refused.expect_error(404, "customer_not_found");
    }
    let pending = caller.create(&canadian()).await.expect(201).id();
    let refused = caller.pay(&payout_of(&pending)).await;
    refused.expect_error(422, "customer_not_verified");
    let keyless = caller.paying("").json(&body);
    Answer::to(keyless)
        .await
        .expect_error(400, "idempotency_key_required");
    for id in ["x", "ckpo_01h455vb4pex5vsknk084sn02q", &customer] {
        caller
            .payout(id)
            .await
            .expect_error(404, "payout_not_found");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("starting_after=x", "starting_after"),
        (
            "starting_after=ckpo_01h455vb4pex5vsknk084sn02q",
            "starting_after",
        ),
        ("status=paid", "status"),
        ("customer_id=", "customer_id"),
    ] {
        let refused = caller.get(&format!("/v1/payouts?{query}")).await;
        refused.expect_refused("invalid_field", field);
    }
    for list in ["payouts", "events"] {
        let nobody = caller
            .get(&format!("/v1/{list}?customer_id=ckcust_x"))
            .await;
        nobody.expect_error(404, "customer_not_found");
    }
    assert_eq!(caller.get("/v1/payouts").await.json()["data"], json!([]));
}

#[tokio::test]
async fn lists_page_from_the_newest_by_customer_or_not() {
    let service = Service::shared().await;
    let caller = service.caller();
    let (ours, theirs) = (
        verified(&service, &caller).await,
        verified(&service, &caller).await,
    );
    let mut ids = Vec::new();
    for customer in [&ours, &theirs, &ours] {
        ids.insert(0, caller.pay(&payout_of(customer)).await.expect(201).id());
    }
    let page = async |query: &str| {
        let list = caller.get(&format!("/v1/payouts?{query}")).await;
        let list = list.expect(200).json();
        let rows = list["data"].as_array().unwrap().clone();
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        (
            rows.iter().map(id).collect::<Vec<_>>(),
            list["has_more"] == true,
        )
    };
    assert_eq!(page("limit=2").await, (ids[..2].to_vec(), true));
    let rest = format!("limit=2&starting_after={}", ids[1]);
    assert_eq!(page(&rest).await, (ids[2..].to_vec(), false));
    let of_ours = vec![ids[0].clone(), ids[2].clone()];
    assert_eq!(page(&format!("customer_id={ours}")).await, (of_ours, false));
    assert_eq!(page("customer_id=nobody").await, (vec![], false));
}

#[tokio::test]
async fn payouts_of_another_organisation_or_env_do_not_exist() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let customer = verified(&service, &caller).await;
    let body = payout_of(&customer);
    let made = caller.pay(&body).await.expect(201).id();
    let stranger = service.caller();
    let live = service.caller_of(&organisation, "live");
    for other in [&stranger, &live] {
        other
            .payout(&made)
            .await
            .expect_error(404, "payout_not_found");
        assert_eq!(other.get("/v1/payouts").await.json()["data"], json!([]));
        let cursor = format!("/v1/payouts?starting_after={made}");
        other
            .get(&cursor)
            .await
            .expect_refused("invalid_field", "starting_after");
    }
    stranger
        .pay(&body)
        .await
        .expect_error(404, "customer_not_found");
    live.pay(&body).await.expect_error(503, "unavailable");
    // The merchant reference is free there.
    let theirs = verified(&service, &stranger).await;
    let body = with(&body, &json!({"customer_id": theirs}));
    stranger.pay(&body).await.expect(201);
}

#[tokio::test]
async fn whatever_the_rail_does_a_payout_is_sent_once() {
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
        rail.fault(json!({"operation": "payout", "fault": fault, "times": 1}))
            .await;
        let made = caller.pay(&payout_of(&customer)).await.expect(201).id();
        caller.payout_becomes(&made, "paid").await;
        let sent = rail.payouts().await;
        assert_eq!(sent.len(), 1, "{fault}: {sent:?}");
        assert_eq!(sent[0]["merchant_reference"], made, "{fault}");
    }
}

#[tokio::test]
async fn an_order_that_arrives_late_is_not_sent_again() {
    let settings = [
        ("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "1000"),
        ("VOUCH_RAIL_TEST_SETTLE_MS", "4000"),
    ];
    let service = Service::with(&settings).await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    rail.fault(
        json!({"operation": "payout", "fault": "late_commit", "times": 1, "delay_ms": 2_500}),
    )
    .await;
    let made = caller.pay(&payout_of(&customer)).await.expect(201).id();
    caller.payout_becomes(&made, "paid").await;
    assert_eq!(rail.payouts().await.len(), 1);
}

#[tokio::test]
async fn what_the_rail_refuses_has_failed_for_a_reason_of_ours() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    // More than the wallet holds.
    let body = with(
        &payout_of(&customer),
        &json!({"amount_minor": "1000000000000"}),
    );
    let made = caller.pay(&body).await.expect(201).id();
    let failed = caller.payout_becomes(&made, "failed").await;
    assert_eq!(failed["failure_code"], "insufficient_funds");
    let events = caller.events(&customer).await;
    let event = events.last().unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["payout"]),
        (&json!("payout_failed"), &failed)
    );
    assert!(rail.payouts().await.is_empty());
    // The same request names the same failure; a new one is a new payout.
    assert_eq!(caller.pay(&body).await.expect(200).json(), failed);

    rail.fault(json!({"operation": "payout", "fault": "refuse_422", "times": 1}))
        .await;
    let made = caller.pay(&payout_of(&customer)).await.expect(201).id();
    let failed = caller.payout_becomes(&made, "failed").await;
    assert_eq!(failed["failure_code"], "refused");
}

#[tokio::test]
async fn what_the_rail_cannot_deliver_has_failed() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "86400000")]).await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let made = caller.pay(&payout_of(&customer)).await.expect(201).id();
    eventually("a payout at the rail", async || {
        (rail.payouts().await.len() == 1).then_some(())
    })
    .await;
    assert_eq!(caller.payout(&made).await.json()["status"], "processing");
    rail.decide_payout(&made, "FAILED").await;
    let failed = caller.payout_becomes(&made, "failed").await;
    assert_eq!(failed["failure_code"], "not_delivered");
    // The end is final, whatever the rail says later.
    rail.decide_payout(&made, "SUCCESSFUL").await;
    let next = caller.pay(&payout_of(&customer)).await.expect(201).id();
    eventually("the next payout at the rail", async || {
        (rail.payouts().await.len() == 2).then_some(())
    })
    .await;
    rail.decide_payout(&next, "SUCCESSFUL").await;
    caller.payout_becomes(&next, "paid").await;
    assert_eq!(caller.payout(&made).await.json(), failed);
    let unique_key = format!("key-{}", unique());
    let answer = Answer::to(caller.paying(&unique_key).json(&payout_of(&customer))).await;
    answer.expect(201);
}

#[tokio::test]
async fn a_customer_is_not_closed_while_a_payout_is_processing() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "86400000")]).await;
    let (caller, rail) = (service.caller(), service.rail());
    let customer = verified(&service, &caller).await;
    let made = caller.pay(&payout_of(&customer)).await.expect(201).id();
    let close = async || {
        let path = format!("/v1/customers/{customer}/close");
        Answer::to(caller.request(Method::POST, &path)).await
    };
    let refused = close().await.expect_error(409, "invalid_state").json();
    assert_eq!(refused["error"]["detail"]["reason"], "payouts_processing");
    eventually("a payout at the rail", async || {
        (rail.payouts().await.len() == 1).then_some(())
    })
    .await;
    rail.decide_payout(&made, "SUCCESSFUL").await;
    caller.payout_becomes(&made, "paid").await;
    close().await.expect(200);
    let refused = caller.pay(&payout_of(&customer)).await;
    refused.expect_error(422, "customer_not_verified");
}
