//! Swaps: opened, listed, fetched, cancelled.

use std::slice;

use reqwest::Method;
use serde_json::{Value, json};

use super::treasurer::{SCOPES, Treasurer, Words, new_key, payer};
use crate::harness::{Answer, Service, with};

/// A token account of Solana.
pub(super) const DESTINATION: &str = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

pub(super) fn order() -> Value {
    json!({ "from": "USDC", "to": "EURC", "amount": 100.5, "destinationAddress": DESTINATION })
}

/// A new swap.
pub(super) async fn opened(caller: &Treasurer, more: &Value) -> Value {
    let body = with(&order(), more);
    caller.post("/v1/swaps", &body).await.expect(201).data()
}

pub(super) fn id(swap: &Value) -> &str {
    swap["id"].as_str().expect("an id")
}

/// Swaps of a list, and its total.
async fn listed(caller: &Treasurer, query: &str) -> (Vec<Value>, u64) {
    let data = caller
        .get(&format!("/v1/swaps{query}"))
        .await
        .expect(200)
        .data();
    let swaps = data["swaps"].as_array().expect("a list").clone();
    (swaps, data["total"].as_u64().expect("a number"))
}

pub(super) async fn cancel(caller: &Treasurer, id: &str) -> Answer {
    cancel_as(caller, &new_key(), id).await
}

async fn cancel_as(caller: &Treasurer, key: &str, id: &str) -> Answer {
    let path = format!("/v1/swaps/{id}/cancel");
    let request = caller.request(Method::POST, &path);
    caller.send(request.header("Idempotency-Key", key)).await
}

/// A body whose amount is this literal, which a JSON library might change.
fn with_amount(literal: &str) -> String {
    format!(
        r#"{{"from":"USDC","to":"EURC","amount":{literal},"destinationAddress":"{DESTINATION}"}}"#
    )
}

async fn post_text(caller: &Treasurer, body: String) -> Answer {
    let request = caller
        .request(Method::POST, "/v1/swaps")
        .header("Idempotency-Key", new_key())
        .header("Content-Type", "application/json");
    caller.send(request.body(body)).await
}

#[tokio::test]
async fn a_swap_waits_for_its_deposit() {
    let caller = Treasurer::of_new_organisation().await;
    let (customers, _) = caller.customers("").await;
    let swap = opened(&caller, &json!({})).await;
    let expected = json!({
        "id": swap["id"], "customerId": customers[0]["id"], "customerName": "Acme", "status": "awaiting_deposit",
        "from": "USDC", "to": "EURC", "amount": 100.5, "expectedAmount": "100500000", "receivedAmount": null,
        "outputAmount": null, "rate": 0.92, "feeBps": 30, "depositAddress": swap["depositAddress"],
        "depositWallet": swap["depositWallet"], "destinationAddress": DESTINATION, "swapTxSignature": null,
        "payoutTxSignature": null, "errorMessage": null, "expiresAt": swap["expiresAt"], "completedAt": null,
        "createdAt": swap["createdAt"], "updatedAt": swap["createdAt"], "expectedOutput": 92.46,
        "receivedOutput": null,
    });
    assert_eq!(swap, expected);
    let path = format!("/v1/swaps/{}", id(&swap));
    let fetched = caller.get(&path).await.expect(200).data();
    for settled_meanwhile in ["status", "updatedAt"] {
        assert!(fetched[settled_meanwhile].is_string());
    }
    assert_eq!(fetched["depositAddress"], swap["depositAddress"]);
}

#[tokio::test]
async fn amounts_are_exact_to_the_last_digit() {
    let caller = Treasurer::of_new_organisation().await;
    for (literal, shown, units, output) in [
        ("0.1", "0.1", "100000", "0.092"),
        ("1e-6", "0.000001", "1", "0"),
        ("1E9", "1000000000", "1000000000000000", "920000000"),
        (
            "900000000.000001",
            "900000000.000001",
            "900000000000001",
            "828000000",
        ),
        ("100.500000", "100.5", "100500000", "92.46"),
    ] {
        let answer = post_text(&caller, with_amount(literal)).await.expect(201);
        for part in [
            format!(r#""amount":{shown},"#),
            format!(r#""expectedAmount":"{units}""#),
            format!(r#""expectedOutput":{output},"#),
        ] {
            assert!(answer.text.contains(&part), "{part}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn everything_else_is_refused_field_by_field() {
    let caller = Treasurer::of_new_organisation().await;
    let all = ["amount", "destinationAddress", "from", "to"];
    caller
        .post("/v1/swaps", &json!({}))
        .await
        .expect_invalid(&all);
    for (field, values) in [
        (
            "from",
            vec![json!("U"), json!("12345678901"), json!(1), json!(null)],
        ),
        ("to", vec![json!(""), json!(["EURC"])]),
        (
            "amount",
            vec![json!(0), json!(-1), json!("100"), json!(true), json!(null)],
        ),
        (
            "destinationAddress",
            vec![
                json!("1".repeat(31)),
                json!("1".repeat(65)),
                json!("0".repeat(40)),
                json!(1),
            ],
        ),
        ("customerId", vec![json!(1), json!(null)]),
    ] {
        for value in values {
            let body = with(&order(), &json!({ field: value }));
            caller
                .post("/v1/swaps", &body)
                .await
                .expect_invalid(&[field]);
        }
    }
    for literal in [
        "0.0000001",
        "1000000000.000001",
        "1e10",
        "-0",
        "1e999999999999",
    ] {
        let answer = post_text(&caller, with_amount(literal)).await;
        answer.expect_invalid(&["amount"]);
    }
    assert_eq!(listed(&caller, "").await, (vec![], 0));
}

#[tokio::test]
async fn a_pair_is_judged_after_the_fields() {
    let caller = Treasurer::of_new_organisation().await;
    for (from, to) in [("USDC", "XYZ"), ("USDC", "USDC"), ("usdc", "eurc")] {
        let body = with(&order(), &json!({ "from": from, "to": to }));
        let message = format!("Swap pair {from}/{to} is not supported");
        caller
            .post("/v1/swaps", &body)
            .await
            .expect_message(422, &message);
        let also_wrong = with(&body, &json!({ "amount": 0 }));
        caller
            .post("/v1/swaps", &also_wrong)
            .await
            .expect_invalid(&["amount"]);
    }
    let back = opened(
        &caller,
        &json!({ "from": "EURC", "to": "USDC", "amount": 1 }),
    )
    .await;
    assert_eq!(
        (&back["rate"], &back["expectedOutput"]),
        (&json!(1.086957), &json!(1.086957))
    );
}

#[tokio::test]
async fn a_swap_belongs_to_a_customer_of_the_tenant() {
    let caller = Treasurer::of_new_organisation().await;
    let customer = caller
        .post("/v1/customers", &payer())
        .await
        .expect(201)
        .data();
    let theirs = opened(&caller, &json!({ "customerId": customer["id"] })).await;
    assert_eq!(
        (&theirs["customerId"], &theirs["customerName"]),
        (&customer["id"], &customer["name"])
    );
    let primarys = opened(&caller, &json!({})).await;
    let stranger = Treasurer::of_new_organisation().await;
    let foreign = stranger
        .post("/v1/customers", &payer())
        .await
        .expect(201)
        .data();
    for nobody in [foreign["id"].clone(), json!(UNKNOWN), json!("x"), json!("")] {
        let body = with(&order(), &json!({ "customerId": nobody }));
        let answer = caller.post("/v1/swaps", &body).await;
        answer.expect_message(404, "Customer not found");
    }

    let ids = async |query: &str| -> Vec<Value> {
        let (swaps, total) = listed(&caller, query).await;
        assert_eq!(swaps.len() as u64, total);
        swaps.iter().map(|swap| swap["id"].clone()).collect()
    };
    let (theirs, primarys) = (&theirs["id"], &primarys["id"]);
    assert_eq!(ids("").await, [primarys.clone(), theirs.clone()]);
    let filter = |id: &Value| format!("?customerId={}", id.as_str().unwrap());
    assert_eq!(
        &ids(&filter(&customer["id"])).await,
        slice::from_ref(theirs)
    );
    for nobody in [&foreign["id"], &json!(UNKNOWN)] {
        assert_eq!(ids(&filter(nobody)).await, [] as [Value; 0]);
    }
    // A UUID, but no id of ours.
    assert_eq!(
        ids(&format!("?customerId={}", UNKNOWN.replace("-7", "-4"))).await,
        [] as [Value; 0]
    );
    for malformed in ["x", "", &UNKNOWN.replace('-', "")] {
        let answer = caller
            .get(&format!("/v1/swaps?customerId={malformed}"))
            .await;
        answer.expect_invalid(&["customerId"]);
    }
}

#[tokio::test]
async fn a_list_is_cut_at_50_and_counts_all() {
    let caller = Treasurer::of_new_organisation().await;
    let mut made = Vec::new();
    for _ in 0..52 {
        made.push(opened(&caller, &json!({})).await["id"].clone());
    }
    made.reverse();
    let (swaps, total) = listed(&caller, "?limit=1000&unknown=1").await;
    let ids: Vec<_> = swaps.iter().map(|swap| swap["id"].clone()).collect();
    assert_eq!((&ids[..], total), (&made[..50], 52));
}

#[tokio::test]
async fn a_key_opens_one_swap_and_its_answer_is_repeated() {
    let caller = Treasurer::of_new_organisation().await;
    let key = new_key();
    let first = caller
        .post_as(&key, "/v1/swaps", &order())
        .await
        .expect(201);
    let again = caller
        .post_as(&key, "/v1/swaps", &order())
        .await
        .expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    for other in [with(&order(), &json!({ "amount": 1 })), json!({})] {
        let mismatch = caller.post_as(&key, "/v1/swaps", &other).await.expect(201);
        assert_eq!(mismatch.text, first.text);
        assert_eq!(mismatch.header("idempotent-replayed"), "mismatch");
    }
    assert_eq!(listed(&caller, "").await.1, 1);
    // A refusal binds nothing.
    let key = new_key();
    caller
        .post_as(&key, "/v1/swaps", &json!({}))
        .await
        .expect(422);
    caller
        .post_as(&key, "/v1/swaps", &order())
        .await
        .expect(201);
}

#[tokio::test]
async fn twins_open_one_swap() {
    let caller = Treasurer::of_new_organisation().await;
    let (key, order) = (new_key(), order());
    let twin = || caller.post_as(&key, "/v1/swaps", &order);
    let (one, two, three) = tokio::join!(twin(), twin(), twin());
    for other in [&two, &three] {
        assert_eq!((other.status, &other.text), (201, &one.text));
    }
    assert_eq!(listed(&caller, "").await.1, 1);
}

#[tokio::test]
async fn only_what_waits_for_its_deposit_is_cancelled() {
    let service = Service::with(&[("VOUCH_SANDBOX_SETTLE_MS", "0")]).await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let swap = opened(&caller, &json!({})).await;
    let key = new_key();
    let cancelled = cancel_as(&caller, &key, id(&swap)).await.expect(200);
    assert_eq!(cancelled.data()["status"], "cancelled");
    let again = cancel_as(&caller, &key, id(&swap)).await.expect(200);
    assert_eq!(again.text, cancelled.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let refusal = "Only pending swaps can be cancelled";
    cancel(&caller, id(&swap))
        .await
        .expect_message(409, refusal);

    let swap = opened(&caller, &json!({})).await;
    let simulation = json!({ "provider": "relay", "id": swap["id"] });
    caller
        .post("/v1/sandbox/simulate", &simulation)
        .await
        .expect(200);
    cancel(&caller, id(&swap))
        .await
        .expect_message(409, refusal);
    for unknown in [UNKNOWN, "x", "%00"] {
        cancel(&caller, unknown)
            .await
            .expect_message(404, "Swap not found");
    }
}

#[tokio::test]
async fn of_a_deposit_and_a_cancellation_one_wins() {
    let service = Service::with(&[("VOUCH_SANDBOX_SETTLE_MS", "0")]).await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    for _ in 0..10 {
        let swap = opened(&caller, &json!({})).await;
        let simulation = json!({ "provider": "relay", "id": swap["id"] });
        let (cancelled, simulated) = tokio::join!(
            cancel(&caller, id(&swap)),
            caller.post("/v1/sandbox/simulate", &simulation)
        );
        let expected = match (cancelled.status, simulated.status) {
            (200, 404) => "cancelled",
            (409, 200) => "completed",
            other => panic!("both or none: {other:?}"),
        };
        let path = format!("/v1/swaps/{}", id(&swap));
        assert_eq!(caller.get(&path).await.data()["status"], expected);
    }
}

#[tokio::test]
async fn tenants_do_not_meet() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let swap = opened(&caller, &json!({})).await;
    let stranger = service.organisation();
    for (organisation, env) in [(&stranger, "test"), (&organisation, "live")] {
        let other = Treasurer::of(&service, organisation, env, &SCOPES);
        let path = format!("/v1/swaps/{}", id(&swap));
        other.get(&path).await.expect_message(404, "Swap not found");
        cancel(&other, id(&swap))
            .await
            .expect_message(404, "Swap not found");
        assert_eq!(listed(&other, "").await, (vec![], 0));
        let filter = format!("?customerId={}", swap["customerId"].as_str().unwrap());
        assert_eq!(listed(&other, &filter).await, (vec![], 0));
    }
}

#[tokio::test]
async fn live_swaps_are_not_pretended() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let live = Treasurer::of(&service, &organisation, "live", &SCOPES);
    let refusal = "No liquidity provider is configured for live";
    live.post("/v1/swaps", &order())
        .await
        .expect_message(503, refusal);
    live.post("/v1/swaps", &json!({})).await.expect(422);
}
