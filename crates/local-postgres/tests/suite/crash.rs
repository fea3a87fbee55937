use std::fs;

use vouch_local_postgres::{Options, start};

use crate::support::{
    Bystander, DataDir, Holder, ask, ask_at, connect, is_stopped, kill_9, wait_until,
};

#[tokio::test]
async fn a_killed_postmaster_is_replaced_while_others_still_use_the_cluster() {
    let folder = DataDir::new();
    let first = start(Options::new(folder.path())).await.unwrap();
    connect(&first.admin_url())
        .await
        .batch_execute("CREATE TABLE t AS SELECT 'kept' AS v")
        .await
        .unwrap();
    let killed = folder.postmaster();
    kill_9(killed);

    let second = start(Options::new(folder.path())).await.unwrap();
    assert_ne!(folder.postmaster(), killed);
    assert_eq!(ask(&second, "SELECT v FROM t").await, "kept");
    assert_eq!(ask(&first, "SELECT v FROM t").await, "kept");
    first.release().await;
    second.release().await;
    assert!(is_stopped(folder.path()));
}

#[tokio::test]
async fn a_stale_pid_that_is_another_process_now_is_no_obstacle() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let pid_file = folder.join("postgres/postmaster.pid");
    let socket_lock = folder.join("postgres-socket/.s.PGSQL.5432.lock");
    let killed = folder.postmaster();
    kill_9(killed);
    postgres.release().await;
    wait_until("the end of the server's processes", || {
        is_stopped(folder.path())
    });

    // The second pid differs: the two files can stem from different servers.
    let mut bystanders = [Bystander::spawn(), Bystander::spawn()];
    for (file, bystander) in [&pid_file, &socket_lock].into_iter().zip(&bystanders) {
        let content = fs::read_to_string(file).unwrap();
        fs::write(
            file,
            content.replacen(&killed.to_string(), &bystander.pid().to_string(), 1),
        )
        .unwrap();
    }

    let postgres = folder.start().await;
    assert_eq!(ask(&postgres, "SELECT 'ok'").await, "ok");
    postgres.release().await;
    assert!(bystanders.iter_mut().all(Bystander::lives));
}

#[tokio::test]
async fn leaving_a_dead_server_signals_nobody() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let killed = folder.postmaster();
    kill_9(killed);
    wait_until("the end of the server's processes", || {
        is_stopped(folder.path())
    });

    let mut bystander = Bystander::spawn();
    let pid_file = folder.join("postgres/postmaster.pid");
    let content = fs::read_to_string(&pid_file).unwrap();
    fs::write(
        &pid_file,
        content.replacen(&killed.to_string(), &bystander.pid().to_string(), 1),
    )
    .unwrap();

    postgres.release().await;
    assert!(bystander.lives());
}

#[tokio::test]
async fn the_server_survives_its_user_and_is_taken_over() {
    let folder = DataDir::new();
    let mut holder = Holder::spawn(folder.path());
    let url = holder.url();
    let postmaster = folder.postmaster();
    holder.kill_9();
    assert_eq!(ask_at(&url, "SELECT 'alive'").await, "alive");

    let postgres = folder.start().await;
    assert_eq!(folder.postmaster(), postmaster);
    postgres.release().await;
    wait_until("the end of the server's processes", || {
        is_stopped(folder.path())
    });
}

#[tokio::test]
async fn a_user_killed_during_initdb_leaves_nothing_that_is_trusted() {
    let folder = DataDir::new();
    let holder = Holder::spawn(folder.path());
    wait_until("the begin of initdb", || {
        folder.join("postgres.unfinished/PG_VERSION").exists()
    });
    holder.kill_9();
    assert!(
        !folder.join("postgres").exists(),
        "initdb was faster than the kill"
    );

    let postgres = folder.start().await;
    assert_eq!(ask(&postgres, "SELECT 'ok'").await, "ok");
    assert!(!folder.join("postgres.unfinished").exists());
    postgres.release().await;
}

#[tokio::test]
async fn the_rest_of_an_interrupted_initdb_is_thrown_away() {
    let folder = DataDir::new();
    let rest = folder.join("postgres.unfinished");
    fs::create_dir_all(rest.join("base/1")).unwrap();
    fs::write(rest.join("PG_VERSION"), "15\n").unwrap();

    let postgres = folder.start().await;
    assert!(!rest.exists());
    assert_eq!(ask(&postgres, "SELECT 'ok'").await, "ok");
    postgres.release().await;
}
