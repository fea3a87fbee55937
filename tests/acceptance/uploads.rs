//! Uploads, and everything that may be wrong with one.

use reqwest::{Client, Method};
use serde_json::json;

use crate::harness::{
    Answer, Caller, Service, business, eventually, exchange, held, individual, jpeg,
    kept_documents, pdf, with,
};

async fn customer(caller: &Caller) -> String {
    caller.create(&individual()).await.expect(201).id()
}

#[tokio::test]
async fn a_file_is_uploaded_once() {
    let caller = Caller::of_new_organisation().await;
    let id = customer(&caller).await;
    let file = caller.add_file(&id, "id_document", "image/jpeg").await;
    let file = file.expect(201).json();
    assert_eq!(
        (&file["object"], &file["env"]),
        (&json!("file"), &json!("test"))
    );
    assert_eq!(file["id"], file["file_id"]);
    assert!(file["id"].as_str().unwrap().starts_with("ckfile_"));
    assert_eq!(file["status"], "awaiting_upload");
    assert_eq!(
        file["upload_headers"],
        json!({ "Content-Type": "image/jpeg" })
    );
    let url = file["upload_url"].as_str().unwrap();
    // Nothing that could be anybody's secret is in it but its own signature.
    assert!(!url.contains(&caller.key));
    let uploaded = caller.put(url, jpeg(100_000)).await.expect(200);
    let tag = uploaded.header("etag");
    assert!(tag.len() == 66 && tag.starts_with('"'), "{tag}");
    let again = caller.put(url, jpeg(100_000)).await;
    assert_eq!(
        again.json()["error"]["detail"]["reason"],
        "already_uploaded"
    );
    again.expect_error(409, "invalid_state");
}

#[tokio::test]
async fn of_many_uploads_at_once_one_counts() {
    let caller = Caller::of_new_organisation().await;
    let id = customer(&caller).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let uploads = (0..4).map(|number| caller.put(&url, jpeg(200_000 + number)));
    let answers = futures_util::future::join_all(uploads).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(409)), (1, 3), "{statuses:?}");
}

#[tokio::test]
async fn bytes_that_lie_about_their_type_are_refused_and_may_be_sent_again() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    for (kind, lie, truth) in [
        ("image/jpeg", pdf("a document"), jpeg(50)),
        ("application/pdf", jpeg(50), pdf("a document")),
        (
            "image/png",
            b"\x89PNG".to_vec(),
            b"\x89PNG\r\n\x1a\n....".to_vec(),
        ),
        ("image/jpeg", Vec::new(), jpeg(9)),
        ("application/pdf", b"<html>".repeat(100_000), pdf("")),
    ] {
        let (url, _) = caller.new_file(&id, "id_document", kind).await;
        let refused = caller.put(&url, lie).await;
        refused.expect_refused("invalid_field", "body");
        caller.put(&url, truth).await.expect(200);
    }
    assert_eq!(kept_documents(&service.home.folder).len(), 5);
    let database = service.home.database().client().await;
    let begun = "SELECT count(*) FROM upload_attempts";
    let begun: i64 = database.query_one(begun, &[]).await.unwrap().get(0);
    assert_eq!(begun, 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused_whether_it_says_so_or_not() {
    const MOST: usize = 25 * 1024 * 1024;
    let caller = Caller::of_new_organisation().await;
    let id = customer(&caller).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let announced = caller.put(&url, jpeg(MOST + 1)).await;
    announced.expect_error(413, "body_too_large");
    let chunks: Vec<Result<_, std::io::Error>> = vec![Ok(jpeg(MOST)), Ok(vec![0])];
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let unannounced = caller.put(&url, stream).await;
    unannounced.expect_error(413, "body_too_large");
    caller.put(&url, jpeg(MOST)).await.expect(200);
}

#[tokio::test]
async fn what_says_that_it_is_too_large_is_refused_before_it_comes() {
    let service = Service::shared().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let path = &url[url.find("/uploads/").unwrap()..];
    for (signature, status) in [("", 413), ("0", 403)] {
        let head = format!(
            "PUT {path}{signature} HTTP/1.1\r\nHost: here\r\nContent-Length: 26214401\r\n\r\n"
        );
        let refused = exchange(&service.url, head.as_bytes()).await;
        assert_eq!(refused.status, status, "{}", refused.body);
    }
}

#[tokio::test]
async fn forged_and_altered_urls_are_refused() {
    let service = Service::shared().await;
    let (caller, stranger) = (service.caller(), service.caller());
    let (id, theirs) = (customer(&caller).await, customer(&stranger).await);
    let (url, file) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let (other_url, other_file) = stranger
        .new_file(&theirs, "id_document", "image/jpeg")
        .await;
    let signature = |url: &str| url.rsplit('=').next().unwrap().to_owned();
    for altered in [
        url.replace(&file, &other_file),
        url.replace("env=test", "env=live"),
        url.replace(&signature(&url), &signature(&other_url)),
        url.replace(&signature(&url), ""),
        url.replace(&signature(&url), "zz"),
        url.replace(&format!("&signature={}", signature(&url)), ""),
        url.replace(&file, "ckfile_1"),
        format!("{url}&more=1"),
        url.split('?').next().unwrap().to_owned(),
    ] {
        let refused = caller.put(&altered, jpeg(10)).await;
        refused.expect_error(403, "permission_denied");
    }
    let get = Answer::to(Client::new().request(Method::GET, &url)).await;
    assert_eq!(get.header("allow"), "PUT");
    get.expect_error(405, "method_not_allowed");
    caller.put(&url, jpeg(10)).await.expect(200);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let path = &url[url.find("/uploads/").unwrap()..];
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"
    );
    let mut request = head.into_bytes();
    request.extend(jpeg(500));
    let half = tokio::spawn({
        let url = service.url.clone();
        async move { exchange(&url, &request).await }
    });
    service.has_uploads(1).await;
    // The service waits for the rest, and this caller goes away.
    half.abort();
    service.has_uploads(0).await;
    assert_eq!(kept_documents(&service.home.folder).len(), 0);
    caller.put(&url, jpeg(700)).await.expect(200);
    assert_eq!(kept_documents(&service.home.folder).len(), 1);
}

#[tokio::test]
async fn what_is_asked_for_is_judged() {
    let caller = Caller::of_new_organisation().await;
    let person = customer(&caller).await;
    let company = caller.create(&business()).await.expect(201).id();
    for (handle, category, field) in [
        (&person, "incorporation_document", "file_category"),
        (&company, "id_document", "file_category"),
        (&person, "selfie", "file_category"),
    ] {
        let refused = caller.add_file(handle, category, "image/png").await;
        refused.expect_refused("invalid_field", field);
    }
    let refused = caller.add_file(&person, "id_document", "image/gif").await;
    refused.expect_refused("invalid_field", "content_type");
    let empty = caller
        .about(Method::POST, &person, "files")
        .json(&json!({}));
    let empty = Answer::to(empty).await;
    assert_eq!(
        empty.fields(),
        ["file_category", "filename", "content_type"]
    );
    empty.expect_refused("missing_field", "file_category");
    caller.close(&person).await.expect(200);
    let closed = caller.add_file(&person, "id_document", "image/png").await;
    assert_eq!(closed.json()["error"]["detail"]["reason"], "closed");
    closed.expect_error(409, "invalid_state");
    let nobody = caller.add_file("nobody", "id_document", "image/png").await;
    nobody.expect_error(404, "customer_not_found");
}

#[tokio::test]
async fn a_key_stands_for_one_file() {
    let caller = Caller::of_new_organisation().await;
    let id = customer(&caller).await;
    let body =
        json!({ "file_category": "id_document", "filename": "a", "content_type": "image/png" });
    let keyed = |body| {
        let request = caller.about(Method::POST, &id, "files");
        Answer::to(request.header("Idempotency-Key", "one").json(&body))
    };
    let first = keyed(body.clone()).await.expect(201);
    let second = keyed(body.clone()).await.expect(200);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.json(), first.json());
    let other = with(&body, &json!({ "content_type": "image/jpeg" }));
    keyed(other).await.expect_error(409, "idempotency_conflict");
}

#[tokio::test]
async fn files_go_into_the_slots_of_their_category() {
    let caller = Caller::of_new_organisation().await;
    let (id, other) = (customer(&caller).await, customer(&caller).await);
    let document = caller.uploaded(&id, "id_document", jpeg(20)).await;
    let address = caller.uploaded(&id, "proof_of_address", pdf("")).await;
    let (_, waiting) = caller.new_file(&id, "id_document_back", "image/png").await;
    let files = [("proof_of_address", &*address), ("id_document", &*document)];
    let attached = caller.attach(&id, &files).await.expect(200).json();
    let slots = json!([
        { "slot": "id_document", "file_id": document },
        { "slot": "proof_of_address", "file_id": address },
    ]);
    assert_eq!(
        (&attached["object"], &attached["slots"]),
        (&json!("kyc_slots"), &slots)
    );
    // The same again changes nothing; a new file takes the place of the old one.
    let again = caller.attach(&id, &files).await.expect(200).json();
    assert_eq!(again["slots"], slots);
    let newer = caller.uploaded(&id, "id_document", pdf("new")).await;
    let replaced = caller.attach(&id, &[("id_document", &newer)]).await;
    assert_eq!(replaced.expect(200).json()["slots"][0]["file_id"], newer);

    let wrong = caller.attach(&id, &[("liveness_check", &document)]).await;
    wrong.expect_refused("invalid_field", "files[0].slot");
    let unknown = caller.attach(&other, &[("id_document", &document)]).await;
    unknown.expect_error(404, "file_not_found");
    let early = caller.attach(&id, &[("id_document_back", &waiting)]).await;
    assert_eq!(early.json()["error"]["detail"]["reason"], "not_uploaded");
    early.expect_error(409, "invalid_state");
    let nothing = caller.attach(&id, &[]).await;
    nothing.expect_refused("invalid_field", "files");
    let twice = [("id_document", &*document), ("id_document", &*newer)];
    let twice = caller.attach(&id, &twice).await;
    twice.expect_refused("invalid_field", "files[1].slot");
}

#[tokio::test]
async fn files_are_sealed_where_they_lie() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    let marked = "CANARY-IN-THE-DOCUMENT ".repeat(20_000);
    caller.uploaded(&id, "id_document", pdf(&marked)).await;
    let kept = kept_documents(&service.home.folder);
    assert_eq!(kept.len(), 1);
    let sealed = std::fs::read(&kept[0]).unwrap();
    assert!(sealed.len() > marked.len());
    for trace in [&b"CANARY"[..], b"%PDF"] {
        assert!(!sealed.windows(trace.len()).any(|window| window == trace));
    }
    let log = service.process.log();
    assert!(!log.contains("signature="), "{log}");
}

#[tokio::test]
async fn nobody_reaches_what_is_anothers() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let id = customer(&caller).await;
    let file = caller.uploaded(&id, "id_document", pdf("")).await;
    for stranger in [service.caller(), service.caller_of(&organisation, "live")] {
        let answers = [
            stranger.add_file(&id, "id_document", "image/png").await,
            stranger.attach(&id, &[("id_document", &file)]).await,
            stranger.submit(&id).await,
            Answer::to(stranger.about(Method::GET, &id, "kyc")).await,
        ];
        for answer in answers {
            answer.expect_error(404, "customer_not_found");
        }
    }
    let stranger = service.caller();
    let theirs = customer(&stranger).await;
    let stolen = stranger.attach(&theirs, &[("id_document", &file)]).await;
    stolen.expect_error(404, "file_not_found");
}

#[tokio::test]
async fn a_closed_customers_files_go() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    caller.uploaded(&id, "id_document", jpeg(50)).await;
    let (url, _) = caller.new_file(&id, "proof_of_address", "image/jpeg").await;
    caller.close(&id).await.expect(200);
    let late = caller.put(&url, jpeg(50)).await;
    assert_eq!(late.json()["error"]["detail"]["reason"], "closed");
    late.expect_error(409, "invalid_state");
    // The sweeper looks when it starts, and then every ten minutes.
    let home = service.home.clone();
    drop(service);
    let _service = home.serve().await;
    eventually("the end of the bytes", async || {
        kept_documents(&home.folder).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_is_uploaded_only_so_often_at_once() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = customer(&caller).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let mut uploads = Vec::new();
    for _ in 0..4 {
        let (rest, body) = held(jpeg(100));
        let (caller, url) = (caller.clone(), url.clone());
        uploads.push((
            rest,
            tokio::spawn(async move { caller.put(&url, body).await }),
        ));
    }
    service.has_uploads(4).await;
    let fifth = caller.put(&url, jpeg(100)).await;
    assert_eq!(
        fifth.json()["error"]["detail"]["reason"],
        "too_many_uploads"
    );
    fifth.expect_error(409, "invalid_state");
    // Nor do those keep the organisation's other files out.
    caller.uploaded(&id, "id_document", jpeg(100)).await;
    let mut statuses = Vec::new();
    for (rest, upload) in uploads {
        rest.send(vec![0]).unwrap();
        statuses.push(upload.await.unwrap().status);
    }
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[tokio::test]
async fn slow_uploads_of_one_organisation_keep_no_other_out() {
    let service = Service::with(&[("VOUCH_UPLOADS_AT_ONCE", "2")]).await;
    let (slow, other) = (service.caller(), service.caller());
    let (id, theirs) = (customer(&slow).await, customer(&other).await);
    let (url, _) = slow.new_file(&id, "id_document", "image/jpeg").await;
    let (next_url, _) = slow.new_file(&id, "id_document", "image/jpeg").await;
    let (rest, body) = held(jpeg(100));
    let first = tokio::spawn({
        let slow = slow.clone();
        async move { slow.put(&url, body).await }
    });
    service.has_uploads(1).await;
    let second = slow.put(&next_url, jpeg(100)).await;
    assert_eq!(second.header("retry-after"), "2");
    second.expect_error(503, "unavailable");
    other.uploaded(&theirs, "id_document", jpeg(100)).await;
    rest.send(vec![0]).unwrap();
    first.await.unwrap().expect(200);
    slow.put(&next_url, jpeg(100)).await.expect(200);
}
