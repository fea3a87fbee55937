//! Files of customers, and what a caller does with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use futures_util::{FutureExt, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Body, Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::oneshot::{self, error::RecvError};

use super::{
    answer::Answer, caller::Caller, data_folder::DataFolder, patience::eventually, service::Service,
};

/// A file that looks like a photograph, of so many bytes.
pub(crate) fn jpeg(length: usize) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF".to_vec();
    bytes.resize(length, 0x55);
    bytes
}

/// A file that looks like a PDF, with this in it.
pub(crate) fn pdf(text: &str) -> Vec<u8> {
    format!("%PDF-1.7 {text}").into_bytes()
}

/// A body of which the rest comes when it is sent here.
pub(crate) fn held(start: Vec<u8>) -> (oneshot::Sender<Vec<u8>>, Body) {
    let (sender, rest) = oneshot::channel();
    let start = async move { Ok::<_, RecvError>(start) };
    let stream = start.into_stream().chain(rest.into_stream());
    (sender, Body::wrap_stream(stream))
}

impl Service {
    /// Waits until so many uploads are under way.
    pub(crate) async fn has_uploads(&self, count: i64) {
        let database = self.home.database().client().await;
        eventually(&format!("{count} uploads"), async || {
            let sql = "SELECT count(*) FROM upload_attempts";
            let begun: i64 = database.query_one(sql, &[]).await.expect("a count").get(0);
            (begun == count).then_some(())
        })
        .await;
    }
}

/// Every file below the folder of documents.
pub(crate) fn kept_documents(folder: &DataFolder) -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => below(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    below(&folder.join("documents"), &mut found);
    found
}

impl Caller {
    /// A request about a customer's files or submissions.
    pub(crate) fn about(&self, method: Method, handle: &str, what: &str) -> RequestBuilder {
        let handle = utf8_percent_encode(handle, NON_ALPHANUMERIC);
        self.request(method, &format!("/v1/customers/{handle}/{what}"))
    }

    /// Asks for the upload of a file.
    pub(crate) async fn add_file(&self, handle: &str, category: &str, kind: &str) -> Answer {
        let body = json!({ "file_category": category, "filename": "a.file", "content_type": kind });
        Answer::to(self.about(Method::POST, handle, "files").json(&body)).await
    }

    /// The upload URL of a new file, and its id.
    pub(crate) async fn new_file(
        &self,
        handle: &str,
        category: &str,
        kind: &str,
    ) -> (String, String) {
        let file = self.add_file(handle, category, kind).await.expect(201);
        let url = file.json()["upload_url"]
            .as_str()
            .expect("a URL")
            .to_owned();
        (url, file.id())
    }

    /// Uploads to a URL, at this service wherever the URL was given.
    pub(crate) async fn put(&self, url: &str, bytes: impl Into<Body>) -> Answer {
        Answer::to(self.putting(url).body(bytes)).await
    }

    /// An upload without its bytes.
    pub(crate) fn putting(&self, url: &str) -> RequestBuilder {
        let path = url.find("/uploads/").expect("an upload URL");
        let here = self
            .request(Method::PUT, &url[path..])
            .build()
            .expect("a request");
        // Whoever uploads has no key.
        Client::new().put(here.url().clone())
    }

    /// A file that is uploaded.
    pub(crate) async fn uploaded(&self, handle: &str, category: &str, bytes: Vec<u8>) -> String {
        let kind = match bytes.starts_with(b"%PDF") {
            true => "application/pdf",
            false => "image/jpeg",
        };
        let (url, id) = self.new_file(handle, category, kind).await;
        self.put(&url, bytes).await.expect(200);
        id
    }

    /// Attaches files by their slots.
    pub(crate) async fn attach(&self, handle: &str, files: &[(&str, &str)]) -> Answer {
        let files: Vec<_> = files
            .iter()
            .map(|(slot, file)| json!({ "slot": slot, "file_id": file }))
            .collect();
        let request = self.about(Method::POST, handle, "files/attach");
        Answer::to(request.json(&json!({ "files": files }))).await
    }

    /// Submits a customer.
    pub(crate) async fn submit(&self, handle: &str) -> Answer {
        Answer::to(self.about(Method::POST, handle, "kyc")).await
    }

    /// Uploads and attaches what its type needs, and submits the customer.
    pub(crate) async fn submit_with(&self, handle: &str, category: &str) -> Answer {
        let file = self.uploaded(handle, category, pdf("")).await;
        self.attach(handle, &[(category, &file)]).await.expect(200);
        self.submit(handle).await
    }

    /// The submissions of a customer, newest first.
    pub(crate) async fn submissions(&self, handle: &str) -> Vec<Value> {
        let list = Answer::to(self.about(Method::GET, handle, "kyc")).await;
        let list = list.expect(200).json();
        list["data"].as_array().expect("a list").clone()
    }
}
