//! Handing in what the rail reviews.

use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Client, FIRST_PAUSE, PATIENCE};
use crate::{answer::Answer, history::Request};

/// Enough to be taken for one.
const DOCUMENT: &str = "%PDF-1.7 a driver's licence";

impl Client {
    /// Uploads a document and submits the customer with it, all of it again at the next service when some part fails.
    pub(super) async fn hand_in(&self, first: usize, claim: usize, key: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = FIRST_PAUSE;
        for service in first.. {
            let is_done = self.hand_in_at(service, claim, key).await.is_some();
            if is_done || Instant::now() >= deadline {
                return;
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// Each request at the next service, as all of them share the files. Nothing where one of them fails.
    async fn hand_in_at(&self, first: usize, claim: usize, key: &str) -> Option<()> {
        let service = |later: usize| (first + later) % self.urls.len();
        let file = self.add_file(service(0), claim).await?;
        self.upload(service(1), claim, &file).await?;
        self.attach(service(2), claim, &file).await?;
        let submitted = self.submit(service(0), claim, key).await?;
        // Another one with this key may have been faster, and is in review.
        (submitted.is_success() || submitted.status == 409).then_some(())
    }

    async fn add_file(&self, service: usize, claim: usize) -> Option<Answer> {
        let body = json!({
            "file_category": "id_document", "filename": "licence.pdf", "content_type": "application/pdf"
        });
        let request = self.about(service, Method::POST, claim, "/files");
        self.successfully(Request::AddFile, claim, request.json(&body))
            .await
    }

    async fn upload(&self, service: usize, claim: usize, file: &Answer) -> Option<Answer> {
        let url = file.text("upload_url");
        let path = &url[url.find("/uploads/").expect("an upload URL")..];
        // Whoever uploads has no key.
        let request = self.http.put(format!("{}{path}", self.urls[service]));
        self.successfully(Request::Upload, claim, request.body(DOCUMENT))
            .await
    }

    async fn attach(&self, service: usize, claim: usize, file: &Answer) -> Option<Answer> {
        let files = json!({"files": [{"slot": "id_document", "file_id": file.text("id")}]});
        let request = self.about(service, Method::POST, claim, "/files/attach");
        self.successfully(Request::Attach, claim, request.json(&files))
            .await
    }

    async fn submit(&self, service: usize, claim: usize, key: &str) -> Option<Answer> {
        let request = self.about(service, Method::POST, claim, "/kyc");
        let request = request.header("Idempotency-Key", key);
        self.exchange(Request::Submit { claim }, Some(claim), request)
            .await
    }

    async fn successfully(
        &self,
        request: Request,
        claim: usize,
        sent: reqwest::RequestBuilder,
    ) -> Option<Answer> {
        let answer = self.exchange(request, Some(claim), sent).await;
        answer.filter(Answer::is_success)
    }
}
