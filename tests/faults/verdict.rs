//! Judges a run after the dust has settled: everything that was ever promised, against what there is now.

mod accounts;
mod at_the_rail;
mod events;
mod ours;
mod payouts;
mod reviews;
mod secrecy;

use serde_json::Value;

use crate::{
    answers,
    books::{Ours, Theirs},
    disturbances::Refusals,
    groups::differing_statuses,
    report::Report,
    world::World,
};

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

/// Everything that is wrong, seen from outside: by our API, the rail's own lists, and the report for operators.
/// `settled` is how the wait for the end of all work ended, before anything was asked for again.
pub(crate) async fn complaints(
    world: &World,
    settled: Result<Report, String>,
    refusals: Refusals,
) -> Vec<String> {
    let World { client, rail, .. } = world;
    let claims = &client.claims;
    let mut complaints = Vec::new();
    let theirs = Theirs::read(rail).await;
    let customers = ours::customers(client, &mut complaints).await;
    let books = Ours::read(client).await.expect("all lists");
    ours::check(client, &customers, &mut complaints).await;
    let is_accepted = |customer: &Customer| {
        let report = settled.as_ref();
        report.is_ok_and(|report| report.accepts_differences_of(customer.text("id")))
    };
    at_the_rail::check(
        client,
        &customers,
        &theirs.customers,
        is_accepted,
        &mut complaints,
    );
    complaints.extend(differing_statuses(claims, &books, &theirs));
    complaints.extend(reviews::complaints(claims, &books, &theirs, refusals));
    complaints.extend(events::complaints(client, &customers, &books).await);
    let exchanges = client.history.exchanges();
    complaints.extend(payouts::complaints(client, &exchanges, &books, &theirs, refusals).await);
    complaints.extend(accounts::complaints(client, &exchanges, &books, &theirs, refusals).await);
    let exchanges = client.history.exchanges();
    complaints.extend(answers::complaints(claims, &exchanges, refusals));
    complaints.extend(secrecy::complaints(&exchanges, &world.logs(), &theirs));
    complaints.extend(settled.err());
    match world.report().await {
        Ok(report) if report.is_clean => {}
        other => complaints.push(format!("something is left in the end: {other:?}")),
    }
    complaints
}
