//! Keys of the Treasury API, as operators make and take them.

use super::treasurer::{SCOPES, Treasurer, Words};
use crate::harness::{Service, eventually};

#[tokio::test]
async fn a_key_has_the_form_of_the_contract() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    for env in ["test", "live"] {
        let scopes = ["--scope", "fx:read", "--scope", "transfers:read"];
        let key = service.key_of("treasury", &organisation, env, &scopes);
        let random = key.secret.strip_prefix(&format!("rmf_{env}_")).unwrap();
        assert_eq!(key.secret.len(), 41);
        assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let list = ["key", "list", "--org", &organisation, "--json"];
        let listed = service.home.run(&list).json();
        let listed = listed["keys"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(listed["api"], "treasury");
        assert_eq!(listed["env"], env);
        assert_eq!(
            listed["scopes"],
            serde_json::json!(["fx:read", "transfers:read"])
        );
        assert_eq!(listed["prefix"], key.secret[..17]);
        assert_eq!(listed["last_four"], key.secret[37..]);
    }
}

#[tokio::test]
async fn scopes_are_the_contracts_and_the_contract_treasury() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let create = |api: &str, scope: &str| {
        let create = ["key", "create", "--org", &organisation, "--env", "test"];
        let more = ["--api", api, "--scope", scope];
        service.home.run(&[&create[..], &more].concat()).log()
    };
    assert!(create("treasury", "transfers").contains("must be one of fx:read"));
    assert!(create("remittance", "transfers:read").contains("have no scopes"));
    let list = ["key", "list", "--org", &organisation, "--json"];
    assert_eq!(
        service.home.run(&list).json()["keys"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let scopes: Vec<_> = SCOPES.iter().flat_map(|scope| ["--scope", scope]).collect();
    let key = service.key_of("treasury", &organisation, "test", &scopes);
    let caller = Treasurer::new(&service.url, &key.secret);
    caller.get("/v1/customers").await.expect(200);
    service.home.run(&["key", "revoke", &key.id]).output();
    let refused = eventually("a refusal", async || {
        let answer = caller.get("/v1/customers").await;
        (answer.status != 200).then_some(answer)
    });
    refused.await.expect_message(401, "Invalid API key");
}

#[tokio::test]
async fn a_key_may_be_bound_to_addresses() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let more = ["--scope", "transfers:read", "--allow-ip", "192.0.2.1"];
    let key = service.key_of("treasury", &organisation, "test", &more);
    let caller = Treasurer::new(&service.url, &key.secret);
    let refused = caller.get("/v1/customers").await;
    refused.expect_message(403, "IP address not allowed");
}

#[tokio::test]
async fn api_keys_manage_no_api_keys() {
    let caller = Treasurer::of_new_organisation().await;
    for path in ["/v1/api-keys", "/v1/keys", "/v1/organisations", "/v1/users"] {
        caller
            .get(path)
            .await
            .expect_message(404, "Route not found");
    }
}
