//! What a service demands before it serves, and what it says about its settings.

use std::process::Command;

use percent_encoding::percent_decode_str;
use reqwest::Client;
use serde_json::json;
use vouch_testkit::ScratchDatabase;

use crate::harness::{Answer, Caller, Home, MASTER_KEY, Service, eventually, individual, with};

/// Waits for a refusal to start, and answers with its one line.
async fn refusal(home: &Home) -> String {
    let process = home.try_serve();
    let status = process.ends().await;
    process.logs("vouch: ").await;
    let log = process.log();
    assert_eq!(status.code(), Some(1), "{log}");
    let line = log.lines().find(|line| line.starts_with("vouch: "));
    line.expect("a complaint").to_owned()
}

#[tokio::test]
async fn an_empty_database_has_to_be_migrated_first() {
    let home = Home::on(ScratchDatabase::empty().await).await;
    assert!(refusal(&home).await.contains("vouch migrate"));
    assert!(
        home.run(&["org", "create", "--name", "A", "--email", "a@example.com"])
            .complaint()
            .contains("vouch migrate")
    );
    let direct = home.direct();
    direct.run(&["migrate"]).output();
    direct.run(&["migrate"]).output();
    let service = home.serve().await;
    service.caller().create(&individual()).await.expect(201);
}

#[tokio::test]
async fn a_schema_from_the_future_is_left_alone() {
    let home = Home::new().await;
    let database = home.database().client().await;
    database
        .execute(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')",
            &[],
        )
        .await
        .unwrap();
    assert!(refusal(&home).await.contains("vouch migrate"));
}

#[tokio::test]
async fn a_database_of_ones_own_needs_a_master_key_of_ones_own() {
    let home = Home::new().await.unset("VOUCH_MASTER_KEY");
    let complaint = refusal(&home).await;
    assert!(complaint.contains("VOUCH_MASTER_KEY"), "{complaint}");
    for malformed in ["", "secret", "c2hvcnQ=", &format!("{MASTER_KEY},")] {
        let complaint = refusal(&home.clone().set("VOUCH_MASTER_KEY", malformed)).await;
        assert!(complaint.contains("VOUCH_MASTER_KEY"), "{complaint}");
        assert!(
            malformed.is_empty() || !complaint.contains(malformed),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn a_wrong_master_key_opens_nothing() {
    const OTHER: &str = "b3RoZXItbWFzdGVyLWtleS1vdGhlci1tYXN0ZXIta2U=";
    let home = Home::new().await;
    let service = home.serve().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let wrong = home.clone().set("VOUCH_MASTER_KEY", OTHER);
    let complaint = refusal(&wrong).await;
    assert!(
        complaint.contains("master key") && !complaint.contains(OTHER),
        "{complaint}"
    );
    wrong
        .run(&["org", "create", "--name", "A", "--email", "a@example.com"])
        .complaint();
    // A ring: the first seals, all open.
    let rotated = home
        .clone()
        .set("VOUCH_MASTER_KEY", &format!("{OTHER},{MASTER_KEY}"))
        .serve()
        .await;
    let caller = Caller::new(&rotated.url, &caller.key);
    caller
        .patch(&id, &json!({"city": "Ottawa"}))
        .await
        .expect(200);
    caller.create(&individual()).await.expect(201);
}

#[tokio::test]
async fn a_slip_of_the_pen_is_an_error_in_serve_and_a_warning_elsewhere() {
    let home = Home::new().await.set("VOUCH_LISTN", "127.0.0.1:1");
    assert!(refusal(&home).await.contains("VOUCH_LISTN"));
    let made = home.run(&[
        "org",
        "create",
        "--name",
        "A",
        "--email",
        "a@example.com",
        "--json",
    ]);
    assert!(made.json()["organisation_id"].is_string());
    assert!(made.log().contains("VOUCH_LISTN"));
    assert!(
        home.run(&["openapi", "remittance"])
            .log()
            .contains("VOUCH_LISTN")
    );
    assert!(home.run(&["check-config"]).log().contains("VOUCH_LISTN"));
}

#[tokio::test]
async fn the_configuration_is_shown_without_its_secrets() {
    let secrets = [
        "database-password",
        "rail-key-secret",
        "rail-client-secret",
        MASTER_KEY,
    ];
    let home = Home::local()
        .set(
            "DATABASE_URL",
            "postgresql://user:database-password@db.example/vouch",
        )
        .set("VOUCH_MASTER_KEY", MASTER_KEY)
        .set("VOUCH_RAIL_TEST_URL", "https://rail.example")
        .set("VOUCH_RAIL_TEST_API_KEY", "rail-key-secret")
        .set("VOUCH_RAIL_LIVE_CLIENT_ID", "rail-client")
        .set("VOUCH_RAIL_LIVE_CLIENT_SECRET", "rail-client-secret")
        .set("VOUCH_RAIL_LIVE_SETTLE_MS", "12345");
    let shown = home.run(&["check-config"]);
    for secret in secrets {
        assert!(
            !shown.output().contains(secret) && !shown.log().contains(secret),
            "{secret}"
        );
    }
    let shown = shown.output();
    for line in [
        "VOUCH_RAIL_LIVE_SETTLE_MS=12345",
        "VOUCH_RAIL_TEST_SETTLE_MS=2000",
        "VOUCH_TIN_CHECKS=live",
        "VOUCH_RAIL_TEST_URL=https://rail.example",
        "VOUCH_OPS_LISTEN=127.0.0.1:0",
    ] {
        assert!(
            shown.lines().any(|shown| shown.starts_with(line)),
            "{line} is not in\n{shown}"
        );
    }
    for name in [
        "DATABASE_URL",
        "VOUCH_MASTER_KEY",
        "VOUCH_RAIL_TEST_API_KEY",
        "VOUCH_RAIL_LIVE_CLIENT_SECRET",
    ] {
        assert!(
            shown.contains(&format!("{name}=")),
            "{name} is not in\n{shown}"
        );
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let home = Home::new().await;
    let taken = home.serve().await;
    let address = taken.url.replace("http://", "");
    assert!(
        refusal(
            &home
                .elsewhere()
                .set("VOUCH_LISTEN", &address)
                .set("VOUCH_RAIL_TEST_URL", "http://127.0.0.1:9")
                .set("VOUCH_RAIL_TEST_API_KEY", "k")
        )
        .await
        .contains(&address)
    );
    let rail = home
        .elsewhere()
        .set("VOUCH_RAIL_TEST_URL", "http://127.0.0.1:9");
    assert!(refusal(&rail).await.contains("VOUCH_RAIL_TEST_API_KEY"));
    let unreachable = home.elsewhere().set(
        "DATABASE_URL",
        "postgresql://u:database-password@127.0.0.1:9/x",
    );
    assert!(!refusal(&unreachable).await.contains("database-password"));
    for (name, value) in [
        ("VOUCH_LISTEN", "nowhere"),
        ("VOUCH_TIN_CHECKS", "sometimes"),
        ("VOUCH_RAIL_TEST_SETTLE_MS", "soon"),
        ("VOUCH_WORKERS", "0"),
    ] {
        let process = home.elsewhere().set(name, value).try_serve();
        assert_eq!(process.ends().await.code(), Some(2));
        process.logs(value).await;
    }
}

#[tokio::test]
async fn policies_can_be_set() {
    let home = Home::new()
        .await
        .set("VOUCH_TIN_CHECKS", "always")
        .set("VOUCH_TIN_KINDS", "page")
        .set("VOUCH_MINIMUM_AGE", "21");
    let service = home.serve().await;
    let caller = service.caller();
    let body = individual();
    caller
        .create(&body)
        .await
        .expect_refused("invalid_field", "tin");
    let good = with(&body, &json!({"tin": "046454286"}));
    caller.create(&good).await.expect(201);
    let nino = json!({"country": "GB", "zip_code": "SW1A 1AA", "tin": "AB123456C"});
    caller
        .create(&with(&individual(), &nino))
        .await
        .expect_refused("invalid_field", "tin");
}

#[tokio::test]
async fn probes_need_no_key() {
    let service = Service::shared().await;
    for (path, status) in [("/livez", "live"), ("/readyz", "ready")] {
        let answer = Answer::to(Client::new().get(format!("{}{path}", service.url)))
            .await
            .expect(200);
        assert_eq!(answer.json()["status"], status);
    }
}

#[tokio::test]
async fn a_lost_database_is_unavailable_and_never_internal() {
    let service = Service::new().await;
    let caller = service.caller();
    caller.list(&[]).await.expect(200);
    let database_url = service.home.database_url();
    let (url, name) = database_url.rsplit_once('/').unwrap();
    let name = percent_decode_str(name).decode_utf8().unwrap();
    let psql = |sql: String| {
        let run = Command::new("psql")
            .args(["--quiet", "--no-psqlrc", "-c", &sql])
            .arg(format!("{url}/postgres"))
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
    };
    psql(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    psql(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
    let refused = eventually("an outage", async || {
        let answer = caller.list(&[]).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(
        refused
            .expect_error(503, "unavailable")
            .header("retry-after")
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    let body = individual();
    caller
        .create_as("k", &body)
        .await
        .expect_error(503, "unavailable");
    let readiness = Answer::unchecked(Client::new().get(format!("{}/readyz", service.url)))
        .await
        .expect(503);
    assert_eq!(readiness.json()["status"], "not_ready");
    psql(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    eventually("a return", async || {
        (caller.list(&[]).await.status == 200).then_some(())
    })
    .await;
    caller.create_as("k", &body).await.expect(201);
}
