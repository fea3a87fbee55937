//! Payouts, fees and transactions.

use reqwest::Method;
use serde_json::{Value, json};
use vouch_sandbox_rail::RepeatedPayouts;

use crate::{
    harness::{Sandbox, individual, until, with},
    receiver::Receiver,
};

async fn interac(sandbox: &Sandbox, customer: &str, reference: &str) -> Value {
    json!({
        "wallet_id": sandbox.wallet("CAD").await,
        "customer_id": customer,
        "method": "interac",
        "from_currency_id": "CAD",
        "to_currency_id": "CAD",
        "to_amount": 19.6,
        "email": "payee@example.com",
        "interac_first_name": "Tobi",
        "interac_last_name": "Ishola",
        "merchant_reference": reference,
    })
}

async fn pay(sandbox: &Sandbox, payout: &Value) -> (u16, Value) {
    sandbox.call(Method::POST, "/payout", payout).await
}

async fn until_paid(sandbox: &Sandbox, reference: &str, status: &str) -> Value {
    until(async || {
        let (_, body) = sandbox.read(&format!("/transaction/{reference}")).await;
        (body["data"]["status"] == status).then(|| body["data"].clone())
    })
    .await
}

async fn balance(sandbox: &Sandbox) -> f64 {
    let path = format!("/wallet/{}", sandbox.wallet("CAD").await);
    sandbox.read(&path).await.1["data"]["amount"]
        .as_f64()
        .unwrap()
}

#[tokio::test]
async fn a_payout_completes_and_is_told_twice_under_one_id() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::quick().await;
    let customer = sandbox.verified("a@example.com").await;
    sandbox.registered(&receiver.url).await;
    let before = balance(&sandbox).await;
    let (status, body) = pay(&sandbox, &interac(&sandbox, &customer, "ckpo_1").await).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.get("data").is_none());
    let payout = &body["transaction"];
    assert_eq!(payout["status"], "PENDING");
    assert_eq!(payout["business_customer_id"], customer);
    assert_eq!(payout["currency"], "CAD");
    assert_eq!(
        (
            &payout["amount"],
            &payout["fee"],
            &payout["amount_without_fee"]
        ),
        (&json!(20.6), &json!(1.0), &json!(19.6))
    );
    assert_eq!(payout["recipient"]["account_name"], "Tobi Ishola");
    assert_eq!(balance(&sandbox).await, before - 20.6);

    let paid = until_paid(&sandbox, "ckpo_1", "SUCCESSFUL").await;
    let by_id = format!("/transaction/{}", payout["id"].as_str().unwrap());
    assert_eq!(sandbox.read(&by_id).await.1["data"], paid);
    assert_eq!(paid["merchant_reference"], "ckpo_1");
    assert_eq!(paid["type"], "payout");

    let told = receiver.until(2).await;
    assert!(told.iter().all(|one| one.path == "/payout"));
    let of_type = |name: &str| {
        let mut events = told.iter().map(|one| one.json());
        events.find(|event| event["type"] == name).unwrap()
    };
    let (began, ended) = (of_type("payout_initiated"), of_type("payout"));
    assert_eq!(began["event_id"], ended["event_id"]);
    assert_eq!(began["transaction_status"], "PENDING");
    assert_eq!(ended["transaction_status"], "SUCCESSFUL");
    assert_eq!(ended["transaction_id"], payout["id"]);
    assert_eq!(ended["merchant_reference"], "ckpo_1");
    assert_eq!(ended["transaction_amount"], 20.6);
    assert_eq!(ended["customer_id"], customer);
    assert!(ended["extras"]["interac_instruction"]["answer"].is_number());
    assert!(ended["extras"]["interac_reference"].is_string());
    assert!(began["extras"].get("interac_reference").is_none());
}

#[tokio::test]
async fn a_merchant_reference_is_used_once_even_at_the_same_time() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    let payout = interac(&sandbox, &customer, "ckpo_1").await;
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let request = sandbox.request(Method::POST, "/api/external/payout");
            tokio::spawn(request.json(&payout).send())
        })
        .collect();
    let mut codes = Vec::new();
    for attempt in attempts {
        codes.push(attempt.await.unwrap().unwrap().status().as_u16());
    }
    codes.sort_unstable();
    assert_eq!(codes, [200, 422, 422, 422, 422, 422, 422, 422]);
    let (_, body) = pay(&sandbox, &payout).await;
    assert!(body["errors"]["merchant_reference"].is_array(), "{body}");
    assert_eq!(sandbox.kept("payouts").await.len(), 1);
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(pay(&sandbox, &payout).await.0, 422);
}

#[tokio::test]
async fn a_lenient_sandbox_pays_twice() {
    let sandbox = Sandbox::with(|options| options.repeated_payouts = RepeatedPayouts::Accept).await;
    let customer = sandbox.verified("a@example.com").await;
    let payout = interac(&sandbox, &customer, "ckpo_1").await;
    let before = balance(&sandbox).await;
    for _ in 0..2 {
        assert_eq!(pay(&sandbox, &payout).await.0, 200);
    }
    assert_eq!(balance(&sandbox).await, before - 2.0 * 20.6);
}

#[tokio::test]
async fn bad_payouts_are_refused_field_by_field() {
    let sandbox = Sandbox::start().await;
    let customer = sandbox.verified("a@example.com").await;
    let good = interac(&sandbox, &customer, "ckpo_1").await;
    for (field, change) in [
        ("wallet_id", json!({ "wallet_id": customer })),
        ("customer_id", json!({ "customer_id": "x" })),
        ("method", json!({ "method": null })),
        ("from_currency_id", json!({ "from_currency_id": null })),
        ("to_currency_id", json!({ "to_currency_id": "XXX" })),
        ("from_amount", json!({ "to_amount": null })),
        ("from_amount", json!({ "from_amount": 5 })),
        ("to_amount", json!({ "to_amount": "19.60" })),
        ("to_amount", json!({ "to_amount": 0.001 })),
        ("to_amount", json!({ "to_amount": -1 })),
        ("email", json!({ "email": null })),
        ("interac_last_name", json!({ "interac_last_name": " " })),
        (
            "merchant_reference",
            json!({ "merchant_reference": "x".repeat(256) }),
        ),
    ] {
        let (status, body) = pay(&sandbox, &with(good.clone(), change.clone())).await;
        assert_eq!(status, 422, "{change}: {body}");
        assert!(body["errors"][field].is_array(), "{change}: {body}");
    }
    assert!(sandbox.kept("payouts").await.is_empty());
}

#[tokio::test]
async fn some_payouts_are_refused_for_what_they_are() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    let pending = sandbox.created(&individual("p@example.com")).await;
    let good = interac(&sandbox, &customer, "ckpo_1").await;
    let pounds = json!({
        "wallet_id": sandbox.wallet("GBP").await, "method": "bank_transfer",
        "from_currency_id": "GBP", "to_currency_id": "GBP", "sort_code": "000000", "account_number": "1",
        "account_name": "T", "street": "1 Way", "city": "L", "zip_code": "N1", "country": "GB",
    });
    for (why, change) in [
        ("not verified", json!({ "customer_id": pending })),
        ("insufficient", json!({ "to_amount": 9_999_999.01 })),
        (
            "greater than the fees",
            json!({ "to_amount": null, "from_amount": 1 }),
        ),
        ("pair", json!({ "to_currency_id": "NGN" })),
        ("method", json!({ "method": "crypto" })),
        (
            "not in this currency",
            json!({ "wallet_id": sandbox.wallet("USD").await }),
        ),
        ("no active virtual bank account", pounds.clone()),
    ] {
        let (status, body) = pay(&sandbox, &with(good.clone(), change)).await;
        assert_eq!(status, 400, "{why}: {body}");
        let message = body["message"].as_str().unwrap().to_lowercase();
        assert!(message.contains(why), "{why}: {message}");
    }

    let account = json!({ "customer_id": customer, "wallet_id": sandbox.wallet("GBP").await });
    let (_, body) = sandbox
        .call(Method::POST, "/virtual-bank-account", &account)
        .await;
    let path = format!("accounts/{}/decide", body["data"]["id"].as_str().unwrap());
    sandbox
        .control(&path, &json!({ "status": "SUCCESSFUL" }))
        .await;
    assert_eq!(pay(&sandbox, &with(good, pounds)).await.0, 200);
}

#[tokio::test]
async fn a_failed_payout_is_back_in_the_wallet() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    let before = balance(&sandbox).await;
    pay(&sandbox, &interac(&sandbox, &customer, "ckpo_1").await).await;
    let (status, body) = sandbox
        .control("payouts/ckpo_1/decide", &json!({ "status": "FAILED" }))
        .await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("FAILED")));
    assert_eq!(balance(&sandbox).await, before);
    assert_eq!(until_paid(&sandbox, "ckpo_1", "FAILED").await["fee"], 1.0);
    for (path, decision, code) in [
        ("payouts/ckpo_1/decide", json!({ "status": "LOST" }), 422),
        ("payouts/nobody/decide", json!({ "status": "FAILED" }), 404),
    ] {
        assert_eq!(sandbox.control(path, &decision).await.0, code);
    }
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(balance(&sandbox).await, before);
}

#[tokio::test]
async fn a_completion_that_is_due_comes_after_a_restart() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    pay(&sandbox, &interac(&sandbox, &customer, "ckpo_1").await).await;
    let sandbox = sandbox.restart_later().await;
    until_paid(&sandbox, "ckpo_1", "SUCCESSFUL").await;
}

#[tokio::test]
async fn fees_are_told_beforehand() {
    let sandbox = Sandbox::start().await;
    let path = "/fees/breakdown";
    for (amount, sent, received) in [("from_amount", 20.0, 19.0), ("to_amount", 21.0, 20.0)] {
        let wanted = json!({
            "from_currency_id": "CAD", "to_currency_id": "5", "method": "interac", amount: 20,
        });
        let (status, body) = sandbox.call(Method::POST, path, &wanted).await;
        assert_eq!(status, 200, "{body}");
        let data = &body["data"];
        assert_eq!(
            (&data["you_send"], &data["recipient_gets"]),
            (&json!(sent), &json!(received))
        );
        assert_eq!(data["total_fees"], 1.0);
        assert_eq!(data["from_currency"], "CAD");
    }
    assert_eq!(sandbox.call(Method::POST, path, &json!({})).await.0, 422);
}

#[tokio::test]
async fn transactions_are_listed_by_pages_and_filters() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    let other = sandbox.verified("b@example.com").await;
    for number in 0..11 {
        pay(
            &sandbox,
            &interac(&sandbox, &customer, &format!("a{number}")).await,
        )
        .await;
    }
    pay(&sandbox, &interac(&sandbox, &other, "b").await).await;
    sandbox
        .control("payouts/b/decide", &json!({ "status": "FAILED" }))
        .await;
    let count = async |path: &str, filters: Value| {
        let (status, body) = sandbox.call(Method::POST, path, &filters).await;
        assert_eq!(status, 200);
        (
            body["data"].as_array().unwrap().len(),
            body["meta"]["total"].as_u64().unwrap(),
        )
    };
    assert_eq!(count("/transaction", json!({})).await, (10, 12));
    assert_eq!(count("/transaction?page=2", json!({})).await, (2, 12));
    for (filters, total) in [
        (json!({ "customer_id": other }), 1),
        (json!({ "status": "FAILED" }), 1),
        (json!({ "status": "PENDING", "customer_id": other }), 0),
        (json!({ "wallet_id": sandbox.wallet("CAD").await }), 12),
        (json!({ "type": "SEND_MONEY" }), 12),
        (json!({ "type": "FUND_WALLET" }), 0),
        (json!({ "start_date": "2999-01-01" }), 0),
        (json!({ "end_date": "2000-01-01" }), 0),
    ] {
        assert_eq!(
            count("/transaction", filters.clone()).await.1,
            total,
            "{filters}"
        );
    }
    assert_eq!(sandbox.read("/transaction/nobody").await.0, 404);
    let path = format!("payouts?customer_id={other}");
    assert_eq!(sandbox.kept(&path).await.len(), 1);
}

#[tokio::test]
async fn a_payout_can_commit_without_an_answer_or_not_at_all() {
    let sandbox = Sandbox::start().await;
    let customer = sandbox.verified("a@example.com").await;
    for (fault, is_made) in [
        ("drop_before", false),
        ("drop_after_commit", true),
        ("error_500", false),
        ("error_500_after_commit", true),
    ] {
        let rule = json!({ "operation": "payout", "fault": fault, "times": 1 });
        sandbox.fault(rule).await;
        let payout = interac(&sandbox, &customer, fault).await;
        let request = sandbox.request(Method::POST, "/api/external/payout");
        let answer = request.json(&payout).send().await;
        assert!(
            answer.is_err() || answer.unwrap().status() == 500,
            "{fault}"
        );
        let (status, _) = sandbox.read(&format!("/transaction/{fault}")).await;
        assert_eq!(status == 200, is_made, "{fault}");
    }
}

#[tokio::test]
async fn a_payout_can_commit_after_its_client_has_left() {
    let sandbox = Sandbox::start().await;
    let customer = sandbox.verified("a@example.com").await;
    for fault in ["late_commit", "timeout_after_commit"] {
        let rule = json!({ "operation": "payout", "fault": fault, "times": 1, "delay_ms": 300 });
        sandbox.fault(rule).await;
        let payout = interac(&sandbox, &customer, fault).await;
        let request = sandbox
            .request(Method::POST, "/api/external/payout")
            .json(&payout);
        let request = request.timeout(std::time::Duration::from_millis(100));
        assert!(request.send().await.unwrap_err().is_timeout());
        until(async || {
            let (status, _) = sandbox.read(&format!("/transaction/{fault}")).await;
            (status == 200).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_refused_payout_names_the_merchant_reference() {
    let sandbox = Sandbox::start().await;
    let customer = sandbox.verified("a@example.com").await;
    let rule = json!({ "operation": "payout", "fault": "refuse_422", "times": 1 });
    sandbox.fault(rule).await;
    let (status, body) = pay(&sandbox, &interac(&sandbox, &customer, "ckpo_1").await).await;
    assert_eq!(status, 422);
    assert!(body["errors"]["merchant_reference"].is_array());
    assert!(sandbox.kept("payouts").await.is_empty());
}
