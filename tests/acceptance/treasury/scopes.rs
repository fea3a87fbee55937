//! Every route with every scope. The routes are those of the published document, which is made from the route table: a
//! new route without a row here fails.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::treasurer::{SCOPES, Treasurer, Words, new_key};
use crate::harness::Service;

/// What the contract asks of a key, and whether the request needs an idempotency key.
const ROWS: [(&str, &[&str], bool); 25] = [
    ("GET /customers", &["transfers:read"], false),
    ("POST /customers", &["transfers:write"], true),
    ("GET /customers/{id}", &["transfers:read"], false),
    ("GET /swaps", &["transfers:read"], false),
    ("POST /swaps", &["transfers:write"], true),
    ("GET /swaps/{id}", &["transfers:read"], false),
    ("POST /swaps/{id}/cancel", &["transfers:write"], true),
    ("GET /payment-routes/chains", &["collections:read"], false),
    (
        "GET /payment-routes/corridors",
        &["collections:read"],
        false,
    ),
    (
        "GET /payment-routes/currencies",
        &["collections:read"],
        false,
    ),
    ("GET /payment-routes", &["collections:read"], false),
    ("POST /payment-routes", &["collections:write"], true),
    ("GET /payment-routes/{id}", &["collections:read"], false),
    ("DELETE /payment-routes/{id}", &["collections:write"], true),
    (
        "POST /payment-routes/{id}/pause",
        &["collections:write"],
        true,
    ),
    (
        "POST /payment-routes/{id}/activate",
        &["collections:write"],
        true,
    ),
    ("GET /payment-routes/deposits", &["collections:read"], false),
    (
        "GET /payment-routes/{id}/deposits",
        &["collections:read"],
        false,
    ),
    (
        "POST /payment-routes/{id}/deposits/sync",
        &["collections:write"],
        true,
    ),
    ("GET /transactions", &["transfers:read"], false),
    ("GET /rates", &["fx:read"], false),
    ("GET /rates/currencies", &["fx:read"], false),
    ("GET /rates/{from}/{to}", &["fx:read"], false),
    ("GET /sandbox/status", &[], false),
    (SIMULATE, &[], false),
];

/// Open to every key with a write scope, whichever.
const SIMULATE: &str = "POST /sandbox/simulate";

/// No object has this id.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn published(caller: &Treasurer) -> Value {
    let path = format!("{}/openapi/treasury.json", caller.url);
    let document = reqwest::get(path).await.expect("the document");
    serde_json::from_str(&document.text().await.expect("its text")).expect("JSON")
}

#[tokio::test]
async fn every_route_has_a_row() {
    let caller = Treasurer::of_new_organisation().await;
    let document = published(&caller).await;
    let mut routes = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scopes = operation["security"][0]["api_key"].as_array().unwrap();
            let scopes: BTreeSet<_> = scopes
                .iter()
                .map(|scope| scope.as_str().unwrap().to_owned())
                .collect();
            let key = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
            let needs_key = operation["parameters"].as_array().unwrap().contains(&key);
            let route = format!("{} {path}", method.to_uppercase());
            routes.insert(route, (scopes, needs_key));
        }
    }
    let rows = ROWS.iter().map(|(route, scopes, needs_key)| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        ((*route).to_owned(), (scopes, *needs_key))
    });
    assert_eq!(routes, rows.collect());
}

/// Calls a route for nothing in particular; whatever comes back, it is not for want of a right if that is there.
async fn call(caller: &Treasurer, route: &str) -> (u16, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let path = format!("/v1{}", path.replace("{id}", NOBODY));
    let mut request = caller.request(method.clone(), &path);
    if method != Method::GET {
        request = request
            .header("Idempotency-Key", new_key())
            .json(&json!({}));
    }
    let answer = caller.send(request).await;
    (answer.status, answer.message())
}

/// The scopes that an answer should name as missing.
fn missing(route: &str, needed: &[&'static str], held: &[&str]) -> Vec<&'static str> {
    if route == SIMULATE {
        let may_write = held.iter().any(|scope| scope.ends_with(":write"));
        return if may_write {
            vec![]
        } else {
            vec!["transfers:write"]
        };
    }
    let needed = needed.iter().copied();
    needed.filter(|scope| !held.contains(scope)).collect()
}

#[tokio::test]
async fn every_scope_opens_what_it_should_and_nothing_else() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let single = SCOPES.map(|scope| vec![scope]);
    let mut holdings: Vec<Vec<&str>> = single.to_vec();
    holdings.extend([Vec::new(), SCOPES.to_vec()]);
    for held in &holdings {
        let caller = Treasurer::of(&service, &organisation, "test", held);
        for (route, needed, _) in ROWS {
            let missing = missing(route, needed, held);
            let (status, message) = call(&caller, route).await;
            if missing.is_empty() {
                assert!(
                    ![401, 403, 405].contains(&status),
                    "{held:?} {route}: {status}"
                );
                continue;
            }
            let expected = format!("Missing required scopes: {}", missing.join(", "));
            assert_eq!((status, message), (403, expected), "{held:?} {route}");
        }
    }
}

#[tokio::test]
async fn every_route_needs_a_good_key() {
    let caller = Treasurer::of_new_organisation().await;
    let unknown = Treasurer::new(&caller.url, &format!("rmf_test_{}", "0".repeat(32)));
    let malformed = Treasurer::new(&caller.url, "rmf_test_x");
    for (route, ..) in ROWS {
        for stranger in [&unknown, &malformed] {
            let outcome = call(stranger, route).await;
            assert_eq!(outcome, (401, "Invalid API key".to_owned()), "{route}");
        }
    }
}

#[tokio::test]
async fn what_changes_something_needs_an_idempotency_key() {
    let caller = Treasurer::of_new_organisation().await;
    for (route, _, needs_key) in ROWS {
        let (method, path) = route.split_once(' ').unwrap();
        let path = format!("/v1{}", path.replace("{id}", NOBODY));
        let request = caller.request(method.parse().unwrap(), &path);
        let answer = caller.send(request).await;
        let message = "Idempotency-Key header is required for mutating API requests";
        assert_eq!(
            (answer.status, answer.message()) == (400, message.to_owned()),
            needs_key,
            "{route}"
        );
    }
}
