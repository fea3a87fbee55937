//! What `vouch reconcile --report` tells: what is left to do, and what the rail has refused.

use serde_json::Value;
use tokio::process::Command;

/// A report, and the verdict of its exit code.
#[derive(Debug)]
pub(crate) struct Report {
    /// Whether it says that nothing is left to do.
    pub(crate) is_clean: bool,
    findings: Value,
}

impl Report {
    /// The report that this command prints; what it complains of where it makes none, as when the rail is away.
    pub(crate) async fn by(command: std::process::Command) -> Result<Self, String> {
        let mut command = Command::from(command);
        command.args(["reconcile", "--report", "--json"]);
        let output = command
            .kill_on_drop(true)
            .output()
            .await
            .expect("an end of the report");
        let findings = serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        Ok(Self {
            is_clean: output.status.success(),
            findings,
        })
    }

    /// Whether the rail has refused some change of this customer.
    pub(crate) fn accepts_differences_of(&self, customer: &str) -> bool {
        let accepted = self.findings["accepted"]["ids"].as_array();
        accepted.is_some_and(|ids| ids.iter().any(|id| id == customer))
    }
}
