//! The state folder: restarts, damage, and who may use it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
};

use serde_json::json;
use tempfile::TempDir;
use vouch_sandbox_rail::{OpenError, Options, StartError, start};

use crate::harness::{Sandbox, business, individual};

fn append(folder: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(folder.join("journal.jsonl"))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

async fn start_error(folder: &Path) -> OpenError {
    match start(Options::new(folder)).await {
        Err(StartError::State(error)) => error,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("started"),
    }
}

#[tokio::test]
async fn a_restart_keeps_customers_and_identity() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    sandbox.created(&business("1")).await;
    sandbox.put(&id, &json!({ "phone": "1" })).await;
    sandbox.decide(&id, "VERIFIED").await;
    let (stored, instance_id) = (sandbox.stored().await, sandbox.rail.instance_id());

    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(sandbox.stored().await, stored);
    assert_eq!(sandbox.rail.instance_id(), instance_id);
    assert_eq!(
        sandbox.create(&business("1")).await.0,
        422,
        "the indexes are rebuilt"
    );
}

#[tokio::test]
async fn each_folder_has_its_own_identity() {
    let (one, other) = (Sandbox::start().await, Sandbox::start().await);
    assert_ne!(one.rail.instance_id(), other.rail.instance_id());
    assert_ne!(one.rail.url(), other.rail.url());
}

#[tokio::test]
async fn an_answered_create_is_on_disk() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let journal = fs::read_to_string(sandbox.folder.path().join("journal.jsonl")).unwrap();
    assert!(journal.ends_with('\n') && journal.contains(&id));
}

#[tokio::test]
async fn a_start_drops_lines_that_no_longer_count() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    for phone in ["1", "2", "3"] {
        sandbox.put(&id, &json!({ "phone": phone })).await;
    }
    let lines = |folder: &Path| {
        fs::read_to_string(folder.join("journal.jsonl"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(lines(sandbox.folder.path()), 5);
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(lines(sandbox.folder.path()), 2);
    assert_eq!(sandbox.stored().await[0]["phone"], "3");
}

#[tokio::test]
async fn a_torn_last_line_is_dropped() {
    let sandbox = Sandbox::start().await;
    sandbox.created(&individual("a@example.com")).await;
    let sandbox = sandbox
        .restart(|folder| append(folder, r#"{"id":"0193"#))
        .await;
    assert_eq!(sandbox.stored().await.len(), 1);
    sandbox.created(&individual("b@example.com")).await;
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(sandbox.stored().await.len(), 2);
}

#[tokio::test]
async fn damage_elsewhere_is_reported_and_left_alone() {
    let folder = TempDir::new().unwrap();
    start(Options::new(folder.path()))
        .await
        .unwrap()
        .stop()
        .await;
    append(folder.path(), "not a record\n{}\n");
    let before = fs::read(folder.path().join("journal.jsonl")).unwrap();
    let error = start_error(folder.path()).await;
    assert!(
        matches!(error, OpenError::Damaged { line: 2, .. }),
        "{error:?}"
    );
    assert_eq!(
        fs::read(folder.path().join("journal.jsonl")).unwrap(),
        before
    );
}

#[tokio::test]
async fn a_folder_serves_one_sandbox_at_a_time() {
    let sandbox = Sandbox::start().await;
    let error = start_error(sandbox.folder.path()).await;
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains("in use"));
    sandbox.restart(|_| {}).await;
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_is_reported() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(start_error(&file).await, OpenError::Io { .. }));
}

#[tokio::test]
async fn a_taken_address_is_reported() {
    let sandbox = Sandbox::start().await;
    let folder = TempDir::new().unwrap();
    let mut options = Options::new(folder.path());
    options.listen = sandbox
        .rail
        .url()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    assert!(matches!(
        start(options).await,
        Err(StartError::Listen { .. })
    ));
}

#[tokio::test]
async fn concurrent_creates_are_all_kept() {
    let sandbox = Sandbox::start().await;
    let creates: Vec<_> = (0..40)
        .map(|number| {
            tokio::spawn(
                sandbox
                    .creation(&individual(&format!("{number}@example.com")))
                    .send(),
            )
        })
        .collect();
    for create in creates {
        assert_eq!(create.await.unwrap().unwrap().status(), 201);
    }
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(sandbox.stored().await.len(), 40);
}

#[tokio::test]
async fn a_journal_of_bare_customers_is_read() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let sandbox = sandbox
        .restart(|folder| {
            let path = folder.join("journal.jsonl");
            let journal = fs::read_to_string(&path).unwrap();
            let (header, step) = journal.trim_end().split_once('\n').unwrap();
            let step: serde_json::Value = serde_json::from_str(step).unwrap();
            let mut customer = step[0]["customer"].clone();
            let fields = customer.as_object_mut().unwrap();
            for later in ["files", "documents", "submission"] {
                fields.remove(later).unwrap();
            }
            fs::write(&path, format!("{header}\n{customer}\n")).unwrap();
        })
        .await;
    assert_eq!(sandbox.stored().await[0]["id"], id);
}
