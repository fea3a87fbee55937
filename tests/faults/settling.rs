//! Waiting for the end of all work, without asking for any of it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    books::{Ours, Theirs},
    fate::Fate,
    groups::{self, differing_statuses},
    report::Report,
    world::World,
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

impl World {
    /// Waits until nothing is left to do, and everybody stands as the rail has decided. Fails with what is left when the
    /// time is up.
    pub(crate) async fn settles(&self, limit: Duration) -> Result<Report, String> {
        let deadline = Instant::now() + limit;
        loop {
            let left = match self.report().await {
                Ok(report) if report.is_clean => match self.unsettled().await {
                    left if left.is_empty() => return Ok(report),
                    left => left.join("\n"),
                },
                report => format!("{report:?}"),
            };
            if Instant::now() >= deadline {
                return Err(format!("work is left: {left}"));
            }
            sleep(PAUSE).await;
        }
    }

    /// What is still under way, as far as the API shows.
    async fn unsettled(&self) -> Vec<String> {
        let Some(ours) = Ours::read(&self.client).await else {
            return vec!["a service does not answer".to_owned()];
        };
        let theirs = Theirs::read(&self.rail).await;
        let mut left = differing_statuses(&self.client.claims, &ours, &theirs);
        let under_way = [
            (&ours.payouts, "processing"),
            (&ours.accounts, "provisioning"),
        ];
        for (entries, status) in under_way {
            let open = entries
                .iter()
                .filter(|entry| entry.body["status"] == status);
            left.extend(open.map(|entry| format!("{entry:?}")));
        }
        let open = ours.submissions.iter().filter(|submission| {
            let claims = &self.client.claims;
            let group =
                groups::of_reference(claims, submission.organisation, &submission.reference);
            let is_decided = group.is_some_and(|claim| claims[claim].fate != Fate::Undecided);
            match submission.text("status") {
                "submitted" => true,
                "in_review" => is_decided,
                _ => false,
            }
        });
        left.extend(open.map(|submission| format!("{submission:?}")));
        left
    }
}
