//! Finishing reservations whose callers never came back.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::Instant;
use vouch_domain::{
    ports::{Reconciliation, Reservation, StoreError},
    tenant::Env,
};

use crate::{
    background::Wake,
    provision::{ProvisionError, Provisioner, Worker},
    rails::{RailLine, Rails},
};

/// How often the store is asked when nothing in this process calls for it: failures of other processes, and leases
/// that ran out, show only there.
const PERIOD: Duration = Duration::from_secs(1);
/// How many reservations are worked on at once.
const BATCH: u8 = 16;
/// How many batches one pass takes before it looks around again.
const BATCHES_PER_PASS: u8 = 64;

/// Brings open reservations to their end, for as long as the process lives.
pub struct Reconciler {
    store: Arc<dyn Reconciliation>,
    provisioner: Provisioner,
    rails: Rails,
    wake: Wake,
}

impl Reconciler {
    /// A reconciler on this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Reconciliation>,
        provisioner: Provisioner,
        rails: Rails,
        wake: Wake,
    ) -> Self {
        Self {
            store,
            provisioner,
            rails,
            wake,
        }
    }

    /// Works for ever.
    pub async fn run(&self) {
        loop {
            for env in Env::ALL {
                if let Err(error) = self.pass(env).await {
                    tracing::warn!(env = env.as_str(), %error, "open reservations could not be read");
                }
            }
            self.wake.wait(PERIOD).await;
        }
    }

    /// Takes what is due in one env and works on it. Answers how many reservations it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.rails.of(env) else {
            return Ok(0);
        };
        let mut taken = 0;
        for _ in 0..BATCHES_PER_PASS {
            let leased_since = Instant::now();
            let due = self.store.take_due(env, line.terms, BATCH).await?;
            if due.is_empty() {
                break;
            }
            taken += due.len();
            join_all(
                due.iter()
                    .map(|reservation| self.work_on(line, reservation, leased_since)),
            )
            .await;
        }
        Ok(taken)
    }

    async fn work_on(&self, line: &RailLine, reservation: &Reservation, leased_since: Instant) {
        let worked = self
            .provisioner
            .resume(line, reservation, leased_since, Worker::Reconciler)
            .await;
        let customer = reservation.id;
        match worked {
            Ok(_) => tracing::info!(%customer, "finished an open reservation"),
            Err(ProvisionError::Refused { .. }) => {
                tracing::info!(%customer, "abandoned a reservation that the rail refused");
            }
            // Logged where it happened; the next attempt is due in a while.
            Err(ProvisionError::Unresolved { .. }) => {}
            Err(ProvisionError::Store(error)) => {
                tracing::warn!(%customer, %error, "an open reservation could not be worked on");
            }
        }
    }
}
