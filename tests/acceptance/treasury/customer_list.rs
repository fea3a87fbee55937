//! The list of customers: pages, and all of them at once in bounded memory.

use std::{env, fs, time::Instant};

use reqwest::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use super::treasurer::{SCOPES, Treasurer, Words, payer};
use crate::harness::Service;

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest() {
    let caller = Treasurer::of_new_organisation().await;
    for _ in 0..4 {
        caller.post("/v1/customers", &payer()).await.expect(201);
    }
    let (all, total) = caller.customers("").await;
    assert_eq!((all.len(), total), (5, 5));
    let ids = |customers: &[Value]| -> Vec<String> {
        let id = |customer: &Value| customer["id"].as_str().unwrap().to_owned();
        customers.iter().map(id).collect()
    };
    let mut sorted = ids(&all);
    sorted.sort();
    sorted.reverse();
    assert_eq!(ids(&all), sorted);
    assert_eq!(all[4]["isPrimary"], true);

    let mut paged = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let (page, total) = caller.customers(&query).await;
        assert_eq!(total, 5);
        let Some(last) = page.last() else { break };
        query = format!("?limit=2&startingAfter={}", last["id"].as_str().unwrap());
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let after = format!("?startingAfter={}", sorted[1]);
    assert_eq!(caller.customers(&after).await, (all[2..].to_vec(), 3));
    let unknown = "?startingAfter=01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(caller.customers(unknown).await, (Vec::new(), 0));
    assert_eq!(
        caller.customers(&format!("{unknown}&limit=1")).await,
        (Vec::new(), 5)
    );
    // Unknown parameters are ignored.
    assert_eq!(caller.customers("?page=2&x=&limit=1000").await, (all, 5));
}

#[tokio::test]
async fn malformed_parameters_are_refused() {
    let caller = Treasurer::of_new_organisation().await;
    for limit in ["0", "1001", "-1", "+1", "1.0", "x", "", "99999999999"] {
        let refused = caller.get(&format!("/v1/customers?limit={limit}")).await;
        refused.expect_invalid(&["limit"]);
    }
    let refused = caller.get("/v1/customers?limit=1&limit=2").await;
    refused.expect_invalid(&["limit"]);
    let refused = caller.get("/v1/customers?limit=x&startingAfter=y").await;
    refused.expect_invalid(&["limit", "startingAfter"]);
}

/// How many customers the list has in this run: 100,000 are the contract's measure.
fn rows() -> u64 {
    let rows = env::var("VOUCH_TEST_LISTED_CUSTOMERS").ok();
    rows.map_or(2_000, |rows| rows.parse().expect("a number"))
}

/// What the process may grow by, in KiB: much less than 100,000 customers need.
const GROWTH: u64 = 8 * 1024;

/// The memory that a process holds, in KiB.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

#[allow(
    clippy::print_stderr,
    reason = "a run with many customers is for its figures"
)]
#[tokio::test]
async fn all_customers_are_streamed_in_bounded_memory() {
    let service = Service::new().await;
    let organisation = service.organisation();
    let caller = Treasurer::of(&service, &organisation, "test", &SCOPES);
    fill(&caller, rows()).await;
    let (process, started) = (service.process.id(), Instant::now());
    let before = resident(process);
    let request = caller.request(Method::GET, "/v1/customers");
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let (mut bytes, mut listed, mut most) = (0, 0, before);
    let mut text = String::new();
    while let Some(chunk) = response.chunk().await.expect("a chunk") {
        bytes += chunk.len();
        most = most.max(resident(process));
        text.push_str(std::str::from_utf8(&chunk).expect("ASCII"));
        listed += text.matches(END_OF_CUSTOMER).count();
        // What is behind the last whole customer may go on in the next chunk.
        let rest = text.rfind(END_OF_CUSTOMER);
        text.drain(..rest.map_or(0, |at| at + END_OF_CUSTOMER.len()));
    }
    let total = rows() + 1;
    assert_eq!(text, format!("],\"total\":{total}}}}}"));
    assert_eq!(listed as u64, total);
    let (growth, took) = (most - before, started.elapsed());
    eprintln!("{total} customers, {bytes} bytes, {took:?}: from {before} KiB by {growth} KiB");
    assert!(growth < GROWTH, "{growth} KiB");
}

/// The last member of each customer ends like this.
const END_OF_CUSTOMER: &str = "Z\"}";

/// Makes so many customers, several at a time.
async fn fill(caller: &Treasurer, rows: u64) {
    let mut workers = JoinSet::new();
    for worker in 0..16 {
        let caller = caller.clone();
        workers.spawn(async move {
            for _ in (worker..rows).step_by(16) {
                caller.post("/v1/customers", &payer()).await.expect(201);
            }
        });
    }
    workers.join_all().await;
}
