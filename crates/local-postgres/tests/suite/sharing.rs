use crate::support::{DataDir, Holder, ask, ask_at, is_stopped};

#[tokio::test]
async fn of_several_starters_one_starts_and_the_last_out_stops() {
    let folder = DataDir::new();
    let mut holders = [(); 4].map(|()| Holder::spawn(folder.path()));
    let urls: Vec<String> = holders.iter_mut().map(Holder::url).collect();
    assert!(urls.iter().all(|url| url == &urls[0]));
    let postmaster = folder.postmaster();

    for holder in holders {
        assert!(!is_stopped(folder.path()));
        assert_eq!(ask_at(&urls[0], "SELECT 'alive'").await, "alive");
        assert_eq!(folder.postmaster(), postmaster);
        holder.let_go();
    }
    assert!(is_stopped(folder.path()));
}

#[tokio::test]
async fn two_tasks_of_one_process_share_a_server() {
    let folder = DataDir::new();
    let (first, second) = tokio::join!(folder.start(), folder.start());
    first.release().await;
    assert_eq!(ask(&second, "SELECT 'alive'").await, "alive");
    second.release().await;
    assert!(is_stopped(folder.path()));
}

#[tokio::test]
async fn starting_while_others_leave_always_ends_with_a_usable_server() {
    let folder = DataDir::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let options = folder.options();
        tasks.spawn(async move {
            for _ in 0..4 {
                let postgres = vouch_local_postgres::start(options.clone()).await.unwrap();
                assert_eq!(ask(&postgres, "SELECT 'usable'").await, "usable");
                postgres.release().await;
            }
        });
    }
    tasks.join_all().await;
    assert!(is_stopped(folder.path()));
}

/// The server must neither keep the users' lock nor any of our pipes, and an interrupt typed in the
/// terminal goes to our process group, not to its.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_inherits_its_own_lock_and_log_only() {
    use std::fs;

    let folder = DataDir::new();
    let mut holder = Holder::spawn(folder.path());
    holder.url();
    let process = format!("/proc/{}", folder.postmaster());
    let open: Vec<String> = fs::read_dir(format!("{process}/fd"))
        .unwrap()
        .map(|entry| {
            fs::read_link(entry.unwrap().path())
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    let standard: Vec<String> = (0..3)
        .map(|number| {
            fs::read_link(format!("{process}/fd/{number}"))
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    let path = |name: &str| {
        folder
            .join(name)
            .canonicalize()
            .unwrap()
            .display()
            .to_string()
    };
    assert_eq!(
        standard,
        [
            path("postgres-server.lock"),
            path("postgres.log"),
            path("postgres.log")
        ]
    );
    assert!(!open.contains(&path("postgres.lock")), "{open:?}");

    let stat = fs::read_to_string(format!("{process}/stat")).unwrap();
    let group = stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap();
    assert_eq!(group, folder.postmaster().to_string());
    holder.let_go();
}
