//! The primary customer: the organisation itself.

use serde_json::json;

use super::treasurer::{SCOPES, Treasurer, Words};
use crate::harness::{Answer, Service};

#[tokio::test]
async fn every_organisation_has_one_in_each_env() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let mut ids = Vec::new();
    for env in ["test", "live"] {
        let caller = Treasurer::of(&service, &organisation, env, &SCOPES);
        let (customers, total) = caller.customers("").await;
        assert_eq!(total, 1);
        let primary = &customers[0];
        assert_eq!(primary["isPrimary"], true);
        assert_eq!(primary["type"], "business");
        assert_eq!(primary["name"], "Acme");
        assert_eq!(primary["email"], "acme@example.com");
        let id = primary["id"].as_str().unwrap().to_owned();
        let fetched = caller.get(&format!("/v1/customers/{id}")).await.expect(200);
        assert_eq!(&fetched.data(), primary);
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn it_does_not_exist_for_the_remittance_api() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let treasurer = Treasurer::of(&service, &organisation, "test", &SCOPES);
    let remittance = service.caller_of(&organisation, "test");
    let (customers, _) = treasurer.customers("").await;
    let hyphenated = customers[0]["id"].as_str().unwrap();
    let id = crockford(hyphenated);
    for handle in [id.as_str(), hyphenated] {
        let refused = |answer: Answer| answer.expect_error(404, "customer_not_found");
        refused(remittance.retrieve(handle).await);
        refused(remittance.patch(handle, &json!({"city": "Ottawa"})).await);
        assert_eq!(remittance.events(handle).await, [json!(null); 0]);
        remittance
            .list(&[("starting_after", handle)])
            .await
            .expect_refused("invalid_field", "starting_after");
    }
    for query in [&[][..], &[("q", "acme")], &[("status", "pending")]] {
        assert_eq!(remittance.list(query).await.references(), [""; 0]);
    }
}

/// The Remittance notation of a customer's id.
fn crockford(hyphenated: &str) -> String {
    let id = vouch_domain::id::CustomerId::parse_hyphenated(hyphenated).unwrap();
    id.to_string()
}
