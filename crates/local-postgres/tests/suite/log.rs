use std::fs;

use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use crate::support::{DataDir, PATIENCE, connect, kill_9};

const CANARY: &str = "canary-4711";

#[tokio::test]
async fn no_value_of_a_failed_statement_is_logged() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let client = connect(&postgres.admin_url()).await;
    client
        .batch_execute("CREATE TABLE t (v text PRIMARY KEY)")
        .await
        .unwrap();
    client
        .execute("INSERT INTO t VALUES ($1)", &[&CANARY])
        .await
        .unwrap();

    let twice = client
        .execute("INSERT INTO t VALUES ($1)", &[&CANARY])
        .await
        .unwrap_err();
    assert_eq!(twice.code(), Some(&SqlState::UNIQUE_VIOLATION));
    let in_text = client
        .batch_execute(&format!("INSERT INTO t VALUES ('{CANARY}')"))
        .await
        .unwrap_err();
    assert_eq!(in_text.code(), Some(&SqlState::UNIQUE_VIOLATION));
    let quoted = client
        .batch_execute(&format!("SELECT '{CANARY}'::integer"))
        .await
        .unwrap_err();
    assert_eq!(quoted.code(), Some(&SqlState::INVALID_TEXT_REPRESENTATION));

    let log = fs::read_to_string(postgres.log_file()).unwrap();
    assert!(
        log.contains("ready to accept connections"),
        "the right file: {log}"
    );
    assert!(!log.contains(CANARY), "{log}");
    postgres.release().await;
}

/// PostgreSQL reports the statement during which a process died.
#[tokio::test]
async fn nor_the_statement_of_a_process_that_was_killed() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let client = connect(&postgres.admin_url()).await;
    let pid: i32 = client
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0);
    let statement = format!("SELECT pg_sleep(600), '{CANARY}'");
    let watcher = connect(&postgres.admin_url()).await;
    let killed = async {
        let sleeping = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while watcher
            .query_opt(sleeping, &[&pid])
            .await
            .unwrap()
            .is_none()
        {}
        kill_9(nix::unistd::Pid::from_raw(pid));
    };
    let (outcome, killed) =
        tokio::join!(client.batch_execute(&statement), timeout(PATIENCE, killed));
    assert!(outcome.is_err() && killed.is_ok());

    // The server recovers by itself; that it did so means that it has written about the death.
    let again = folder.start().await;
    let log = fs::read_to_string(again.log_file()).unwrap();
    assert!(log.contains("was terminated by signal 9"), "{log}");
    assert!(!log.contains(CANARY), "{log}");
    again.release().await;
    postgres.release().await;
}
