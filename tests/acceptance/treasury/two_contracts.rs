//! One organisation, one set of customers, two contracts.

use serde_json::json;
use vouch_domain::id::CustomerId;

use super::treasurer::{SCOPES, Treasurer, Words, payer};
use crate::harness::{Caller, Service, business, individual, money::payout_of, with};

/// Both callers of a new organisation.
fn callers(service: &Service) -> (Treasurer, Caller) {
    let organisation = service.organisation();
    (
        Treasurer::of(service, &organisation, "test", &SCOPES),
        service.caller_of(&organisation, "test"),
    )
}

#[tokio::test]
async fn the_remittance_api_sees_a_customer_without_an_identity() {
    let service = Service::shared().await;
    let (treasurer, remittance) = callers(&service);
    let body = payer();
    let made = treasurer
        .post("/v1/customers", &body)
        .await
        .expect(201)
        .data();
    let reference = made["id"].as_str().unwrap();
    let id = CustomerId::parse_hyphenated(reference).unwrap().to_string();
    let seconds = format!("{}Z", &made["createdAt"].as_str().unwrap()[..19]);
    let expected = json!({
        "object": "customer", "id": id, "customer_reference": reference, "interac_email": null,
        "status": "pending", "env": "test", "created_at": seconds,
    });
    for handle in [id.as_str(), reference] {
        let seen = remittance.retrieve(handle).await.expect(200);
        assert_eq!(seen.json(), expected);
        for body in [json!({"city": "Ottawa"}), json!({})] {
            let refused = remittance.patch(handle, &body).await;
            let refused = refused.expect_error(409, "invalid_state").json();
            let reason = &refused["error"]["detail"]["reason"];
            assert_eq!(reason, "no_kyc_identity");
        }
        // Nobody can verify it, and who is not verified has neither accounts nor payouts.
        for refused in [
            remittance.open_account(handle, "GBP").await,
            remittance.pay(&payout_of(handle)).await,
        ] {
            refused.expect_error(422, "customer_not_verified");
        }
        let events = remittance.events(handle).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["type"], "customer_created");
        assert_eq!(events[0]["data"]["customer"], expected);
    }
    assert_eq!(remittance.list(&[]).await.references(), [reference]);
    let name = body["name"].as_str().unwrap();
    assert_eq!(
        remittance.list(&[("q", name)]).await.references(),
        [reference]
    );
    // Its id is taken as a reference.
    let taken = with(&individual(), &json!({ "customer_reference": reference }));
    let refused = remittance.create(&taken).await;
    let refused = refused.expect_error(409, "customer_already_exists").json();
    assert_eq!(refused["error"]["detail"]["customer_id"], id);
    // Nobody told the rail.
    let email = body["email"].as_str().unwrap();
    let at_rail = service.rail().records_of(&json!({ "email": email })).await;
    assert_eq!(at_rail, [json!(null); 0]);
}

#[tokio::test]
async fn the_treasury_api_sees_customers_with_their_display_names() {
    let service = Service::shared().await;
    let (treasurer, remittance) = callers(&service);
    for (body, name, kind) in [
        (individual(), "Ada Lovelace", "individual"),
        (business(), "Analytical Engines Ltd", "business"),
    ] {
        let made = remittance.create(&body).await.expect(201).id();
        let id = CustomerId::parse(&made).unwrap().hyphenated().to_string();
        let seen = treasurer
            .get(&format!("/v1/customers/{id}"))
            .await
            .expect(200)
            .data();
        assert_eq!(seen["name"], name);
        assert_eq!(seen["email"], body["email"]);
        assert_eq!(seen["type"], kind);
        assert_eq!(seen["isPrimary"], false);
        let (customers, _) = treasurer.customers("").await;
        assert_eq!(customers[0], seen);
    }
    assert_eq!(treasurer.customers("").await.1, 3);
}

#[tokio::test]
async fn an_amended_email_is_seen_by_both() {
    let service = Service::shared().await;
    let (treasurer, remittance) = callers(&service);
    let made = remittance.create(&individual()).await.expect(201).id();
    let change = json!({ "email": format!("new-{made}@example.com") });
    remittance.patch(&made, &change).await.expect(200);
    let (customers, _) = treasurer.customers("").await;
    assert_eq!(customers[0]["email"], change["email"]);
}
