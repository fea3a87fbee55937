use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};
use vouch_local_postgres::start;

use crate::support::{
    DataDir, Holder, ask, ask_at, install, is_root, is_stopped, options, postmaster,
    unprivileged_user,
};

#[tokio::test]
async fn the_cluster_belongs_to_an_unprivileged_user() {
    let folder = DataDir::new();
    let postgres = folder.start().await;
    let owner = if is_root() {
        unprivileged_user().uid
    } else {
        geteuid()
    };
    assert!(!owner.is_root());
    for name in ["postgres", "postgres-socket"] {
        let metadata = fs::metadata(folder.join(name)).unwrap();
        assert_eq!(
            (metadata.uid(), metadata.mode() & 0o777),
            (owner.as_raw(), 0o700),
            "{name}"
        );
    }
    #[cfg(target_os = "linux")]
    assert_eq!(
        fs::metadata(format!("/proc/{}", folder.postmaster()))
            .unwrap()
            .uid(),
        owner.as_raw()
    );
    postgres.release().await;
}

/// Removes what lies outside the data folder, also when the test fails.
struct Outside(PathBuf);

impl Drop for Outside {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn below_a_private_parent_the_cluster_is_where_its_owner_can_reach_it() {
    let parent = DataDir::with_mode(0o700);
    let data_dir = parent.join("data");
    let postgres = start(options(&data_dir)).await.unwrap();
    let record = data_dir.join("postgres-location");
    if !is_root() {
        // One's own folder is always within reach.
        assert_eq!(postgres.cluster_dir(), data_dir.join("postgres"));
        assert!(!record.exists());
        return postgres.release().await;
    }

    let home = PathBuf::from(fs::read_to_string(&record).unwrap().trim_end());
    let _outside = Outside(home.clone());
    assert_eq!(home.parent(), Some(Path::new("/var/lib/vouch")));
    assert_eq!(postgres.cluster_dir(), home.join("postgres"));
    let first = postmaster(&home.join("postgres"));

    // Found again by the record alone, even if the folder has come within reach.
    fs::set_permissions(parent.path(), Permissions::from_mode(0o711)).unwrap();
    let again = start(options(&data_dir)).await.unwrap();
    assert_eq!(postmaster(&again.cluster_dir()), first);
    again.release().await;
    postgres.release().await;
    assert!(is_stopped(&home));
}

#[tokio::test]
async fn a_cluster_that_outlived_its_data_folder_is_not_taken_for_a_new_one() {
    let parent = DataDir::with_mode(0o700);
    let data_dir = parent.join("data");
    let postgres = start(options(&data_dir)).await.unwrap();
    let cluster = postgres.cluster_dir();
    postgres.release().await;
    fs::remove_dir_all(&data_dir).unwrap();
    let again = start(options(&data_dir)).await;
    if !is_root() {
        // The cluster went with the folder.
        return again.unwrap().release().await;
    }
    let _outside = Outside(cluster.parent().unwrap().to_owned());
    let message = again.err().unwrap().to_string();
    assert!(message.contains(cluster.to_str().unwrap()), "{message}");
}

#[tokio::test]
async fn a_cluster_that_has_come_out_of_reach_is_not_replaced() {
    let parent = DataDir::new();
    let data_dir = parent.join("data");
    start(options(&data_dir)).await.unwrap().release().await;
    fs::set_permissions(parent.path(), Permissions::from_mode(0o700)).unwrap();

    match start(options(&data_dir)).await {
        Ok(postgres) => {
            assert!(!is_root(), "root must not make a second cluster");
            postgres.release().await;
        }
        Err(error) => {
            let user = unprivileged_user().name;
            assert_eq!(
                error.to_string(),
                format!(
                    "user `{user}`, who owns the cluster, cannot reach {}",
                    data_dir.display()
                )
            );
        }
    }
}

#[tokio::test]
async fn a_user_who_is_not_root_owns_the_cluster_and_root_may_join() {
    let folder = DataDir::new();
    let user = if is_root() {
        let nobody = User::from_name("nobody").unwrap().unwrap();
        chown(
            folder.path(),
            Some(nobody.uid.as_raw()),
            Some(nobody.gid.as_raw()),
        )
        .unwrap();
        nobody
    } else {
        User::from_uid(geteuid()).unwrap().unwrap()
    };
    // The build's own folder may be out of the user's reach.
    let program = folder.join("hold-local-postgres");
    install(
        Path::new(env!("CARGO_BIN_EXE_hold-local-postgres")),
        &program,
    );

    let mut holder = Holder::spawn_as(&user, &program, folder.path());
    let url = holder.url();
    assert_eq!(ask_at(&url, "SELECT CURRENT_USER::text").await, "vouch");
    assert_eq!(
        fs::metadata(folder.join("postgres")).unwrap().uid(),
        user.uid.as_raw()
    );

    let postgres = folder.start().await;
    holder.let_go();
    assert_eq!(ask(&postgres, "SELECT 'alive'").await, "alive");
    postgres.release().await;
    assert!(is_stopped(folder.path()));

    // Root starts it again for its owner.
    let postgres = folder.start().await;
    #[cfg(target_os = "linux")]
    assert_eq!(
        fs::metadata(format!("/proc/{}", folder.postmaster()))
            .unwrap()
            .uid(),
        user.uid.as_raw()
    );
    postgres.release().await;
}
