//! Deposits: simulated, listed, held back while their route is paused.

use serde_json::{Value, json};

use super::{
    payment_routes::{ADDRESS, act, opened, path},
    treasurer::{SCOPES, Treasurer, Words, payer},
};
use crate::harness::{Answer, Service, eventually, with};

pub(super) async fn simulate(caller: &Treasurer, route: &Value, more: &Value) -> Answer {
    let simulation = json!({ "provider": "relay", "id": route["id"] });
    let body = with(&simulation, more);
    caller.post("/v1/sandbox/simulate", &body).await
}

/// A deposit that has just arrived.
pub(super) async fn arrived(caller: &Treasurer, route: &Value, more: &Value) -> Value {
    let answer = simulate(caller, route, more).await.expect(200);
    assert_eq!(answer.message(), "Simulation applied");
    answer.data()
}

/// Deposits of a list, and its total.
async fn listed(caller: &Treasurer, path: &str) -> (Vec<Value>, u64) {
    let data = caller.get(path).await.expect(200).data();
    let deposits = data["deposits"].as_array().expect("a list").clone();
    (deposits, data["total"].as_u64().expect("a number"))
}

async fn of_route(caller: &Treasurer, route: &Value) -> (Vec<Value>, u64) {
    listed(caller, &format!("{}/deposits", path(route))).await
}

async fn synced(caller: &Treasurer, route: &Value) -> Value {
    let answer = act(caller, &path(route), "deposits/sync").await;
    let answer = answer.expect(200);
    assert_eq!(answer.message(), "Payment route deposits synced");
    assert_eq!(answer.data()["routeId"], route["id"]);
    answer.data()["synced"].clone()
}

#[tokio::test]
async fn a_deposit_is_passed_on_at_once() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    let deposit = arrived(&caller, &route, &json!({ "amount": 12.5 })).await;
    let expected = json!({
        "id": deposit["id"], "paymentRouteId": route["id"], "routeName": "Rent",
        "relayRequestId": deposit["relayRequestId"], "status": "success",
        "origin": { "chainId": 792_703_809, "symbol": "USDC" }, "destination": { "chainId": 137, "symbol": "USDC" },
        "amountIn": "12.5", "amountInUsd": "12.5", "amountOut": "12.5", "amountOutUsd": "12.5",
        "depositTxHash": deposit["depositTxHash"], "inTxHashes": [deposit["depositTxHash"]],
        "outTxHashes": deposit["outTxHashes"], "failReason": null, "relayUpdatedAt": deposit["createdAt"],
        "createdAt": deposit["createdAt"],
    });
    assert_eq!(deposit, expected);
    assert_eq!(deposit["outTxHashes"].as_array().unwrap().len(), 1);
    assert_eq!(of_route(&caller, &route).await, (vec![deposit], 1));
    assert_eq!(synced(&caller, &route).await, 0);
}

#[tokio::test]
async fn a_deposit_may_fail() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    let failed = arrived(&caller, &route, &json!({ "status": "failed" })).await;
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["amountIn"], "100");
    assert_eq!(failed["amountOut"], "0");
    assert_eq!(failed["outTxHashes"], json!([]));
    assert_eq!(
        failed["failReason"],
        "The payout to the destination address could not be carried out."
    );
}

#[tokio::test]
async fn a_paused_route_holds_its_deposits_back() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    let path = path(&route);
    act(&caller, &path, "pause").await.expect(200);
    let good = arrived(&caller, &route, &json!({ "amount": 7 })).await;
    let bad = arrived(&caller, &route, &json!({ "status": "failed" })).await;
    assert_eq!(
        (&good["status"], &bad["status"]),
        (&json!("pending"), &json!("pending"))
    );
    for pending in [&good, &bad] {
        assert_eq!(pending["amountOut"], "0");
        assert_eq!(pending["amountOutUsd"], "0");
        assert_eq!(pending["outTxHashes"], json!([]));
    }
    assert_eq!(synced(&caller, &route).await, 0);
    assert_eq!(
        of_route(&caller, &route).await,
        (vec![bad.clone(), good.clone()], 2)
    );
    act(&caller, &path, "activate").await.expect(200);
    // By themselves, without a sync.
    let passed_on = eventually("deposits passed on", async || {
        let (deposits, _) = of_route(&caller, &route).await;
        let is_pending = |deposit: &Value| deposit["status"] == "pending";
        (!deposits.iter().any(is_pending)).then_some(deposits)
    })
    .await;
    assert_eq!(passed_on[0]["status"], "failed");
    assert_eq!(passed_on[1]["status"], "success");
    for (before, after) in [(&bad, &passed_on[0]), (&good, &passed_on[1])] {
        for kept in [
            "id",
            "relayRequestId",
            "amountIn",
            "depositTxHash",
            "createdAt",
        ] {
            assert_eq!(before[kept], after[kept], "{kept}");
        }
    }
}

#[tokio::test]
async fn an_archived_route_takes_no_deposits() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    act(&caller, &path(&route), "DELETE").await.expect(200);
    let refused = simulate(&caller, &route, &json!({})).await;
    refused.expect_message(409, "Payment route is already archived");
}

#[tokio::test]
async fn what_had_arrived_when_a_route_was_archived_is_passed_on() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    let path = path(&route);
    act(&caller, &path, "pause").await.expect(200);
    arrived(&caller, &route, &json!({ "amount": 7 })).await;
    act(&caller, &path, "DELETE").await.expect(200);
    let passed_on = eventually("a deposit passed on", async || {
        let (deposits, _) = of_route(&caller, &route).await;
        (deposits[0]["status"] != "pending").then(|| deposits[0].clone())
    });
    let passed_on = passed_on.await;
    assert_eq!(passed_on["status"], "success");
    assert_eq!(passed_on["amountOut"], "7");
}

#[tokio::test]
async fn lists_are_newest_first_and_filtered() {
    let caller = Treasurer::of_new_organisation().await;
    let customer = caller.post("/v1/customers", &payer()).await.data();
    let route = opened(&caller, &json!({})).await;
    let theirs = opened(
        &caller,
        &json!({ "customerId": customer["id"], "name": "Fees" }),
    )
    .await;
    let first = arrived(&caller, &route, &json!({})).await;
    let second = arrived(&caller, &theirs, &json!({})).await;
    assert_eq!(second["routeName"], "Fees");
    let all = "/v1/payment-routes/deposits";
    assert_eq!(
        listed(&caller, all).await,
        (vec![second.clone(), first.clone()], 2)
    );
    assert_eq!(of_route(&caller, &route).await, (vec![first], 1));
    let of = |id: &str| format!("{all}?customerId={id}");
    let found = listed(&caller, &of(customer["id"].as_str().unwrap())).await;
    assert_eq!(found, (vec![second], 1));
    let unknown = of("01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(listed(&caller, &unknown).await, (Vec::new(), 0));
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let service = Service::shared().await;
    let (own, other) = (service.organisation(), service.organisation());
    let caller = Treasurer::of(&service, &own, "test", &SCOPES);
    let route = opened(&caller, &json!({})).await;
    arrived(&caller, &route, &json!({})).await;
    for (organisation, env) in [(&own, "live"), (&other, "test")] {
        let stranger = Treasurer::of(&service, organisation, env, &SCOPES);
        for list in [
            "/v1/payment-routes/deposits",
            "/v1/payment-routes/deposits?x=1",
        ] {
            assert_eq!(listed(&stranger, list).await, (Vec::new(), 0));
        }
        let ledger = stranger.get("/v1/transactions").await.data();
        assert_eq!(ledger, json!({ "transactions": [], "total": 0 }));
    }
    let stranger = Treasurer::of(&service, &other, "test", &SCOPES);
    let refused = simulate(&stranger, &route, &json!({})).await;
    refused.expect_message(404, "Simulated request not found");
}

#[tokio::test]
async fn a_deposit_and_a_swap_have_receipts_in_the_ledger() {
    let caller = Treasurer::of_new_organisation().await;
    let customer = caller.post("/v1/customers", &payer()).await.data();
    let id = customer["id"].as_str().unwrap();
    let route = opened(&caller, &json!({ "customerId": id })).await;
    let swap = super::swaps::opened(&caller, &json!({ "customerId": id })).await;
    let deposit = arrived(&caller, &route, &json!({ "amount": 20 })).await;
    let swap = simulate(&caller, &swap, &json!({}))
        .await
        .expect(200)
        .data();
    super::swaps::opened(&caller, &json!({})).await;

    let all = caller.get("/v1/transactions").await.expect(200).data();
    assert_eq!(all["total"], 3);
    let (customers, _) = caller.customers("").await;
    assert_eq!(all["transactions"][0]["customerId"], customers[1]["id"]);
    assert_eq!(all["transactions"][0]["status"], "awaiting_deposit");

    let path = format!("/v1/transactions?customerId={id}");
    let theirs = caller.get(&path).await.expect(200).data();
    let expected = json!({ "total": 2, "transactions": [
        {
            "id": deposit["id"], "kind": "payment_route", "customerId": id, "customerName": customer["name"],
            "status": "success", "destination": format!("Polygon · USDC → {ADDRESS}"), "amount": "20 USDC",
            "amountUsd": "20", "createdAt": deposit["createdAt"], "receipt": {
                "type": "payment_route_deposit", "depositId": deposit["id"],
                "relayRequestId": deposit["relayRequestId"], "routeId": route["id"], "routeName": "Rent",
                "status": "success", "depositTxHash": deposit["depositTxHash"],
                "origin": {
                    "chainId": 792_703_809, "chainName": "Solana", "symbol": "USDC", "amount": "20", "amountUsd": "20",
                },
                "destination": {
                    "chainId": 137, "chainName": "Polygon", "symbol": "USDC", "address": ADDRESS, "amount": "20",
                    "amountUsd": "20",
                },
            },
        },
        {
            "id": swap["id"], "kind": "swap", "customerId": id, "customerName": customer["name"],
            "status": "completed", "destination": format!("EURC → {}", super::swaps::DESTINATION),
            "amount": "100.5 USDC", "amountUsd": null, "createdAt": swap["createdAt"], "receipt": {
                "type": "swap", "swapId": swap["id"], "status": "completed",
                "swapTxSignature": swap["swapTxSignature"], "payoutTxSignature": swap["payoutTxSignature"],
            },
        },
    ] });
    assert_eq!(theirs, expected);
    let unknown = "/v1/transactions?customerId=01890a5d-ac96-774b-bcce-b302099a8057";
    let nothing = caller.get(unknown).await.expect(200).data();
    assert_eq!(nothing, json!({ "transactions": [], "total": 0 }));
}
