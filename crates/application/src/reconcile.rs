//! Finishing reservations whose callers never came back.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;
use vouch_domain::{
    ports::{Reconciliation, Reservation, StoreError},
    tenant::Env,
};

use crate::{
    background::Wake,
    jobs::{Onward, Work},
    provision::{ProvisionError, Provisioner, Worker},
    rails::{RailLine, Rails},
};

/// Brings open reservations to their end, until it is stopped.
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
}

#[async_trait]
impl Work for Reconciler {
    type Line = RailLine;
    type Job = Reservation;

    const JOBS: &'static str = "reservations";
    const AT_ONCE: u8 = 16;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &Rails {
        &self.rails
    }

    async fn take(
        &self,
        env: Env,
        line: &RailLine,
        room: u8,
    ) -> Result<Vec<Reservation>, StoreError> {
        self.store.take_due(env, line.terms, room).await
    }

    async fn work_on(
        &self,
        line: &RailLine,
        reservation: Reservation,
        leased_since: Instant,
    ) -> Onward {
        let worked = self
            .provisioner
            .resume(line, &reservation, leased_since, Worker::Reconciler)
            .await;
        let customer = reservation.id;
        match worked {
            Ok(_) => tracing::info!(%customer, "finished an open reservation"),
            Err(ProvisionError::Refused { .. }) => {
                tracing::info!(%customer, "abandoned a reservation that the rail refused");
            }
            // Logged where it happened. What is left stays due, so that all is tried as soon as one finds the rail back.
            Err(ProvisionError::RailFailed { .. }) => return Onward::Pause,
            Err(ProvisionError::Undecided { .. }) => {}
            Err(ProvisionError::Store(error)) => {
                tracing::warn!(%customer, %error, "an open reservation could not be worked on");
            }
        }
        Onward::GoOn
    }
}
