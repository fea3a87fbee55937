//! API keys and organisations, as operators change them under a running service.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::json;

use crate::harness::{Answer, Caller, Home, Service, eventually, individual};

/// A right that was taken away is gone within about a second; this leaves room for a machine with much to do.
const SOON: Duration = Duration::from_secs(5);

/// Waits until a caller is answered with this error.
async fn refused_soon(caller: &Caller, status: u16, code: &str) {
    let since = Instant::now();
    let answer = eventually("a refusal", async || {
        let answer = caller.list(&[]).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    answer.expect_error(status, code);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let (key, other) = (
        service.key(&organisation, "test", &[]),
        service.caller_of(&organisation, "test"),
    );
    let caller = Caller::new(&service.url, &key.secret);
    caller.list(&[]).await.expect(200);
    service.home.run(&["key", "revoke", &key.id]).output();
    refused_soon(&caller, 401, "invalid_api_key").await;
    other.list(&[]).await.expect(200);
    service.home.run(&["key", "revoke", &key.id]).output();
    let unknown = "ckkey_01h455vb4pex5vsknk084sn02q";
    assert!(
        !service
            .home
            .run(&["key", "revoke", unknown])
            .log()
            .is_empty()
    );
}

#[tokio::test]
async fn a_revocation_reaches_every_process() {
    let first = Service::new().await;
    let second = first.home.serve().await;
    let organisation = first.organisation();
    let key = first.key(&organisation, "test", &[]);
    let callers = [&first, &second].map(|service| Caller::new(&service.url, &key.secret));
    for caller in &callers {
        caller.list(&[]).await.expect(200);
    }
    first.home.run(&["key", "revoke", &key.id]).output();
    for caller in &callers {
        refused_soon(caller, 401, "invalid_api_key").await;
    }
}

#[tokio::test]
async fn a_key_may_be_bound_to_addresses() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = |networks: &[&str]| {
        let allowed: Vec<_> = networks
            .iter()
            .flat_map(|network| ["--allow-ip", network])
            .collect();
        Caller::new(
            &service.url,
            &service.key(&organisation, "test", &allowed).secret,
        )
    };
    caller(&["127.0.0.1"]).list(&[]).await.expect(200);
    caller(&["10.0.0.0/8", "127.0.0.0/8"])
        .list(&[])
        .await
        .expect(200);
    let elsewhere = caller(&["10.0.0.0/8", "2001:db8::/32"]);
    let refused = elsewhere
        .list(&[])
        .await
        .expect_error(403, "ip_not_allowed");
    assert_eq!(refused.json()["error"]["type"], "permission_error");
    // The caller's word on where it comes from is not believed.
    let claimed = elsewhere
        .request(Method::GET, "/v1/customers")
        .header("X-Forwarded-For", "10.1.2.3");
    Answer::to(claimed)
        .await
        .expect_error(403, "ip_not_allowed");
    // Before the method, and before the state of the organisation.
    Answer::to(elsewhere.request(Method::DELETE, "/v1/customers"))
        .await
        .expect_error(403, "ip_not_allowed");
    service
        .home
        .run(&[
            "org",
            "set",
            "--org",
            &organisation,
            "--state",
            "suspended",
            "--remittances",
            "on",
        ])
        .output();
    refused_soon(&caller(&["127.0.0.1"]), 403, "merchant_suspended").await;
    elsewhere
        .list(&[])
        .await
        .expect_error(403, "ip_not_allowed");
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let home = Home::new()
        .await
        .set("VOUCH_TRUSTED_PROXIES", "127.0.0.1,192.0.2.0/24");
    let service = home.serve().await;
    let organisation = service.organisation();
    let key = service
        .key(&organisation, "test", &["--allow-ip", "10.0.0.0/8"])
        .secret;
    for (forwarded, status) in [
        ("10.1.2.3", 200),
        ("10.1.2.3, 192.0.2.1", 200),
        ("10.1.2.3, 203.0.113.1", 403),
        ("203.0.113.1, 10.1.2.3", 200),
        ("nonsense", 403),
        ("", 403),
    ] {
        let request = Client::new()
            .get(format!("{}/v1/customers", service.url))
            .bearer_auth(&key)
            .header("X-Forwarded-For", forwarded);
        assert_eq!(Answer::to(request).await.status, status, "{forwarded:?}");
    }
}

#[tokio::test]
async fn a_suspended_organisation_is_let_in_again() {
    let service = Service::shared().await;
    let (organisation, other) = (service.organisation(), service.caller());
    let (test, live) = (
        service.caller_of(&organisation, "test"),
        service.caller_of(&organisation, "live"),
    );
    test.create(&individual()).await.expect(201);
    let set = |state: &str, remittances: &str| {
        service
            .home
            .run(&[
                "org",
                "set",
                "--org",
                &organisation,
                "--state",
                state,
                "--remittances",
                remittances,
            ])
            .output();
    };
    set("suspended", "off");
    refused_soon(&test, 403, "merchant_suspended").await;
    refused_soon(&live, 403, "merchant_suspended").await;
    test.create(&individual())
        .await
        .expect_error(403, "merchant_suspended");
    Answer::to(test.request(Method::DELETE, "/v1/customers"))
        .await
        .expect_error(403, "merchant_suspended");
    set("active", "off");
    eventually("another reason", async || {
        let answer = test.list(&[]).await;
        (answer.code() == "remittances_not_enabled").then(|| answer.expect(403))
    })
    .await;
    set("active", "on");
    eventually("an open door", async || {
        (test.list(&[]).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(test.list(&[]).await.references().len(), 1);
    other.list(&[]).await.expect(200);
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let key = service.key(&organisation, "live", &["--allow-ip", "10.0.0.0/8"]);
    let secret = key.secret.strip_prefix("sk_live_").unwrap();
    assert!(secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let listed = service
        .home
        .run(&["key", "list", "--org", &organisation, "--json"])
        .json();
    let row = &listed["keys"][0];
    let expected = json!({
        "key_id": key.id, "api": "remittance", "env": "live", "prefix": row["prefix"], "last_four": secret[28..],
        "scopes": [],
        "allowed_networks": ["10.0.0.0/8"], "created_at": row["created_at"], "revoked_at": null,
    });
    assert_eq!(row, &expected);
    assert!(!listed.to_string().contains(&secret[..28]));
    assert!(
        !service
            .home
            .run(&["key", "list", "--org", &organisation])
            .output()
            .contains(secret)
    );
    service.home.run(&["key", "revoke", &key.id]).output();
    let listed = service
        .home
        .run(&["key", "list", "--org", &organisation, "--json"])
        .json();
    assert!(listed["keys"][0]["revoked_at"].is_string());
    // Only a keyed hash is stored.
    let database = service.home.database().client().await;
    let rows = database
        .query("SELECT api_keys::text FROM api_keys", &[])
        .await
        .unwrap();
    let stored: String = rows.iter().map(|row| row.get::<_, String>(0)).collect();
    assert!(!stored.contains(secret) && !stored.contains(&secret[..16]));
}
