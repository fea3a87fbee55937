//! A bucket, as far as its protocol is spoken here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use uuid::Uuid;
use vouch_documents::{ObjectDocuments, S3Settings};
use vouch_domain::{
    id::{FileId, OrganisationId},
    ports::{
        BrokenOff, ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError,
        PutDocumentError,
    },
    tenant::{Env, Tenant},
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// Bytes of three parts, as S3 takes them.
const LENGTH: usize = 12 * 1024 * 1024;

/// One object, and what was done to it.
#[derive(Default)]
struct Bucket {
    parts: Vec<Vec<u8>>,
    object: Option<Vec<u8>>,
    aborted: bool,
    paths: Vec<String>,
}

struct Protocol(Arc<Mutex<Bucket>>);

impl Respond for Protocol {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut bucket = self.0.lock().unwrap();
        bucket.paths.push(request.url.path().to_owned());
        let asks = |name: &str| request.url.query_pairs().any(|(known, _)| known == name);
        let xml = |text: &str| ResponseTemplate::new(200).set_body_string(text);
        match request.method.as_str() {
            "POST" if asks("uploads") => xml(
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            ),
            "PUT" if asks("partNumber") => {
                bucket.parts.push(request.body.clone());
                ResponseTemplate::new(200).insert_header("ETag", "\"part\"")
            }
            "POST" if asks("uploadId") => {
                bucket.object = Some(bucket.parts.concat());
                xml(
                    "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>",
                )
            }
            "DELETE" if asks("uploadId") => {
                bucket.aborted = true;
                ResponseTemplate::new(204)
            }
            "POST" | "DELETE" => {
                bucket.object = None;
                xml("<DeleteResult><Deleted><Key>sealed</Key></Deleted></DeleteResult>")
            }
            _ => match &bucket.object {
                Some(object) => ResponseTemplate::new(200)
                    .insert_header("ETag", "\"whole\"")
                    .insert_header("Last-Modified", "Thu, 15 Jan 2026 10:00:00 GMT")
                    .set_body_bytes(object.clone()),
                None => ResponseTemplate::new(404),
            },
        }
    }
}

struct Pieces(usize, bool);

#[async_trait]
impl ByteSource for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        let length = self.0.min(1 << 20);
        self.0 -= length;
        match (length, self.1) {
            (0, true) => Err(BrokenOff::Interrupted),
            (0, false) => Ok(None),
            _ => Ok(Some(vec![7; length])),
        }
    }
}

async fn bucket() -> (MockServer, Arc<Mutex<Bucket>>, ObjectDocuments) {
    let server = MockServer::start().await;
    let bucket = Arc::<Mutex<Bucket>>::default();
    let protocol = Protocol(Arc::clone(&bucket));
    Mock::given(any())
        .respond_with(protocol)
        .mount(&server)
        .await;
    let documents = ObjectDocuments::in_s3(&S3Settings {
        bucket: "papers".to_owned(),
        region: "eu-west-1".to_owned(),
        endpoint: Some(server.uri()),
        access_key_id: "id".to_owned(),
        secret_access_key: "secret".to_owned(),
    });
    (server, bucket, documents.unwrap())
}

fn place() -> DocumentPlace {
    DocumentPlace {
        tenant: Tenant {
            organisation: OrganisationId::from_uuid(Uuid::now_v7()).unwrap(),
            env: Env::Live,
        },
        file: FileId::from_uuid(Uuid::now_v7()).unwrap(),
        object: Uuid::now_v7(),
    }
}

fn key() -> DocumentKey {
    DocumentKey::new([7; 32])
}

#[tokio::test]
async fn a_document_goes_in_parts_and_comes_back() {
    let (_server, bucket, documents) = bucket().await;
    let place = place();
    let put = documents
        .put(&place, &key(), &mut Pieces(LENGTH, false))
        .await;
    assert_eq!(put, Ok(()));
    let lengths: Vec<_> = {
        let bucket = bucket.lock().unwrap();
        assert!(bucket.paths.iter().all(|path| path.starts_with("/papers/")));
        bucket.parts.iter().map(Vec::len).collect()
    };
    let part = 5 * 1024 * 1024;
    assert_eq!(lengths[..2], [part, part]);
    assert!(lengths.len() == 3 && lengths[2] < part, "{lengths:?}");
    let mut source = documents.get(&place, &key()).await.unwrap();
    let mut length = 0;
    while let Some(piece) = source.next().await.unwrap() {
        assert!(piece.iter().all(|byte| *byte == 7));
        length += piece.len();
    }
    assert_eq!(length, LENGTH);
    assert_eq!(documents.remove(&place).await, Ok(()));
    let missing = documents.get(&place, &key()).await.err();
    assert_eq!(missing, Some(DocumentsError::Missing));
}

#[tokio::test]
async fn what_breaks_off_is_aborted() {
    let (_server, bucket, documents) = bucket().await;
    let put = documents
        .put(&place(), &key(), &mut Pieces(LENGTH, true))
        .await;
    assert_eq!(
        put,
        Err(PutDocumentError::BrokenOff(BrokenOff::Interrupted))
    );
    let bucket = bucket.lock().unwrap();
    assert!(bucket.aborted && bucket.object.is_none());
}
