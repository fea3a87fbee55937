//! An upload of the largest file does not go through memory whole.

use std::fs;

use crate::harness::{Service, individual, jpeg};

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

#[tokio::test]
async fn twenty_five_mebibytes_leave_the_memory_as_it_was() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    // Whatever is set up once is set up by this.
    caller.uploaded(&id, "id_document", jpeg(100_000)).await;
    let process = service.process.id();
    // From here on the peak is counted anew (proc(5), clear_refs).
    fs::write(format!("/proc/{process}/clear_refs"), "5").expect("a new peak");
    let before = memory(process, "VmRSS:");
    caller.uploaded(&id, "id_document", jpeg(LARGEST)).await;
    let growth = memory(process, "VmHWM:").saturating_sub(before);
    assert!(growth < MOST_GROWTH, "grew by {growth} bytes");
}
