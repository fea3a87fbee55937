//! Rates.

use serde_json::json;

use super::treasurer::{SCOPES, Treasurer, Words};
use crate::harness::Service;

#[tokio::test]
async fn rates_are_exact_and_inverse_to_each_other() {
    let caller = Treasurer::of_new_organisation().await;
    let all = caller.get("/v1/rates").await.expect(200).data();
    assert!(all["updatedAt"].is_string());
    let rates = all["rates"].as_array().unwrap();
    assert_eq!(rates.len(), 2);
    for (from, to, rate, inverse, out) in [
        ("USDC", "EURC", "0.92", "1.086957", "920000"),
        ("EURC", "USDC", "1.086957", "0.92", "1086957"),
    ] {
        let answer = caller
            .get(&format!("/v1/rates/{from}/{to}"))
            .await
            .expect(200);
        let numbers = format!(r#""rate":{rate},"inverseRate":{inverse},"#);
        assert!(answer.text.contains(&numbers), "{}", answer.text);
        let one = answer.data();
        assert_eq!(
            (&one["inAmount"], &one["outAmount"]),
            (&json!("1000000"), &json!(out))
        );
        let listed = rates
            .iter()
            .any(|rate| rate["from"] == from && rate["to"] == to);
        assert!(listed, "{from}/{to}");
    }
}

#[tokio::test]
async fn the_market_is_told() {
    let caller = Treasurer::of_new_organisation().await;
    let market = caller.get("/v1/rates/currencies").await.expect(200).data();
    let pair = |from: &str, to: &str| json!({ "from": from, "to": to });
    assert_eq!(
        market["pairs"],
        json!([pair("USDC", "EURC"), pair("EURC", "USDC")])
    );
    let codes: Vec<_> = market["currencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, ["USDC", "EURC"]);
}

#[tokio::test]
async fn what_is_not_traded_has_no_rate() {
    let caller = Treasurer::of_new_organisation().await;
    for (from, to) in [("USDC", "XYZ"), ("USDC", "USDC"), ("x", "y")] {
        let message = format!("Swap pair {from}/{to} is not supported");
        let answer = caller.get(&format!("/v1/rates/{from}/{to}")).await;
        answer.expect_message(422, &message);
    }
    let service = Service::shared().await;
    let live = Treasurer::of(&service, &service.organisation(), "live", &SCOPES);
    let refusal = "No liquidity provider is configured for live";
    for path in ["/v1/rates", "/v1/rates/currencies", "/v1/rates/USDC/EURC"] {
        live.get(path).await.expect_message(503, refusal);
    }
}
