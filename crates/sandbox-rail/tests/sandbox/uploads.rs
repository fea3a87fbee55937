//! Presigned URLs, the PUT to them, and what becomes of the bytes.

use std::fs;

use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{PNG, Sandbox, StoppedClock, answer, business, individual, until};

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.folder.path().join("files")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn bytes_are_kept_and_an_etag_given() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let presigned = sandbox.presigned(&id, "identity").await;
    assert!(presigned["message"].is_string() && presigned["headers"].is_object());

    let response = sandbox.upload(&presigned, PNG).await;
    assert_eq!(response.headers()["etag"], format!("\"{}\"", sha256(PNG)));
    let (status, body) = answer(response).await;
    assert_eq!(status, 200);
    assert!(body["message"].is_string());
    let kept = sandbox.folder.path().join("files").join(sha256(PNG));
    assert_eq!(fs::read(kept).unwrap(), PNG);
}

#[tokio::test]
async fn the_largest_file_is_taken_and_a_larger_one_is_not() {
    const MAX: usize = 25 * 1024 * 1024;
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let mut bytes = PNG.to_vec();
    bytes.resize(MAX, 0);
    let presigned = sandbox.presigned(&id, "identity").await;
    assert_eq!(
        sandbox.upload(&presigned, bytes.clone()).await.status(),
        200
    );
    assert_eq!(files(&sandbox), [sha256(&bytes)]);

    bytes.push(0);
    let presigned = sandbox.presigned(&id, "identity").await;
    let response = sandbox.upload(&presigned, bytes).await;
    let (status, body) = answer(response).await;
    assert_eq!(status, 413);
    assert!(body["message"].is_string());
    assert_eq!(files(&sandbox).len(), 1);
}

#[tokio::test]
async fn a_file_that_does_not_say_how_long_it_is_is_cut_off_as_well() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let presigned = sandbox.presigned(&id, "identity").await;
    let (_, path) = presigned["url"]
        .as_str()
        .unwrap()
        .split_at(sandbox.rail.url().len());
    let head = format!("PUT {path} HTTP/1.1\r\nHost: rail\r\nTransfer-Encoding: chunked\r\n\r\n");
    let megabyte = [b"100000\r\n", &[0; 1024 * 1024][..], b"\r\n"].concat();
    let mut connection = TcpStream::connect(sandbox.rail.url().trim_start_matches("http://"))
        .await
        .unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..26 {
        connection.write_all(&megabyte).await.unwrap();
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
    until(async || files(&sandbox).is_empty().then_some(())).await;
    assert_eq!(sandbox.upload(&presigned, PNG).await.status(), 200);
}

#[tokio::test]
async fn a_url_is_good_for_one_put_within_five_minutes() {
    let clock = StoppedClock::default();
    let sandbox = Sandbox::with(|options| clock.install(options)).await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let used = sandbox.presigned(&id, "identity").await;
    assert_eq!(sandbox.upload(&used, PNG).await.status(), 200);
    assert_eq!(sandbox.upload(&used, PNG).await.status(), 403);

    let (in_time, late) = (
        sandbox.presigned(&id, "identity").await,
        sandbox.presigned(&id, "identity").await,
    );
    clock.advance(299);
    assert_eq!(sandbox.upload(&in_time, PNG).await.status(), 200);
    clock.advance(1);
    assert_eq!(sandbox.upload(&late, PNG).await.status(), 403);
}

#[tokio::test]
async fn a_url_cannot_be_guessed() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let presigned = sandbox.presigned(&id, "identity").await;
    let file = presigned["file_id"].as_str().unwrap();
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (path, expected) in [
        (format!("/upload/{file}"), 403),
        (format!("/upload/{file}?token={nobody}"), 403),
        (format!("/upload/{nobody}?token={nobody}"), 404),
        ("/upload/1?token=1".to_owned(), 404),
    ] {
        let put = sandbox.bare(Method::PUT, &path).body(PNG).send().await;
        assert_eq!(answer(put.unwrap()).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn urls_are_for_individuals_outside_a_review_and_for_known_categories() {
    let sandbox = Sandbox::start().await;
    let person = sandbox.created(&individual("a@example.com")).await;
    let company = sandbox.created(&business("1")).await;
    let path = "/file/get-presigned-url";
    for (customer, category, expected) in [
        (&person, "identity", 200),
        (&person, "identity_back", 200),
        (&person, "proof_of_address", 200),
        (&person, "liveness_check", 200),
        (&person, "document", 422),
        (&person, "", 422),
        (&"nobody".to_owned(), "identity", 422),
        (&company, "identity", 400),
    ] {
        let wanted = json!({ "customer_id": customer, "file_category": category });
        let (status, body) = sandbox.call(Method::POST, path, &wanted).await;
        assert_eq!(status, expected, "{category}: {body}");
    }
    let (_, body) = sandbox.call(Method::POST, path, &json!({})).await;
    assert!(body["errors"]["customer_id"].is_array() && body["errors"]["file_category"].is_array());

    sandbox.decide(&person, "PROCESSING").await;
    let wanted = json!({ "customer_id": person, "file_category": "identity" });
    assert_eq!(sandbox.call(Method::POST, path, &wanted).await.0, 400);
}

#[tokio::test]
async fn only_an_upload_of_the_customers_own_and_of_the_right_kind_can_be_attached() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let other = sandbox.created(&individual("b@example.com")).await;
    let back = sandbox.uploaded(&id, "identity_back").await;
    let foreign = sandbox.uploaded(&other, "identity").await;
    let empty = sandbox.presigned(&id, "identity").await["file_id"].clone();
    let text = sandbox.presigned(&id, "identity").await;
    assert_eq!(sandbox.upload(&text, "plain text").await.status(), 200);
    for file in [
        json!(back),
        json!(foreign),
        empty,
        text["file_id"].clone(),
        json!("x"),
        json!(1),
    ] {
        let (status, body) = sandbox.attach(&id, &json!({ "id_file": file })).await;
        assert_eq!(status, 422, "{file}");
        assert!(body["errors"]["id_file"].is_array(), "{body}");
    }
    assert_eq!(sandbox.attach(&id, &json!({})).await.0, 422);
    let slots = json!({ "id_file_back": back });
    assert_eq!(sandbox.attach(&id, &slots).await.0, 200);
    assert_eq!(sandbox.attach(&id, &slots).await.0, 200, "again");
    assert_eq!(sandbox.kept("submissions").await.len(), 0);
}

#[tokio::test]
async fn a_broken_upload_leaves_the_url_good_and_nothing_behind() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let presigned = sandbox.presigned(&id, "identity").await;
    let leftover = "0.part";
    let sandbox = sandbox
        .restart(|folder| fs::write(folder.join("files").join(leftover), "half").unwrap())
        .await;
    assert!(files(&sandbox).is_empty());
    // The port is another one since the restart; path and token are the same.
    let path = presigned["url"].as_str().unwrap();
    let path = &path[path.find("/upload").unwrap()..];
    let put = sandbox.bare(Method::PUT, path).body(PNG).send().await;
    assert_eq!(put.unwrap().status(), 200);
}
