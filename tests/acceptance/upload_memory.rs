//! An upload of the largest file does not go through memory whole, and only so many go through it at once.

use std::fs;

use futures_util::future::join_all;

use crate::harness::{Service, held, individual, jpeg};

const MIB: usize = 1024 * 1024;
/// The largest file.
const LARGEST: usize = 25 * MIB;
/// Two parts of the object that is written, the pieces on their way, and what an allocator holds back.
const MOST_GROWTH: usize = 16 * MIB;

/// A figure that Linux gives of a process, in bytes.
fn memory(process: u32, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.expect("the figure").split_whitespace().next();
    figure
        .expect("a figure")
        .parse::<usize>()
        .expect("a number")
        * 1024
}

/// From here on the peak is counted anew (proc(5), clear_refs). Answers what is used now.
fn begins_anew(process: u32) -> usize {
    fs::write(format!("/proc/{process}/clear_refs"), "5").expect("a new peak");
    memory(process, "VmRSS:")
}

#[tokio::test]
async fn twenty_five_mebibytes_leave_the_memory_as_it_was() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    // Whatever is set up once is set up by this.
    caller.uploaded(&id, "id_document", jpeg(100_000)).await;
    let process = service.process.id();
    let before = begins_anew(process);
    caller.uploaded(&id, "id_document", jpeg(LARGEST)).await;
    let growth = memory(process, "VmHWM:").saturating_sub(before);
    assert!(growth < MOST_GROWTH, "grew by {growth} bytes");
}

#[tokio::test]
async fn uploads_beyond_those_that_are_taken_at_once_take_no_memory() {
    let service = Service::with(&[("VOUCH_UPLOADS_AT_ONCE", "2")]).await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    caller.uploaded(&id, "id_document", jpeg(100_000)).await;
    let process = service.process.id();
    let before = begins_anew(process);
    let mut uploads = Vec::new();
    // One of each organisation, which is its share.
    for caller in [service.caller(), service.caller()] {
        let id = caller.create(&individual()).await.expect(201).id();
        let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
        let (rest, body) = held(jpeg(LARGEST - 1));
        uploads.push((
            rest,
            tokio::spawn(async move { caller.put(&url, body).await }),
        ));
    }
    service.has_uploads(2).await;
    let (url, _) = caller.new_file(&id, "id_document", "image/jpeg").await;
    let others = (0..4).map(|_| caller.put(&url, jpeg(LARGEST)));
    for refused in join_all(others).await {
        assert_eq!(refused.header("retry-after"), "2");
        refused.expect_error(503, "unavailable");
    }
    for (rest, upload) in uploads {
        rest.send(vec![0]).unwrap();
        upload.await.unwrap().expect(200);
    }
    let growth = memory(process, "VmHWM:").saturating_sub(before);
    // Those two, in whatever threads, and nothing of the others: six would be some 66 MiB.
    assert!(growth < 3 * MOST_GROWTH, "grew by {growth} bytes");
    // Now there is room again.
    caller.put(&url, jpeg(LARGEST)).await.expect(200);
}
