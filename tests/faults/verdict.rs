//! Judges a run after the dust has settled: everything that was ever promised, against what there is now.

mod at_the_rail;
mod ours;

use serde_json::Value;

use crate::{answers, report::Report, world::World};

/// A customer of ours after a run.
struct Customer {
    organisation: usize,
    body: Value,
    /// Whose claim prevailed.
    claim: usize,
}

impl Customer {
    fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }
}

/// Everything that is wrong, seen from outside: by our API, the rail's own list, and the report for operators.
/// `settled` is how the wait for the end of all work ended, before anything was asked for again.
pub(crate) async fn complaints(
    world: &World,
    settled: Result<Report, String>,
    refusals: bool,
) -> Vec<String> {
    let World { client, rail, .. } = world;
    let mut complaints = Vec::new();
    let at_the_rail = rail.customers().await;
    let customers = ours::customers(client, &mut complaints).await;
    ours::check(client, &customers, &mut complaints).await;
    let is_accepted = |customer: &Customer| {
        let report = settled.as_ref();
        report.is_ok_and(|report| report.accepts_differences_of(customer.text("id")))
    };
    at_the_rail::check(
        client,
        &customers,
        &at_the_rail,
        is_accepted,
        &mut complaints,
    );
    complaints.extend(answers::complaints(
        &client.claims,
        &client.history.exchanges(),
        refusals,
    ));
    complaints.extend(settled.err());
    match world.report().await {
        Ok(report) if report.is_clean => {}
        other => complaints.push(format!("something is left in the end: {other:?}")),
    }
    complaints
}
