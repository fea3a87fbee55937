//! A service that dies in the middle of an upload or of a submission, and what its successor makes of what is left.

use reqwest::Body;
use serde_json::json;
use tokio::sync::mpsc;

use crate::harness::{
    Caller, Home, Service, ending, eventually, individual, jpeg, kept_documents, pdf,
};

async fn dies(service: &Service) {
    let status = service.process.ends().await;
    assert!(!status.success() && status.code().is_none(), "{status}");
}

#[tokio::test]
async fn in_the_middle_of_an_upload() {
    let home = Home::new().await;
    let doomed = home.serve().await;
    let caller = doomed.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let (url, file) = caller.new_file(&id, "id_document", "image/jpeg").await;
    // More than a part of the object, and then nothing more.
    let (sender, receiver) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    let uploading = tokio::spawn(caller.putting(&url).body(Body::wrap_stream(stream)).send());
    for _ in 0..7 {
        sender.send(Ok(jpeg(1024 * 1024))).await.unwrap();
    }
    eventually("something of the object", async || {
        let kept = kept_documents(&home.folder);
        let has_come = kept
            .iter()
            .any(|path| path.metadata().is_ok_and(|file| file.len() > 0));
        has_come.then_some(())
    })
    .await;
    doomed.process.kill();
    assert!(uploading.await.unwrap().is_err());

    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    let early = caller.attach(&id, &[("id_document", &file)]).await;
    assert_eq!(early.json()["error"]["detail"]["reason"], "not_uploaded");
    // The URL is as good as before, and the whole file counts.
    caller.put(&url, jpeg(6 * 1024 * 1024)).await.expect(200);
    caller
        .attach(&id, &[("id_document", &file)])
        .await
        .expect(200);
}

#[tokio::test]
async fn between_the_object_and_its_row() {
    let home = Home::new().await;
    let doomed = home
        .clone()
        .set("VOUCH_CRASH_AT", "upload_stored")
        .serve()
        .await;
    let caller = doomed.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let (url, file) = caller.new_file(&id, "id_document", "image/jpeg").await;
    assert!(caller.putting(&url).body(jpeg(1_000)).send().await.is_err());
    dies(&doomed).await;
    assert_eq!(kept_documents(&home.folder).len(), 1);

    // What is left of the dead is swept when it is old enough.
    let database = home.database().client().await;
    let aged = "UPDATE upload_attempts SET begun_at = begun_at - interval '2 hours'";
    assert_eq!(database.execute(aged, &[]).await.unwrap(), 1);
    let successor = home.serve().await;
    eventually("the sweeper", async || {
        kept_documents(&home.folder).is_empty().then_some(())
    })
    .await;
    let caller = Caller::new(&successor.url, &caller.key);
    caller.put(&url, jpeg(1_000)).await.expect(200);
    caller
        .attach(&id, &[("id_document", &file)])
        .await
        .expect(200);
}

/// Has a service die at a step of a submission, and its successor finish: in the end one review at the rail.
async fn dies_at(step: &str) {
    let home = Home::new().await.set("VOUCH_SANDBOX_DECISION_MS", "100");
    let doomed = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
    let caller = doomed.caller();
    let body = ending(&individual(), "7777");
    let id = caller.create(&body).await.expect(201).id();
    let mut files = Vec::new();
    for category in ["id_document", "proof_of_address"] {
        files.push((
            category,
            caller.uploaded(&id, category, pdf(category)).await,
        ));
    }
    let slots: Vec<_> = files.iter().map(|(slot, file)| (*slot, &**file)).collect();
    caller.attach(&id, &slots).await.expect(200);
    // It may die before the answer is out.
    let submit = caller.about(reqwest::Method::POST, &id, "kyc").send().await;
    if let Ok(answer) = submit {
        assert_eq!(answer.status(), 202);
    }
    dies(&doomed).await;

    // The lease of the dead lasts a little longer.
    let database = home.database().client().await;
    let freed = "UPDATE kyc_jobs SET leased_until = now(), due_at = now()";
    assert_eq!(database.execute(freed, &[]).await.unwrap(), 1);
    let successor = home.serve().await;
    let caller = Caller::new(&successor.url, &caller.key);
    caller.comes_to(&id, "verified").await;
    let submissions = caller.submissions(&id).await;
    assert_eq!(submissions.len(), 1);
    assert_eq!(submissions[0]["status"], json!("approved"));
    let rail = successor.rail();
    let reviews = rail.submissions(&rail.id_of(&body).await).await;
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    let left = database.query("SELECT FROM kyc_jobs", &[]).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test]
async fn after_the_rail_got_a_file() {
    dies_at("file_sent").await;
    dies_at("file_sent:2").await;
}

#[tokio::test]
async fn before_the_review_begins() {
    dies_at("review_starting").await;
}

#[tokio::test]
async fn after_the_review_began() {
    dies_at("review_started").await;
}
