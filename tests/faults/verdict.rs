//! Judges a run after the dust has settled: everything that was ever promised, against what there is now.

mod at_the_rail;
mod ours;

use serde_json::Value;

use crate::{answers, world::World};

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

/// Everything that is wrong, seen from outside.
pub(crate) async fn complaints(world: &World, refusals: bool) -> Vec<String> {
    let World {
        client,
        rail,
        records,
        ..
    } = world;
    let mut complaints = Vec::new();
    // Before anything is asked for again.
    let at_the_rail = rail.customers().await;
    let refused = records.refused_changes().await;
    let customers = ours::customers(client, &mut complaints).await;
    ours::check(client, &customers, &mut complaints).await;
    at_the_rail::check(client, &customers, &at_the_rail, &refused, &mut complaints);
    complaints.extend(answers::complaints(
        &client.claims,
        &client.history.exchanges(),
        refusals,
    ));
    complaints
}
