//! Two organisations in two envs see nothing of each other.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Home, Process, Rail, Service, canadian, individual, with};

/// A service with a rail for each env.
struct World {
    service: Service,
    live_rail: Rail,
    _live: Process,
}

impl World {
    async fn new() -> Self {
        let home = Home::new().await;
        let (rail, url) = home.rail("live-rail", &[]).await;
        let home = home
            .set("VOUCH_RAIL_LIVE_URL", &url)
            .set("VOUCH_RAIL_LIVE_API_KEY", "sandbox-key");
        Self {
            service: home.serve().await,
            live_rail: Rail::at(&url),
            _live: rail,
        }
    }

    fn tenants(&self) -> Vec<(&'static str, Caller)> {
        let organisations = [self.service.organisation(), self.service.organisation()];
        let tenant = |organisation: &String| {
            ["test", "live"].map(|env| (env, self.service.caller_of(organisation, env)))
        };
        organisations.iter().flat_map(tenant).collect()
    }
}

/// Good in both envs.
fn person() -> Value {
    with(&canadian(), &json!({"tin": "046454286"}))
}

#[tokio::test]
async fn no_tenant_sees_another() {
    let world = World::new().await;
    let tenants = world.tenants();
    let body = person();
    let mut made = Vec::new();
    for (env, caller) in &tenants {
        // The same key, reference and Interac address everywhere: none of them is in the way of the others.
        let customer = caller.create_as("k", &body).await.expect(201);
        assert_eq!(customer.json()["env"], *env);
        made.push(customer);
    }
    for (own, (_, caller)) in made.iter().zip(&tenants) {
        for other in made.iter().filter(|other| other.id() != own.id()) {
            let id = other.id();
            caller
                .retrieve(&id)
                .await
                .expect_error(404, "customer_not_found");
            caller
                .patch(&id, &json!({"city": "Ottawa"}))
                .await
                .expect_error(404, "customer_not_found");
            caller
                .list(&[("starting_after", &id)])
                .await
                .expect_refused("invalid_field", "starting_after");
            assert!(caller.events(&id).await.is_empty());
        }
        let reference = body["customer_reference"].as_str().unwrap();
        assert_eq!(caller.retrieve(reference).await.expect(200).id(), own.id());
        for query in [
            vec![],
            vec![("q", "lovelace")],
            vec![("q", reference)],
            vec![("status", "pending")],
        ] {
            let listed = caller.list(&query).await.expect(200).json();
            assert_eq!(listed["data"], json!([own.json()]), "{query:?}");
        }
        assert_eq!(
            caller.events(reference).await[0]["data"]["customer"],
            own.json()
        );
        assert_eq!(
            caller.create_as("k", &body).await.expect(200).id(),
            own.id()
        );
    }
}

#[tokio::test]
async fn a_change_in_one_tenant_is_no_change_in_another() {
    let world = World::new().await;
    let body = person();
    let tenants = world.tenants();
    for (_, caller) in &tenants {
        caller.create(&body).await.expect(201);
    }
    let reference = body["customer_reference"].as_str().unwrap();
    tenants[0]
        .1
        .patch(reference, &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    for ((_, caller), tag) in tenants.iter().zip(["\"2\"", "\"1\"", "\"1\"", "\"1\""]) {
        assert_eq!(caller.retrieve(reference).await.header("etag"), tag);
    }
}

#[tokio::test]
async fn each_env_has_its_own_rail() {
    let world = World::new().await;
    let organisation = world.service.organisation();
    let (live, test) = (person(), person());
    world
        .service
        .caller_of(&organisation, "live")
        .create(&live)
        .await
        .expect(201);
    world
        .service
        .caller_of(&organisation, "test")
        .create(&test)
        .await
        .expect(201);
    assert_eq!(world.live_rail.records_of(&live).await.len(), 1);
    assert!(world.live_rail.records_of(&test).await.is_empty());
    assert_eq!(world.service.rail().records_of(&test).await.len(), 1);
    assert!(world.service.rail().records_of(&live).await.is_empty());
}

#[tokio::test]
async fn live_judges_what_is_certain_about_tax_numbers() {
    let world = World::new().await;
    let organisation = world.service.organisation();
    let live = world.service.caller_of(&organisation, "live");
    let body = individual();
    live.create(&body)
        .await
        .expect_refused("invalid_field", "tin");
    let american = with(&body, &json!({"country": "US", "zip_code": "10001"}));
    for tin in [
        "000-12-3456",
        "666-12-3456",
        "123-00-4567",
        "123-45-0000",
        "078-05-1120",
        "219099999",
    ] {
        let answer = live
            .create(&with(&american, &json!({"tin": tin})))
            .await
            .expect_refused("invalid_field", "tin");
        assert!(!answer.text.contains(tin));
    }
    live.create(&with(&american, &json!({"tin": "123-45-6789"})))
        .await
        .expect(201);
    let british = with(
        &individual(),
        &json!({"country": "GB", "zip_code": "SW1A 1AA"}),
    );
    live.create(&with(&british, &json!({"tin": "1234567890"})))
        .await
        .expect_refused("invalid_field", "tin");
    live.create(&with(&british, &json!({"tin": "3234567890"})))
        .await
        .expect_refused("invalid_field", "tin");
    live.create(&with(&british, &json!({"tin": "2234567890"})))
        .await
        .expect(201);
}

#[tokio::test]
async fn an_oauth_client_serves_as_well_as_a_key() {
    let home = Home::new().await;
    let (_running, url) = home.rail("rail", &["--token-life", "61"]).await;
    let home = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_CLIENT_ID", "sandbox-client")
        .set("VOUCH_RAIL_TEST_CLIENT_SECRET", "sandbox-secret");
    let service = home.serve().await;
    let (caller, body) = (service.caller(), individual());
    caller.create(&body).await.expect(201);
    assert_eq!(Rail::at(&url).records_of(&body).await.len(), 1);
}

#[tokio::test]
async fn live_without_a_rail_reserves_nothing() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let live = service.caller_of(&organisation, "live");
    let body = person();
    let refused = live
        .create_as("k", &body)
        .await
        .expect_error(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    live.retrieve(body["customer_reference"].as_str().unwrap())
        .await
        .expect_error(404, "customer_not_found");
    live.list(&[]).await.expect(200);
    let readiness = reqwest::Client::new().get(format!("{}/readyz", service.url));
    let readiness = Answer::to(readiness).await.expect(200).json();
    assert!(
        readiness["degraded"][0]
            .as_str()
            .unwrap()
            .contains("VOUCH_RAIL_LIVE_URL"),
        "{readiness}"
    );
}
