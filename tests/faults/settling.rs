//! Waiting for the end of all work, without asking for any of it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    books::{Ours, Theirs},
    cluster::connect,
    fate::Fate,
    groups::{self, differing_statuses},
    report::Report,
    world::World,
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// A submission's lease covers an upload of two minutes, and the time of the other calls. Who still has one after
/// everything has been well for more than ten seconds is dead: its lease ends now, as if those minutes had passed.
const LEASES_OF_THE_DEAD_END: &str = "UPDATE kyc_jobs SET leased_until = now()
    WHERE leased_until BETWEEN now() + interval '20 seconds' AND now() + interval '127 seconds'";

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
            self.let_time_pass().await;
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

    async fn let_time_pass(&self) {
        if let Some(database) = connect(&self.database_url).await {
            let ended = database.execute(LEASES_OF_THE_DEAD_END, &[]).await;
            ended.expect("an update");
        }
    }
}
