//! An empty data folder, and what becomes of it.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use serde_json::Value;

use crate::harness::{Caller, Home, Service, individual, signal};

/// The commands that a first start prints: for the Remittance API, and for the Treasury API.
async fn printed_curls(service: &Service) -> [String; 2] {
    service.process.says("\"business\" }'").await;
    let output = service.process.output();
    let paragraphs = output.split("\n\n").map(str::trim);
    let curls = paragraphs.filter(|paragraph| paragraph.starts_with("curl "));
    let curls: Vec<_> = curls.map(str::to_owned).collect();
    curls.try_into().expect("two curls")
}

/// Pastes a command into a shell; answers with what came back.
fn paste(curl: &str) -> Value {
    let run = Command::new("sh")
        .args(["-c", &format!("{curl} --silent --show-error")])
        .output()
        .unwrap();
    serde_json::from_slice(&run.stdout).unwrap()
}

fn demo_key(home: &Home) -> String {
    let file = fs::read(home.folder.join("demo-keys.json")).expect("the demo keys");
    let keys: Value = serde_json::from_slice(&file).unwrap();
    keys["remittance_test"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_curls_work_when_pasted() {
    let home = Home::local();
    let service = home.serve().await;
    let [remittance, treasury] = printed_curls(&service).await;
    let customer = paste(&remittance);
    assert_eq!(
        (&customer["object"], &customer["status"]),
        (&"customer".into(), &"pending".into()),
        "{customer}"
    );
    let mode = fs::metadata(home.folder.join("demo-keys.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    for private in ["master-key", "sandbox-rail.json"] {
        let mode = fs::metadata(home.folder.join(private))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{private}");
    }
    let caller = Caller::new(&service.url, &demo_key(&home));
    assert_eq!(
        caller.list(&[]).await.expect(200).json()["data"][0],
        customer
    );
    let payer = paste(&treasury);
    assert_eq!(payer["message"], "Customer created", "{payer}");
    let id = payer["data"]["id"].as_str().unwrap();
    let newest = &caller.list(&[]).await.expect(200).json()["data"][0];
    assert_eq!(newest["customer_reference"], id);
    assert!(service.process.stop().await.success());
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_all_is_killed() {
    let home = Home::local();
    let service = home.serve().await;
    let key = demo_key_of(&service, &home).await;
    let caller = Caller::new(&service.url, &key);
    let body = individual();
    let made = caller.create_as("k", &body).await.expect(201);
    let postmaster = home.folder.postmaster().unwrap();
    service.process.kill();
    signal(postmaster, "KILL");

    let service = home.serve().await;
    let caller = Caller::new(&service.url, &demo_key(&home));
    assert_eq!(
        caller.retrieve(&made.id()).await.expect(200).json(),
        made.json()
    );
    let replayed = caller.create_as("k", &body).await.expect(200);
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    assert_eq!(service.rail().records_of(&body).await.len(), 1);
    assert_eq!(demo_key(&home), key);
    assert!(service.process.stop().await.success());
    assert_eq!(home.folder.postmaster(), None);
}

async fn demo_key_of(service: &Service, home: &Home) -> String {
    printed_curls(service).await;
    demo_key(home)
}

#[tokio::test]
async fn operators_need_no_running_service() {
    let home = Home::local();
    let made = home
        .run(&[
            "org",
            "create",
            "--name",
            "Acme",
            "--email",
            "acme@example.com",
            "--json",
        ])
        .json();
    let organisation = made["organisation_id"].as_str().unwrap();
    assert!(organisation.starts_with("ckorg_"));
    let key = home
        .run(&[
            "key",
            "create",
            "--org",
            organisation,
            "--api",
            "remittance",
            "--env",
            "test",
            "--json",
        ])
        .json();
    assert_eq!(
        key.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["key", "key_id"]
    );
    assert_eq!(home.folder.postmaster(), None);
    let service = home.serve().await;
    let caller = Caller::new(&service.url, key["key"].as_str().unwrap());
    caller.create(&individual()).await.expect(201);
    // Beside the running service.
    service.caller().create(&individual()).await.expect(201);
    assert!(home.folder.postmaster().is_some());
    // There is an organisation already, so there is no demo.
    assert!(!home.folder.join("demo-keys.json").exists());
    assert!(service.process.stop().await.success());
}

#[tokio::test]
async fn operators_are_told_what_is_wrong() {
    let service = Service::shared().await;
    let run = |arguments: &[&str]| service.home.run(arguments);
    let nobody = "ckorg_01h455vb4pex5vsknk084sn02q";
    run(&[
        "key",
        "create",
        "--org",
        nobody,
        "--api",
        "remittance",
        "--env",
        "test",
    ])
    .complaint();
    run(&[
        "org",
        "set",
        "--org",
        nobody,
        "--state",
        "active",
        "--remittances",
        "on",
    ])
    .complaint();
    run(&["org", "create", "--name", " ", "--email", "a@example.com"]).complaint();
    for arguments in [
        vec!["org", "create", "--name", "A", "--email", "nonsense"],
        vec![
            "key",
            "create",
            "--org",
            "nonsense",
            "--api",
            "remittance",
            "--env",
            "test",
        ],
        vec![
            "key",
            "create",
            "--org",
            nobody,
            "--api",
            "remittance",
            "--env",
            "prod",
        ],
        vec![
            "key", "create", "--org", nobody, "--api", "payments", "--env", "test",
        ],
        vec![
            "key",
            "create",
            "--org",
            nobody,
            "--api",
            "remittance",
            "--env",
            "test",
            "--allow-ip",
            "300.0.0.1",
        ],
        vec!["key", "revoke", "nonsense"],
        vec!["nonsense"],
    ] {
        let status = service.home.vouch(&arguments).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}
