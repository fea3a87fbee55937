//! Several processes on the same data.

use reqwest::Client;

use crate::harness::{Answer, Caller, Home, individual};

#[tokio::test]
async fn two_processes_on_one_data_folder_share_database_and_sandbox() {
    let home = Home::local();
    let first = home.serve().await;
    let second = home.serve().await;
    let here = first.caller();
    let there = Caller::new(&second.url, &here.key);
    let (one, two) = (individual(), individual());
    let made = here.create(&one).await.expect(201);
    assert_eq!(
        there.retrieve(&made.id()).await.expect(200).json(),
        made.json()
    );
    there.create(&two).await.expect(201);
    assert_eq!(here.list(&[]).await.references().len(), 2);
    for body in [&one, &two] {
        assert_eq!(first.rail().records_of(body).await.len(), 1);
    }
    // The first to leave does not take the database along.
    assert!(second.process.stop().await.success());
    here.create(&individual()).await.expect(201);
    assert!(first.process.stop().await.success());
    assert_eq!(home.folder.postmaster(), None);
}

#[tokio::test]
async fn identical_requests_to_two_processes_make_one_customer() {
    let home = Home::new().await;
    let (first, second) = (home.serve().await, home.serve().await);
    let here = first.caller();
    let there = Caller::new(&second.url, &here.key);
    for round in 0..5 {
        let (key, body) = (format!("k{round}"), individual());
        let (one, other) = tokio::join!(here.create_as(&key, &body), there.create_as(&key, &body));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!((statuses, &one.text), ([200, 201], &other.text));
        assert_eq!(first.rail().records_of(&body).await.len(), 1);
    }
}

#[tokio::test]
async fn a_sandbox_that_the_database_does_not_know_is_not_used() {
    let home = Home::new().await;
    let first = home.serve().await;
    let here = first.caller();
    let id = here.create(&individual()).await.expect(201).id();
    let stranger = home.elsewhere();
    let second = stranger.serve().await;
    let there = Caller::new(&second.url, &here.key);
    there
        .create(&individual())
        .await
        .expect_error(503, "unavailable");
    there.retrieve(&id).await.expect(200);
    second.process.logs("VOUCH_RAIL_TEST_URL").await;
    let readiness = Answer::to(Client::new().get(format!("{}/readyz", second.url)))
        .await
        .expect(200);
    assert!(
        readiness.text.contains("VOUCH_RAIL_TEST_URL"),
        "{}",
        readiness.text
    );
    drop(second);

    let told = stranger
        .set("VOUCH_RAIL_TEST_URL", &first.rail().url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key");
    let second = told.serve().await;
    let there = Caller::new(&second.url, &here.key);
    let body = individual();
    there.create(&body).await.expect(201);
    assert_eq!(first.rail().records_of(&body).await.len(), 1);
    let readiness = Answer::to(Client::new().get(format!("{}/readyz", second.url)))
        .await
        .expect(200);
    assert!(
        !readiness.text.contains("VOUCH_RAIL_TEST_URL"),
        "{}",
        readiness.text
    );
}
