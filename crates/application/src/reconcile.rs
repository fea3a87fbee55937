//! Finishing reservations whose callers never came back.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join, stream::FuturesUnordered};
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
/// How many reservations are taken at a time.
const BATCH: u8 = 8;
/// More are taken when so few are left under way: one that hangs does not hold up the others.
const REFILL_AT: usize = 8;

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

    /// Works until it is stopped, and finishes what it has taken by then. On each env by itself: one rail's trouble does
    /// not hold up the other's customers.
    pub async fn run(&self) {
        join(self.serve(Env::Test), self.serve(Env::Live)).await;
    }

    async fn serve(&self, env: Env) {
        let pass = || async {
            if let Err(error) = self.pass(env).await {
                tracing::warn!(env = env.as_str(), %error, "open reservations could not be read");
            }
            PERIOD
        };
        self.wake.repeat(pass).await;
    }

    /// Takes what is due in one env and works on it, until nothing more is due, the rail fails, or it is stopped. Answers
    /// how many reservations it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due; what was taken before is finished all the same.
    pub async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.rails.of(env) else {
            return Ok(0);
        };
        let mut under_way = FuturesUnordered::new();
        let mut taken = 0;
        let mut rail = Rail::Works;
        let mut nothing_due = false;
        loop {
            let goes_on = matches!(rail, Rail::Works) && !nothing_due && !self.wake.is_stopped();
            if goes_on && under_way.len() <= REFILL_AT {
                let leased_since = Instant::now();
                let asked = self.store.take_due(env, line.terms, BATCH);
                let (due, shown) = meanwhile(&mut under_way, asked).await;
                rail = rail.and(shown);
                let due = match due {
                    Ok(due) => due,
                    Err(error) => {
                        under_way.collect::<Vec<_>>().await;
                        return Err(error);
                    }
                };
                nothing_due = due.is_empty();
                taken += due.len();
                under_way.extend(
                    due.into_iter()
                        .map(|due| self.work_on(line, due, leased_since)),
                );
            }
            match under_way.next().await {
                None => return Ok(taken),
                // Where it fails, what is left stays due, so that all is tried as soon as one finds the rail back.
                Some(shown) => rail = rail.and(shown),
            }
        }
    }

    async fn work_on(
        &self,
        line: &RailLine,
        reservation: Reservation,
        leased_since: Instant,
    ) -> Rail {
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
            // Logged where it happened; the next attempt is due in a while.
            Err(ProvisionError::RailFailed { .. }) => return Rail::Fails,
            Err(ProvisionError::Undecided { .. }) => {}
            Err(ProvisionError::Store(error)) => {
                tracing::warn!(%customer, %error, "an open reservation could not be worked on");
            }
        }
        Rail::Works
    }
}

/// What attempts showed of the rail.
enum Rail {
    Works,
    Fails,
}

impl Rail {
    fn and(self, other: Self) -> Self {
        match self {
            Self::Works => other,
            Self::Fails => Self::Fails,
        }
    }
}

/// Waits for the answer while the work goes on: left alone, it would hold the connections that the answer needs. Says
/// too whether the rail failed meanwhile.
async fn meanwhile<Answer>(
    under_way: &mut FuturesUnordered<impl Future<Output = Rail>>,
    asked: impl Future<Output = Answer>,
) -> (Answer, Rail) {
    let mut asked = pin!(asked);
    let mut rail = Rail::Works;
    loop {
        tokio::select! {
            answer = &mut asked => return (answer, rail),
            Some(shown) = under_way.next() => rail = rail.and(shown),
        }
    }
}
