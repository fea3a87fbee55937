//! Who is let in.

use actix_web::test::TestRequest;
use vouch_domain::{
    access::{Network, OrganisationStanding},
    ports::StoreError,
};

use crate::support::{KEY, World};

fn list() -> TestRequest {
    TestRequest::get().uri("/v1/customers")
}

#[actix_web::test]
async fn without_a_key_nothing_opens() {
    let world = World::new();
    for request in [list(), list().insert_header(("Authorization", ""))] {
        let answer = world.send(request).await;
        answer.expect_error(401, "missing_api_key", None);
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn a_wrong_key_opens_nothing() {
    let world = World::new();
    let unknown = format!("Bearer {}2", &KEY[..KEY.len() - 1]);
    for value in [&unknown, "Bearer", "Basic dXNlcjpwYXNz", KEY] {
        let answer = world
            .send(list().insert_header(("Authorization", value)))
            .await;
        answer.expect_error(401, "invalid_api_key", None);
    }
    let twice = list()
        .append_header(("Authorization", format!("Bearer {KEY}")))
        .append_header(("Authorization", format!("Bearer {KEY}")));
    world
        .send(twice)
        .await
        .expect_error(401, "invalid_api_key", None);
}

#[actix_web::test]
async fn a_good_key_opens() {
    let world = World::new();
    let request = list().insert_header(("Authorization", format!("bearer {KEY}")));
    assert_eq!(world.send(request).await.status, 200);
}

#[actix_web::test]
async fn an_expired_key_opens_nothing() {
    let world = World::new();
    world
        .ports
        .set_principal(|principal| principal.key.expires_at = Some(chrono::DateTime::UNIX_EPOCH));
    world
        .get("/v1/customers")
        .await
        .expect_error(401, "invalid_api_key", None);
}

#[actix_web::test]
async fn a_key_may_be_bound_to_addresses() {
    let world = bound_to("192.0.2.0/24");
    let from = |address: &str| list().peer_addr(address.parse().unwrap());
    assert_eq!(world.call(from("192.0.2.9:5000")).await.status, 200);
    world
        .call(from("198.51.100.1:5000"))
        .await
        .expect_error(403, "ip_not_allowed", None);
    // Without an address that can be believed.
    world
        .call(list())
        .await
        .expect_error(403, "ip_not_allowed", None);
}

#[actix_web::test]
async fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
    let mut world = bound_to("192.0.2.0/24");
    world.trusted_proxies = vec![
        Network::parse("10.0.0.0/8").unwrap(),
        Network::parse("2001:db8::/32").unwrap(),
    ];
    for (peer, forwarded, expected) in [
        ("10.0.0.1:1", &["192.0.2.9"][..], true),
        ("10.0.0.1:1", &["192.0.2.9:4711"], true),
        ("[2001:db8::1]:1", &["192.0.2.9"], true),
        ("[::ffff:10.0.0.1]:1", &["192.0.2.9"], true),
        ("10.0.0.1:1", &["192.0.2.9, 10.0.0.2"], true),
        (
            "10.0.0.1:1",
            &["192.0.2.9", "10.0.0.2,[2001:db8::7]:80"],
            true,
        ),
        // Not by a trusted proxy.
        ("203.0.113.5:1", &["192.0.2.9"], false),
        // The last one that no trusted proxy has counts, whatever its sender put before it.
        ("10.0.0.1:1", &["192.0.2.9, 203.0.113.5"], false),
        ("10.0.0.1:1", &["192.0.2.9", "203.0.113.5"], false),
        ("10.0.0.1:1", &["192.0.2.9, unknown"], false),
        ("10.0.0.1:1", &["192.0.2.9, "], false),
        ("10.0.0.1:1", &[], false),
        // Everybody before was a trusted proxy.
        ("10.0.0.1:1", &["10.0.0.3"], false),
    ] {
        let mut request = list().peer_addr(peer.parse().unwrap());
        for line in forwarded {
            request = request.append_header(("X-Forwarded-For", *line));
        }
        let answer = world.call(request).await;
        assert_eq!(answer.status == 200, expected, "{peer} {forwarded:?}");
    }
}

#[actix_web::test]
async fn the_organisation_must_be_in_order() {
    let world = World::new();
    for (suspended, remittances_enabled, code) in [
        (true, true, "merchant_suspended"),
        (true, false, "merchant_suspended"),
        (false, false, "remittances_not_enabled"),
    ] {
        world.ports.set_principal(|principal| {
            principal.standing = OrganisationStanding {
                suspended,
                remittances_enabled,
            };
        });
        world
            .get("/v1/customers")
            .await
            .expect_error(403, code, None);
    }
}

#[actix_web::test]
async fn nobody_is_let_in_while_keys_cannot_be_read() {
    let world = World::new();
    let failure = StoreError::Unavailable("08006".to_owned());
    *world.ports.principal.lock().unwrap() = Err(failure);
    let answer = world.get("/v1/customers").await;
    answer.expect_error(503, "unavailable", None);
    assert_eq!(answer.header("Retry-After"), Some("2"));
}

fn bound_to(network: &str) -> World {
    let world = World::new();
    let network = Network::parse(network).unwrap();
    world
        .ports
        .set_principal(|principal| principal.key.allowed_networks = vec![network]);
    world
}
