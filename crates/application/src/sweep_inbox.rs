//! Giving up callbacks of the rail that concern nobody.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use vouch_domain::{ports::CallbackInbox, tenant::Env};

use crate::callbacks::CallbackLines;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(60);
/// How long a callback about somebody unknown is kept: a reservation that the rail has carried out is recorded long
/// before.
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many such callbacks of an env are kept at most.
const MOST_WAITING: u32 = 10_000;

/// Sweeps, until it is cut off.
pub struct InboxSweeper {
    inbox: Arc<dyn CallbackInbox>,
    lines: CallbackLines,
}

impl InboxSweeper {
    /// A sweeper of this inbox. What nobody can read, for want of an env's secret, is kept until somebody can.
    #[must_use]
    pub fn new(inbox: Arc<dyn CallbackInbox>, lines: CallbackLines) -> Self {
        Self { inbox, lines }
    }

    /// Works for ever.
    pub async fn run(&self) {
        loop {
            for env in Env::ALL
                .into_iter()
                .filter(|env| self.lines.of(*env).is_some())
            {
                self.sweep(env).await;
            }
            sleep(PERIOD).await;
        }
    }

    async fn sweep(&self, env: Env) {
        let given_up = self
            .inbox
            .give_up_callbacks(env, LONGEST_AGE, MOST_WAITING)
            .await;
        let env = env.as_str();
        match given_up {
            Ok(0) => {}
            Ok(count) => {
                tracing::warn!(
                    env,
                    count,
                    "gave up callbacks of the rail about customers that nobody has here"
                );
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                metrics::counter!("vouch_rail_callbacks_given_up_total", "env" => env)
                    .increment(count);
            }
            Err(error) => {
                tracing::warn!(env, %error, "old callbacks of the rail could not be given up");
            }
        }
    }
}
