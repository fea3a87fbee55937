//! Submissions after a rejection, and what the rail says later.

use serde_json::{Value, json};

use crate::harness::{Caller, Home, Rail, Service, ending, eventually, individual};

/// The newest submission, which has this status as soon as its customer has its own.
async fn newest(caller: &Caller, id: &str) -> Value {
    caller.submissions(id).await.remove(0)
}

#[tokio::test]
async fn what_the_rail_said_before_is_no_answer_however_late_the_next_review_shows() {
    let home = Home::new().await;
    let pace = ["--decision-ms", "100", "--resubmission-ms", "1500"];
    let (_running, url) = home.rail("rail", &pace).await;
    // Nobody calls back: somebody looks all the time.
    let service = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key")
        .set("VOUCH_RAIL_TEST_OVERDUE_MS", "100")
        .serve()
        .await;
    let (caller, rail) = (service.caller(), Rail::at(&url));
    let body = ending(&individual(), "0001");
    let id = caller.create(&body).await.expect(201).id();
    let rail_id = rail.id_of(&body).await;
    caller.submit_with(&id, "id_document").await.expect(202);
    caller.comes_to(&id, "rejected").await;
    // With nothing new: what that is worth is for the reviewers to say, who are shown it again.
    caller.submit(&id).await.expect(202);
    let reviews = eventually("the second rejection", async || {
        let story = caller.story(&id).await;
        let reviews = rail.submissions(&rail_id).await;
        (story.len() == 6).then_some(reviews)
    })
    .await;
    let outcomes: Vec<_> = reviews.iter().map(|review| &review["outcome"]).collect();
    assert_eq!(outcomes, ["REJECTED", "REJECTED"], "{reviews:?}");
    let shown = |review: &Value| review["evidence"][0]["sha256"].clone();
    assert_eq!(shown(&reviews[0]), shown(&reviews[1]));
    let story = caller.story(&id).await;
    let expected = ["rejected → pending", "kyc_submitted", "pending → rejected"];
    assert_eq!(story[3..], expected);
    let statuses: Vec<_> = caller
        .submissions(&id)
        .await
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, ["rejected", "rejected"]);
}

#[tokio::test]
async fn a_submission_is_decided_although_the_callback_never_comes() {
    let service = Service::with(&[
        ("VOUCH_SANDBOX_DECISION_MS", "50"),
        ("VOUCH_RAIL_TEST_OVERDUE_MS", "200"),
    ])
    .await;
    let (caller, rail) = (service.caller(), service.rail());
    let body = ending(&individual(), "0005");
    let id = caller.create(&body).await.expect(201).id();
    caller.submit_with(&id, "id_document").await.expect(202);
    caller.comes_to(&id, "verified").await;
    assert_eq!(newest(&caller, &id).await["status"], "approved");
    let calls = rail.deliveries(&rail.id_of(&body).await).await;
    assert_eq!(calls, Vec::<Value>::new());
}

#[tokio::test]
async fn the_newest_submission_says_what_its_customer_says() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "50")]).await;
    let (caller, rail) = (service.caller(), service.rail());
    let body = ending(&individual(), "7777");
    let id = caller.create(&body).await.expect(201).id();
    caller.submit_with(&id, "id_document").await.expect(202);
    caller.comes_to(&id, "verified").await;
    assert_eq!(newest(&caller, &id).await["status"], "approved");
    let rail_id = rail.id_of(&body).await;
    for (word, status, submission, is_rejected) in [
        ("REJECTED", "rejected", "rejected", true),
        ("VERIFIED", "verified", "approved", false),
        ("PENDING", "pending", "incomplete", false),
    ] {
        rail.decide(&rail_id, word).await;
        caller.comes_to(&id, status).await;
        let newest = newest(&caller, &id).await;
        assert_eq!(newest["status"], submission);
        assert_eq!(newest["rejection"].is_object(), is_rejected, "{newest}");
        assert_eq!(newest["missing"], json!([]));
    }
    // Whose decision was taken back may be submitted again.
    caller.submit(&id).await.expect(202);
    caller.comes_to(&id, "verified").await;
    let submissions = caller.submissions(&id).await;
    let statuses: Vec<_> = submissions.iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["approved", "incomplete"]);
}
