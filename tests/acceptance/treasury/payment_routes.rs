//! Payment routes: opened, listed, fetched, paused, activated, archived.

use reqwest::Method;
use serde_json::{Value, json};

use super::treasurer::{SCOPES, Treasurer, Words, new_key, payer};
use crate::harness::{Answer, Service, with};

const ROUTES: &str = "/v1/payment-routes";
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const SOLANA: i64 = 792_703_809;
const SOLANA_USDC: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
const POLYGON_USDC: &str = "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359";
/// Who is paid.
pub(super) const ADDRESS: &str = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F";

fn order() -> Value {
    json!({
        "name": "Rent", "originChainId": SOLANA, "destinationChainId": 137, "destinationCurrency": "USDC",
        "destinationAddress": ADDRESS,
    })
}

async fn create(caller: &Treasurer, more: &Value) -> Answer {
    caller.post(ROUTES, &with(&order(), more)).await
}

/// A new payment route.
pub(super) async fn opened(caller: &Treasurer, more: &Value) -> Value {
    create(caller, more).await.expect(201).data()
}

pub(super) fn path(route: &Value) -> String {
    format!("{ROUTES}/{}", route["id"].as_str().expect("an id"))
}

/// Takes an action under a new idempotency key: `pause`, `activate`, or `DELETE`.
pub(super) async fn act(caller: &Treasurer, path: &str, action: &str) -> Answer {
    act_as(caller, &new_key(), path, action).await
}

async fn act_as(caller: &Treasurer, key: &str, path: &str, action: &str) -> Answer {
    let request = match action {
        "DELETE" => caller.request(Method::DELETE, path),
        action => caller.request(Method::POST, &format!("{path}/{action}")),
    };
    caller.send(request.header("Idempotency-Key", key)).await
}

/// Payment routes of a list, and its total.
async fn listed(caller: &Treasurer, query: &str) -> (Vec<Value>, u64) {
    let list = caller.get(&format!("{ROUTES}{query}")).await;
    let data = list.expect(200).data();
    let routes = data["routes"].as_array().expect("a list").clone();
    (routes, data["total"].as_u64().expect("a number"))
}

#[tokio::test]
async fn a_route_is_opened_for_the_primary_customer() {
    let caller = Treasurer::of_new_organisation().await;
    let (customers, _) = caller.customers("").await;
    let route = opened(&caller, &json!({ "unknown": [1] })).await;
    let expected = json!({
        "id": route["id"], "name": "Rent", "status": "active", "customerId": customers[0]["id"],
        "customerName": "Acme", "origin": {
            "chainId": SOLANA, "chainName": "Solana", "currency": SOLANA_USDC, "symbol": "USDC",
            "acceptableTokens": [{ "symbol": "USDC", "address": SOLANA_USDC }],
        },
        "destination": {
            "chainId": 137, "chainName": "Polygon", "currency": POLYGON_USDC, "symbol": "USDC", "address": ADDRESS,
        },
        "refundTo": null, "depositAddress": route["depositAddress"], "relayRequestId": route["relayRequestId"],
        "strict": false, "createdAt": route["createdAt"], "updatedAt": route["createdAt"],
    });
    assert_eq!(route, expected);
    let found = caller.get(&path(&route)).await.expect(200);
    assert_eq!(found.message(), "Payment route fetched");
    assert_eq!(found.data(), route);
    let other = opened(&caller, &json!({})).await;
    assert_ne!(other["depositAddress"], route["depositAddress"]);
}

#[tokio::test]
async fn a_route_may_name_everything() {
    let caller = Treasurer::of_new_organisation().await;
    let customer = caller.post("/v1/customers", &payer()).await.data();
    let more = json!({
        "name": "  Rent and fees ", "originCurrency": SOLANA_USDC, "destinationCurrency": POLYGON_USDC.to_lowercase(),
        "refundTo": SOLANA_USDC, "strict": true, "customerId": customer["id"],
    });
    let route = opened(&caller, &more).await;
    assert_eq!(route["name"], "Rent and fees");
    assert_eq!(route["refundTo"], SOLANA_USDC);
    assert_eq!(route["strict"], true);
    assert_eq!(route["customerId"], customer["id"]);
    assert_eq!(route["customerName"], customer["name"]);
}

#[tokio::test]
async fn malformed_orders_are_refused_field_by_field() {
    let caller = Treasurer::of_new_organisation().await;
    let refused = caller.post(ROUTES, &json!({})).await;
    refused.expect_invalid(&[
        "destinationAddress",
        "destinationChainId",
        "destinationCurrency",
        "name",
        "originChainId",
    ]);
    for (field, value) in [
        ("name", json!("x")),
        ("name", json!("x".repeat(81))),
        ("name", json!(1)),
        ("originChainId", json!(0)),
        ("originChainId", json!("1")),
        ("destinationChainId", json!(1.5)),
        ("destinationCurrency", json!("USD")),
        ("destinationAddress", json!("0x71C76")),
        ("originCurrency", json!("x".repeat(129))),
        ("refundTo", json!("")),
        ("strict", json!("true")),
        ("customerId", json!(1)),
    ] {
        let refused = create(&caller, &json!({ field: value })).await;
        refused.expect_invalid(&[field]);
    }
    assert_eq!(listed(&caller, "").await, (Vec::new(), 0));
}

#[tokio::test]
async fn orders_that_nobody_serves_are_refused() {
    let caller = Treasurer::of_new_organisation().await;
    for (more, message) in [
        (
            json!({ "destinationChainId": 42 }),
            "Corridor 792703809/42 is not supported",
        ),
        (
            json!({ "originChainId": 137 }),
            "Corridor 137/137 is not supported",
        ),
        (
            json!({ "originCurrency": "EURC" }),
            "Currency EURC is not supported on chain 792703809",
        ),
        (
            json!({ "destinationCurrency": "EURC" }),
            "Currency EURC is not supported on chain 137",
        ),
    ] {
        create(&caller, &more).await.expect_message(422, message);
    }
    for nobody in [UNKNOWN, "x", ""] {
        let refused = create(&caller, &json!({ "customerId": nobody })).await;
        refused.expect_message(404, "Customer not found");
    }
}

#[tokio::test]
async fn a_route_is_paused_activated_and_archived() {
    let caller = Treasurer::of_new_organisation().await;
    let route = opened(&caller, &json!({})).await;
    let path = path(&route);
    let already = |status: &str| format!("Payment route is already {status}");
    for (action, message, status) in [
        ("pause", "Payment route paused", "paused"),
        ("activate", "Payment route activated", "active"),
        ("DELETE", "Payment route archived", "archived"),
    ] {
        let done = act(&caller, &path, action).await.expect(200);
        assert_eq!(done.message(), message);
        assert_eq!(done.data()["status"], status);
        assert_eq!(caller.get(&path).await.data(), done.data());
        let again = act(&caller, &path, action).await;
        again.expect_message(409, &already(status));
    }
    for action in ["pause", "activate", "DELETE"] {
        let late = act(&caller, &path, action).await;
        late.expect_message(409, &already("archived"));
    }
    let (routes, total) = listed(&caller, "").await;
    assert_eq!((&routes[0]["status"], total), (&json!("archived"), 1));
}

#[tokio::test]
async fn of_several_actions_at_once_one_is_taken() {
    let caller = Treasurer::of_new_organisation().await;
    let path = path(&opened(&caller, &json!({})).await);
    let pauses = (0..6).map(|_| act(&caller, &path, "pause"));
    let answers = futures_util::future::join_all(pauses).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let caller = Treasurer::of_new_organisation().await;
    for id in [UNKNOWN, "x", "01890a5dac96774bbcceb302099a8057"] {
        let path = format!("{ROUTES}/{id}");
        for unknown in [
            caller.get(&path).await,
            caller.get(&format!("{path}/deposits")).await,
            act(&caller, &path, "pause").await,
            act(&caller, &path, "activate").await,
            act(&caller, &path, "DELETE").await,
            act(&caller, &path, "deposits/sync").await,
        ] {
            unknown.expect_message(404, "Payment route not found");
        }
    }
}

#[tokio::test]
async fn a_repeated_request_has_its_first_answer() {
    let caller = Treasurer::of_new_organisation().await;
    let key = new_key();
    let first = caller.post_as(&key, ROUTES, &order()).await.expect(201);
    let again = caller.post_as(&key, ROUTES, &order()).await.expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = with(&order(), &json!({ "name": "Other" }));
    for body in [&other, &json!({})] {
        let again = caller.post_as(&key, ROUTES, body).await.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotent-replayed"), "mismatch");
    }
    assert_eq!(listed(&caller, "").await.1, 1);

    let (path, key) = (path(&first.data()), new_key());
    let paused = act_as(&caller, &key, &path, "pause").await.expect(200);
    act(&caller, &path, "activate").await.expect(200);
    let again = act_as(&caller, &key, &path, "pause").await.expect(200);
    assert_eq!(again.text, paused.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(caller.get(&path).await.data()["status"], "active");
    // A refusal is not kept.
    let key = new_key();
    act_as(&caller, &key, &path, "activate").await.expect(409);
    act(&caller, &path, "pause").await.expect(200);
    act_as(&caller, &key, &path, "activate").await.expect(200);
}

#[tokio::test]
async fn lists_are_newest_first_and_filtered() {
    let caller = Treasurer::of_new_organisation().await;
    let customer = caller.post("/v1/customers", &payer()).await.data();
    let first = opened(&caller, &json!({})).await;
    let second = opened(&caller, &json!({ "customerId": customer["id"] })).await;
    assert_eq!(
        listed(&caller, "?page=1").await,
        (vec![second.clone(), first], 2)
    );
    let of = |id: &str| format!("?customerId={id}");
    let theirs = listed(&caller, &of(customer["id"].as_str().unwrap())).await;
    assert_eq!(theirs, (vec![second], 1));
    assert_eq!(listed(&caller, &of(UNKNOWN)).await, (Vec::new(), 0));
    for list in [ROUTES, "/v1/payment-routes/deposits", "/v1/transactions"] {
        for malformed in ["x", "", "01890a5dac96774bbcceb302099a8057"] {
            let refused = caller.get(&format!("{list}?customerId={malformed}")).await;
            refused.expect_invalid(&["customerId"]);
        }
    }
}

#[tokio::test]
async fn the_network_is_told() {
    let caller = Treasurer::of_new_organisation().await;
    let get = async |what: &str| {
        caller
            .get(&format!("{ROUTES}/{what}"))
            .await
            .expect(200)
            .data()
    };
    let chain = |id: i64, name: &str, display: &str, vm: &str| json!({ "chainId": id, "name": name, "displayName": display, "vmType": vm });
    let chains = json!([
        chain(SOLANA, "solana", "Solana", "svm"),
        chain(137, "polygon", "Polygon", "evm"),
        chain(8453, "base", "Base", "evm"),
        chain(1, "ethereum", "Ethereum", "evm"),
    ]);
    assert_eq!(get("chains").await, chains);
    let corridors = get("corridors").await;
    assert_eq!(
        corridors["settlements"][0],
        json!({ "chainId": SOLANA, "symbol": "USDC", "address": SOLANA_USDC })
    );
    assert_eq!(corridors["corridors"].as_array().unwrap().len(), 12);
    assert_eq!(
        corridors["corridors"][0],
        json!({ "originChainId": SOLANA, "destinationChainId": 137, "label": "Solana → Polygon" })
    );
    let currencies = get("currencies").await;
    assert_eq!(
        currencies["settlements"][1],
        json!({ "chainId": 137, "currencies": [{ "symbol": "USDC", "address": POLYGON_USDC }] })
    );
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let service = Service::shared().await;
    let (own, other) = (service.organisation(), service.organisation());
    let caller = Treasurer::of(&service, &own, "test", &SCOPES);
    let route = opened(&caller, &json!({})).await;
    let path = path(&route);
    for (organisation, env) in [(&own, "live"), (&other, "test"), (&other, "live")] {
        let stranger = Treasurer::of(&service, organisation, env, &SCOPES);
        for unknown in [
            stranger.get(&path).await,
            stranger.get(&format!("{path}/deposits")).await,
            act(&stranger, &path, "pause").await,
            act(&stranger, &path, "DELETE").await,
            act(&stranger, &path, "deposits/sync").await,
        ] {
            unknown.expect_message(404, "Payment route not found");
        }
        assert_eq!(listed(&stranger, "").await, (Vec::new(), 0));
        let of = format!("?customerId={}", route["customerId"].as_str().unwrap());
        assert_eq!(listed(&stranger, &of).await, (Vec::new(), 0));
        if env == "test" {
            let theirs = json!({ "customerId": route["customerId"] });
            let refused = create(&stranger, &theirs).await;
            refused.expect_message(404, "Customer not found");
        }
    }
    assert_eq!(caller.get(&path).await.data(), route);
}

#[tokio::test]
async fn live_has_no_provider_and_pretends_nothing() {
    let service = Service::shared().await;
    let live = Treasurer::of(&service, &service.organisation(), "live", &SCOPES);
    let message = "No liquidity provider is configured for live";
    create(&live, &json!({})).await.expect_message(503, message);
    for what in ["chains", "corridors", "currencies"] {
        let answer = live.get(&format!("{ROUTES}/{what}")).await;
        answer.expect_message(503, message);
    }
    assert_eq!(listed(&live, "").await, (Vec::new(), 0));
}
