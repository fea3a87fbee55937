//! Files and submissions: recorded answers, and a round trip with the sandbox rail.

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use vouch_domain::{
    kyc::{ContentType, FileCategory, Gap},
    ports::{
        BrokenOff, ByteSource, Rail, RailContent, RailFailure, RailFileId, RailKyc, RailStatus,
        RailSubmission, Urgency,
    },
};
use vouch_rail::{Circuit, HttpRail};
use vouch_sandbox_rail::{Options, Owners, start};
use wiremock::{
    MockServer, ResponseTemplate,
    matchers::{body_bytes, body_json, header},
};

use crate::harness::{answer, business, given, id, person, rail, settings, unavailable, unclear};

const PRESIGN: &str = "/api/external/file/get-presigned-url";
const FILES: &str = "/api/external/customer/rail-1/files";
const DOCUMENT: &str = "/api/external/customer/rail-1/document";
const SUBMIT: &str = "/api/external/customer/rail-1/submit";

/// Gives its pieces, and then breaks off or ends.
struct Pieces(Vec<&'static [u8]>, bool);

#[async_trait]
impl ByteSource for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        match self.0.is_empty() {
            false => Ok(Some(self.0.remove(0).to_vec())),
            true if self.1 => Err(BrokenOff::Interrupted),
            true => Ok(None),
        }
    }
}

fn bytes() -> Box<dyn ByteSource> {
    Box::new(Pieces(vec![b"%PDF-", b"1.7"], false))
}

fn content(category: FileCategory) -> RailContent {
    RailContent {
        category,
        content_type: ContentType::Pdf,
        size: 8,
    }
}

fn file(text: &str) -> RailFileId {
    RailFileId::parse(text).unwrap()
}

fn place(server: &MockServer) -> Value {
    json!({
        "message": "Presigned URL generated successfully.",
        "file_id": "file-1",
        "url": format!("{}/bucket/file-1?X-Amz-Signature=s", server.uri()),
        "headers": { "x-amz-acl": "private", "Host": "elsewhere", "odd name": "x" },
    })
}

async fn send(rail: &HttpRail, category: FileCategory) -> Result<RailFileId, RailFailure> {
    rail.send_file(&id("rail-1"), content(category), bytes())
        .await
}

#[tokio::test]
async fn a_file_goes_whole_to_the_place_that_was_given_for_it() {
    let server = MockServer::start().await;
    let wanted = json!({ "customer_id": "rail-1", "file_category": "identity_back" });
    given("POST", PRESIGN)
        .and(body_json(wanted))
        .respond_with(answer(200, &place(&server)))
        .expect(1)
        .mount(&server)
        .await;
    given("PUT", "/bucket/file-1")
        .and(header("content-length", "8"))
        .and(header("content-type", "application/pdf"))
        .and(header("x-amz-acl", "private"))
        .and(body_bytes("%PDF-1.7"))
        .respond_with(ResponseTemplate::new(200).insert_header("ETag", "\"e\""))
        .expect(1)
        .mount(&server)
        .await;
    let rail = rail(&server);
    let sent = send(&rail, FileCategory::IdDocumentBack).await;
    assert!(sent == Ok(file("file-1")));
    // Whoever keeps the bytes is told nothing that proves who we are.
    let requests = server.received_requests().await.unwrap();
    let put = requests.iter().find(|request| request.method == "PUT");
    assert!(!put.unwrap().headers.contains_key("x-blaaiz-api-key"));
}

#[tokio::test]
async fn the_file_of_a_business_is_a_document() {
    let server = MockServer::start().await;
    let place = json!({ "message": "…", "data": place(&server) });
    given("POST", &format!("{DOCUMENT}/presigned-url"))
        .respond_with(answer(200, &place))
        .expect(1)
        .mount(&server)
        .await;
    given("PUT", "/bucket/file-1")
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let sent = send(&rail(&server), FileCategory::IncorporationDocument).await;
    assert!(sent == Ok(file("file-1")));
}

#[tokio::test]
async fn bytes_that_are_not_taken_are_sent_elsewhere_the_next_time() {
    for (status, expected) in [
        (403, unclear("status 403, unreadable")),
        (500, unclear("status 500, unreadable")),
        (503, unclear("status 503")),
    ] {
        let server = MockServer::start().await;
        given("POST", PRESIGN)
            .respond_with(answer(200, &place(&server)))
            .mount(&server)
            .await;
        given("PUT", "/bucket/file-1")
            .respond_with(ResponseTemplate::new(status).set_body_string("<Error/>"))
            .expect(1)
            .mount(&server)
            .await;
        let sent = send(&rail(&server), FileCategory::IdDocument).await;
        assert!(sent == Err(expected), "{status}: {sent:?}");
    }
}

#[tokio::test]
async fn trouble_with_the_storage_keeps_nothing_from_the_rail() {
    let server = MockServer::start().await;
    given("POST", PRESIGN)
        .respond_with(answer(200, &place(&server)))
        .mount(&server)
        .await;
    given("PUT", "/bucket/file-1")
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let rail = rail(&server);
    // Half of all calls fail, and more than enough to open a circuit.
    for _ in 0..30 {
        send(&rail, FileCategory::IdDocument).await.unwrap_err();
    }
    assert_eq!(rail.circuit(), Circuit::Closed);
}

#[tokio::test]
async fn bytes_that_break_off_are_no_file() {
    let server = MockServer::start().await;
    given("POST", PRESIGN)
        .respond_with(answer(200, &place(&server)))
        .mount(&server)
        .await;
    let broken = Box::new(Pieces(vec![b"%PDF-"], true));
    let sent = rail(&server)
        .send_file(&id("rail-1"), content(FileCategory::IdDocument), broken)
        .await;
    assert!(matches!(sent, Err(RailFailure::Unclear { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_place_that_is_none_is_not_filled() {
    for (status, body, expected) in [
        (200, json!({"message": "…"}), unclear("unreadable answer")),
        (
            200,
            json!({"file_id": "a b", "url": "https://x.example/"}),
            unclear("unreadable answer"),
        ),
        (
            200,
            json!({"file_id": "f", "url": "ftp://x.example/"}),
            unavailable("the rail gave a place that is not https"),
        ),
        (
            400,
            json!({"message": "Files cannot be uploaded while verification is in progress."}),
            RailFailure::Refused { fields: Vec::new() },
        ),
        (404, json!({"message": "…"}), unavailable("status 404")),
    ] {
        let server = MockServer::start().await;
        given("POST", PRESIGN)
            .respond_with(answer(status, &body))
            .mount(&server)
            .await;
        let sent = send(&rail(&server), FileCategory::IdDocument).await;
        assert!(sent == Err(expected), "{body}: {sent:?}");
    }
}

#[tokio::test]
async fn files_are_attached_once_by_their_slots() {
    let server = MockServer::start().await;
    let slots = json!({ "id_file": "f1", "proof_of_address_file": "f2" });
    given("POST", FILES)
        .and(body_json(slots))
        .respond_with(answer(500, &json!({"message": "…"})))
        .expect(1)
        .mount(&server)
        .await;
    let files = [
        (FileCategory::IdDocument, file("f1")),
        (FileCategory::ProofOfAddress, file("f2")),
    ];
    let attached = rail(&server).attach_files(&id("rail-1"), &files).await;
    assert_eq!(attached, Err(unavailable("status 500")));
}

#[tokio::test]
async fn a_document_is_known_by_its_name() {
    let server = MockServer::start().await;
    let documents = json!({"message": "…", "data": [{"id": "d", "name": "ours"}]});
    given("GET", DOCUMENT)
        .respond_with(answer(200, &documents))
        .mount(&server)
        .await;
    let rail = rail(&server);
    let rail_id = id("rail-1");
    assert_eq!(rail.has_document(&rail_id, "ours").await, Ok(true));
    assert_eq!(rail.has_document(&rail_id, "others").await, Ok(false));
}

#[tokio::test]
async fn every_answer_to_a_submission_has_its_meaning() {
    let message = |text: &str| json!({ "message": text });
    for (status, body, expected) in [
        (200, message("…"), Ok(RailSubmission::Begun)),
        (
            400,
            message("Customer is already verified or under review."),
            Ok(RailSubmission::UnderWayOrOver),
        ),
        (
            422,
            message("Cannot verify business customer: at least one owner is required."),
            Ok(RailSubmission::NotReady(Gap::Owners)),
        ),
        (422, json!({}), Ok(RailSubmission::NotReady(Gap::Details))),
        (503, message("…"), Err(unclear("status 503"))),
        (500, message("…"), Err(unavailable("status 500"))),
        (401, message("…"), Err(RailFailure::Unauthorised)),
    ] {
        let server = MockServer::start().await;
        given("POST", SUBMIT)
            .respond_with(answer(status, &body))
            .mount(&server)
            .await;
        let submitted = rail(&server).submit(&id("rail-1")).await;
        assert_eq!(submitted, expected, "{status}");
    }
}

#[tokio::test]
async fn both_types_of_customer_reach_the_reviewers_of_the_sandbox() {
    let folder = TempDir::new().unwrap();
    let sandbox = start(Options::new(folder.path())).await.unwrap();
    let rail = HttpRail::new(settings(sandbox.url())).unwrap();
    let status = async |rail_id| {
        let read = rail.customer(rail_id, Urgency::Background).await;
        read.unwrap().unwrap().status
    };
    let person = rail.create_customer(&person(), Urgency::Caller).await;
    let person = person.unwrap();
    let mut files = Vec::new();
    for category in [FileCategory::ProofOfAddress, FileCategory::IdDocument] {
        let sent = rail.send_file(&person, content(category), bytes()).await;
        files.push((category, sent.unwrap()));
    }
    assert_eq!(rail.attach_files(&person, &files[..1]).await, Ok(()));
    assert_eq!(status(&person).await, Some(RailStatus::Pending));
    assert_eq!(rail.attach_files(&person, &files[1..]).await, Ok(()));
    assert_eq!(status(&person).await, Some(RailStatus::Processing));
    let again = rail.submit(&person).await;
    assert_eq!(again, Ok(RailSubmission::UnderWayOrOver));

    let company = rail.create_customer(&business(), Urgency::Caller).await;
    let company = company.unwrap();
    let lacking = rail.submit(&company).await;
    let gap = Gap::File(FileCategory::IncorporationDocument);
    assert_eq!(lacking, Ok(RailSubmission::NotReady(gap)));
    let content = content(FileCategory::IncorporationDocument);
    let sent = rail.send_file(&company, content, bytes()).await.unwrap();
    assert_eq!(rail.has_document(&company, "ours").await, Ok(false));
    assert_eq!(rail.add_document(&company, "ours", &sent).await, Ok(()));
    assert_eq!(rail.has_document(&company, "ours").await, Ok(true));
    assert_eq!(rail.submit(&company).await, Ok(RailSubmission::Begun));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_business_without_owners_is_not_ready_where_they_are_required() {
    let folder = TempDir::new().unwrap();
    let mut options = Options::new(folder.path());
    options.owners = Owners::Required;
    let sandbox = start(options).await.unwrap();
    let rail = HttpRail::new(settings(sandbox.url())).unwrap();
    let company = rail.create_customer(&business(), Urgency::Caller).await;
    let submitted = rail.submit(&company.unwrap()).await;
    assert_eq!(submitted, Ok(RailSubmission::NotReady(Gap::Owners)));
    sandbox.stop().await;
}
