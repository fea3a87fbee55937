//! Organisations and envs see nothing of each other.

use super::treasurer::{SCOPES, Treasurer, Words, payer};
use crate::harness::Service;

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let service = Service::shared().await;
    let (own, other) = (service.organisation(), service.organisation());
    let caller = Treasurer::of(&service, &own, "test", &SCOPES);
    let made = caller
        .post("/v1/customers", &payer())
        .await
        .expect(201)
        .data();
    let id = made["id"].as_str().unwrap();
    let (customers, _) = caller.customers("").await;
    let primary = customers.last().unwrap()["id"].as_str().unwrap().to_owned();
    for (organisation, env) in [(&own, "live"), (&other, "test"), (&other, "live")] {
        let stranger = Treasurer::of(&service, organisation, env, &SCOPES);
        for id in [id, &primary] {
            stranger
                .get(&format!("/v1/customers/{id}"))
                .await
                .expect_message(404, "Customer not found");
            let after = format!("?startingAfter={id}");
            assert_eq!(stranger.customers(&after).await, (Vec::new(), 0));
        }
        let (theirs, total) = stranger.customers("").await;
        assert_eq!(total, 1);
        assert_eq!(theirs[0]["isPrimary"], true);
        assert_ne!(theirs[0]["id"].as_str(), Some(primary.as_str()));
    }
}
