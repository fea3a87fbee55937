use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use vouch_local_postgres::{Options, StartError, start};

use crate::support::{DataDir, binaries_with, is_stopped};

#[tokio::test]
async fn without_binaries_the_error_names_the_package() {
    let folder = DataDir::new();
    let nowhere = Options {
        binaries: vec![folder.join("bin")],
        ..folder.options()
    };
    let message = start(nowhere).await.unwrap_err().to_string();
    assert!(
        message.starts_with("PostgreSQL is not installed: ") && message.contains("postgresql"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1);
    assert!(!folder.join("postgres").exists());
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_installed_is_named() {
    let folder = DataDir::new();
    folder.start().await.release().await;
    fs::write(folder.join("postgres/PG_VERSION"), "9\n").unwrap();
    let error = folder.try_start().await.unwrap_err();
    assert!(
        matches!(&error, StartError::VersionMissing { version, .. } if version == "9"),
        "{error}"
    );
}

#[tokio::test]
async fn a_foreign_server_on_the_socket_is_never_used() {
    let ours = DataDir::new();
    let other = DataDir::new();
    ours.start().await.release().await;
    let foreign = other.start().await;
    let name = ".s.PGSQL.5432";
    symlink(
        other.join("postgres-socket").join(name),
        ours.join("postgres-socket").join(name),
    )
    .unwrap();

    let error = ours.try_start().await.unwrap_err();
    let StartError::ForeignServer { socket, found } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        socket,
        &ours
            .path()
            .canonicalize()
            .unwrap()
            .join("postgres-socket")
            .join(name)
    );
    assert!(
        found.contains(&foreign.cluster_dir().display().to_string()),
        "{found}"
    );
    assert!(
        !is_stopped(other.path()),
        "the foreign server must be left alone"
    );
    assert!(is_stopped(ours.path()));
    foreign.release().await;
}

#[tokio::test]
async fn a_planted_socket_folder_is_refused() {
    let folder = DataDir::new();
    let elsewhere = DataDir::new();
    let socket_folder = folder.join("postgres-socket");

    symlink(elsewhere.path(), &socket_folder).unwrap();
    let error = folder.try_start().await.unwrap_err();
    assert!(
        matches!(
            error,
            StartError::UnsafeFolder {
                problem: "is not a folder",
                ..
            }
        ),
        "{error}"
    );

    fs::remove_file(&socket_folder).unwrap();
    fs::create_dir(&socket_folder).unwrap();
    fs::set_permissions(&socket_folder, Permissions::from_mode(0o755)).unwrap();
    let error = folder.try_start().await.unwrap_err();
    assert!(
        matches!(
            error,
            StartError::UnsafeFolder {
                problem: "is open to others",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_moved_data_folder_is_not_given_another_cluster() {
    let folder = DataDir::new();
    fs::write(
        folder.join("postgres-location"),
        "/var/lib/vouch/of-another-folder\n",
    )
    .unwrap();
    let error = folder.try_start().await.unwrap_err();
    assert!(matches!(error, StartError::Moved { .. }), "{error}");
}

#[tokio::test]
async fn waiting_for_someone_else_is_bounded() {
    let folder = DataDir::new();
    let hung = File::create(folder.join("postgres-server.lock")).unwrap();
    hung.lock().unwrap();
    let impatient = Options {
        start_timeout: Duration::from_millis(200),
        ..folder.options()
    };
    let error = start(impatient).await.unwrap_err();
    assert!(matches!(error, StartError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_stops_at_once_is_reported_with_its_log() {
    let folder = DataDir::new();
    let wrong = ("no_such_setting".to_owned(), "1".to_owned());
    let error = start(Options {
        settings: vec![wrong],
        ..folder.options()
    })
    .await
    .unwrap_err();
    let StartError::ServerExited { log } = &error else {
        panic!("{error}");
    };
    assert!(fs::read_to_string(log).unwrap().contains("no_such_setting"));
}

#[tokio::test]
async fn what_initdb_complains_about_is_reported_on_one_line() {
    let folder = DataDir::new();
    let failing = binaries_with(
        &folder,
        "initdb",
        "printf 'no space\\n  left\\n' >&2; exit 1",
    );
    let options = Options {
        binaries: vec![failing],
        ..folder.options()
    };
    let error = start(options).await.unwrap_err();
    assert_eq!(error.to_string(), "initdb failed: no space; left");
    assert!(!folder.join("postgres").exists());
}
