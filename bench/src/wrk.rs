//! The load generator: `wrk`, with a script that varies the requests.
//!
//! Its limits: it sends the next request of a connection when the last one was answered, so a service that stalls is
//! asked less (its latencies are those of a closed loop), and it runs on the machine that it measures.

use std::path::Path;

use serde::Deserialize;
use tokio::process::Command;

use crate::Failure;

/// Where the script is.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wrk/requests.lua");

/// What to send.
pub struct Load<'a> {
    /// To whom.
    pub url: &'a str,
    /// In which form: `get`, `patch` or `create`.
    pub kind: &'a str,
    /// A file with a path in each line; one of them is chosen for each request.
    pub paths: &'a Path,
    /// The caller's key.
    pub key: &'a str,
    /// A text that no other run on the same data uses.
    pub unique: &'a str,
    /// At once.
    pub connections: u16,
    /// How long.
    pub seconds: u16,
}

/// How it went; latencies in microseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Answered {
    /// Requests that were answered.
    pub requests: u64,
    /// In this time.
    pub seconds: f64,
    /// Failed connections, time-outs, and answers that were not a success.
    pub errors: u64,
    /// The median.
    pub p50: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
    /// 999 of 1000 were faster.
    pub p999: f64,
}

impl Answered {
    /// Requests per second.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a count of requests is far below 2^52"
    )]
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// Together with what another process has answered meanwhile. A percentile is the greater of the two, which that of
    /// all requests cannot exceed.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            seconds: self.seconds.max(other.seconds),
            errors: self.errors + other.errors,
            p50: self.p50.max(other.p50),
            p99: self.p99.max(other.p99),
            p999: self.p999.max(other.p999),
        }
    }
}

/// Sends it.
///
/// # Errors
/// When `wrk` fails.
pub async fn run(load: &Load<'_>) -> Result<Answered, Failure> {
    let threads = load.connections.min(2);
    let output = Command::new("wrk")
        .args([
            "--threads",
            &threads.to_string(),
            "--connections",
            &load.connections.to_string(),
        ])
        .args([
            "--duration",
            &format!("{}s", load.seconds),
            "--timeout",
            "10s",
            "--script",
            SCRIPT,
        ])
        .args([load.url, "--", load.kind])
        .arg(load.paths)
        .args([load.key, load.unique])
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let result = said.lines().find_map(|line| line.strip_prefix("RESULT "));
    let result =
        result.ok_or_else(|| format!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(serde_json::from_str(result)?)
}
