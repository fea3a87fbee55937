use std::path::Path;

use vouch_local_postgres::{EnsureDatabaseError, Options, start};

use crate::support::{
    DataDir, ask, ask_at, binaries_with, connect, installed_binaries, is_stopped, options,
};

#[tokio::test]
async fn a_fresh_start_is_durable_utf8_and_off_the_network() {
    let folder = DataDir::new();
    let postgres = start(Options::new(folder.join("made/on/the/way")))
        .await
        .unwrap();

    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", ""),
    ] {
        assert_eq!(
            ask(&postgres, &format!("SHOW {setting}")).await,
            value,
            "{setting}"
        );
    }
    let encoding =
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'";
    assert_eq!(ask(&postgres, encoding).await, "UTF8");
    let locale = ask(
        &postgres,
        "SELECT datcollate FROM pg_database WHERE datname = 'template1'",
    )
    .await;
    assert!(["C.UTF-8", "C"].contains(&locale.as_str()), "{locale}");
    assert_eq!(ask(&postgres, "SELECT CURRENT_USER::text").await, "vouch");
    assert_eq!(
        postgres.data_dir(),
        folder
            .path()
            .canonicalize()
            .unwrap()
            .join("made/on/the/way")
    );
    postgres.release().await;
}

#[tokio::test]
async fn a_restart_keeps_the_data() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    connect(&postgres.admin_url())
        .await
        .batch_execute("CREATE TABLE t AS SELECT 'kept' AS v")
        .await
        .unwrap();
    postgres.release().await;
    assert!(is_stopped(folder.path()));

    let postgres = folder.start().await;
    assert_eq!(ask(&postgres, "SELECT v FROM t").await, "kept");
    postgres.release().await;
}

#[tokio::test]
async fn dropping_stops_the_server_too() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    assert!(!is_stopped(folder.path()));
    drop(postgres);
    assert!(is_stopped(folder.path()));
}

#[tokio::test]
async fn ensure_database_creates_once_also_for_many_at_once() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let (first, second, third) = tokio::join!(
        postgres.ensure_database("vouch"),
        postgres.ensure_database("vouch"),
        postgres.ensure_database("vouch")
    );
    let url = first.unwrap();
    assert_eq!(
        [second.unwrap(), third.unwrap()],
        [url.clone(), url.clone()]
    );
    assert_eq!(postgres.ensure_database("vouch").await.unwrap(), url);
    assert_eq!(
        ask_at(&url, "SELECT current_database()::text").await,
        "vouch"
    );
    postgres.release().await;
}

#[tokio::test]
async fn ensure_database_takes_plain_names_only() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    for name in ["", "1st", "Vouch", "a b", "a\"b", "é", &"a".repeat(64)] {
        let outcome = postgres.ensure_database(name).await;
        assert!(
            matches!(outcome, Err(EnsureDatabaseError::InvalidName)),
            "{name:?}: {outcome:?}"
        );
    }
    assert!(postgres.ensure_database(&"a".repeat(63)).await.is_ok());
    postgres.release().await;
}

#[tokio::test]
async fn settings_can_be_chosen_but_not_the_private_ones() {
    let folder = DataDir::new();
    let mut options = folder.options();
    let chosen = [
        ("max_connections", "37"),
        ("listen_addresses", "127.0.0.1"),
        ("log_statement", "all"),
    ];
    options.settings = chosen
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let postgres = start(options).await.unwrap();

    for (setting, value) in [
        ("max_connections", "37"),
        ("listen_addresses", ""),
        ("log_statement", "none"),
        ("fsync", "off"),
    ] {
        assert_eq!(
            ask(&postgres, &format!("SHOW {setting}")).await,
            value,
            "{setting}"
        );
    }
    postgres.release().await;
}

#[tokio::test]
async fn a_long_data_folder_has_its_socket_elsewhere() {
    let folder = DataDir::new();
    let long = folder.join("long-".repeat(20)).join("longer-".repeat(20));
    let postgres = start(options(&long)).await.unwrap();

    let socket_folder = ask(&postgres, "SHOW unix_socket_directories").await;
    let socket_folder = Path::new(socket_folder.trim_matches('"'));
    assert_eq!(socket_folder.parent(), Some(Path::new("/tmp")));
    assert!(postgres.cluster_dir().starts_with(&long));
    postgres.release().await;
    std::fs::remove_dir(socket_folder).unwrap();
}

#[tokio::test]
async fn awkward_characters_in_the_path_are_no_problem() {
    let folder = DataDir::new();
    let postgres = start(options(&folder.join("a, 'b' \"c\" %41 é@:/d")))
        .await
        .unwrap();
    assert_eq!(ask(&postgres, "SELECT 'ok'").await, "ok");
    postgres.release().await;
}

#[tokio::test]
async fn a_platform_without_the_locale_gets_the_plain_one() {
    let folder = DataDir::new();
    let initdb = installed_binaries().join("initdb");
    let script = format!(
        "case \"$*\" in *--locale=C.UTF-8*) exit 1;; esac\nexec '{}' \"$@\"",
        initdb.display()
    );
    let lacking = binaries_with(&folder, "initdb", &script);
    let postgres = start(Options {
        binaries: vec![lacking],
        ..folder.options()
    })
    .await
    .unwrap();

    let query = "SELECT datcollate || pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'";
    assert_eq!(ask(&postgres, query).await, "CUTF8");
    postgres.release().await;
}

#[tokio::test]
async fn an_existing_cluster_gets_the_version_that_made_it() {
    let folder = DataDir::new();
    folder.start().await.release().await;
    let newer = binaries_with(&folder, "postgres", "echo 'postgres (PostgreSQL) 150.1'");
    let both = Options {
        binaries: vec![newer, installed_binaries()],
        ..folder.options()
    };
    start(both).await.unwrap().release().await;
}
