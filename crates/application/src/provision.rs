//! Bringing a reservation to its end: exactly one customer at the rail, or none.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};
use vouch_domain::{
    customer::CustomerSummary,
    ports::{
        AbsenceClear, Provisioning, RailCustomer, RailCustomerId, RailFailure, RailField,
        RecordOutcome, Reservation, StoreError, Urgency,
    },
};

use crate::{
    ids::IdMint,
    rails::{RETRY_AFTER, RailLine},
    steps::{self, Step},
};

/// Pauses between attempts to record a success: long enough for a restart of the database to be over, short enough for
/// the caller to wait.
const RECORD_PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_millis(1_500),
];

/// How long a success is tried to be recorded, all attempts together: the caller waits for it, and no longer than for
/// any other answer of the store. What is not recorded by then is found by the next attempt at the reservation.
const RECORD_LIMIT: Duration = Duration::from_secs(5);

/// Why a reservation did not become a customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProvisionError {
    /// The rail refused the data; the reservation is gone.
    #[error("the rail refused the data")]
    Refused {
        /// Which fields, where known.
        fields: Vec<RailField>,
    },
    /// The rail could not be reached or left it open; the reservation is kept.
    #[error("the rail brought no result")]
    RailFailed {
        /// When to try again.
        retry_after: Duration,
    },
    /// It is too early to tell, or somebody else has taken over; the reservation is kept.
    #[error("nothing is decided yet")]
    Undecided {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed; the reservation ends with its lease.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A caller, who may hang up while the work goes on.
#[derive(Debug, Clone)]
pub struct Caller(pub(crate) Weak<()>);

impl Caller {
    fn is_waiting(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// For whom a reservation is worked on.
#[derive(Debug, Clone)]
pub enum Worker {
    /// A caller, who is told the outcome if it still waits.
    Caller(Caller),
    /// The reconciler: the one 201 is still to be given.
    Reconciler,
}

impl Worker {
    fn urgency(&self) -> Urgency {
        match self {
            Self::Caller(_) => Urgency::Caller,
            Self::Reconciler => Urgency::Background,
        }
    }

    /// Whether somebody is there to be told that the customer is new.
    fn takes_the_answer(&self) -> bool {
        match self {
            Self::Caller(caller) => caller.is_waiting(),
            Self::Reconciler => false,
        }
    }
}

/// Brings reservations to their end.
#[derive(Clone)]
pub struct Provisioner {
    store: Arc<dyn Provisioning>,
    ids: Arc<IdMint>,
}

/// One reservation being worked on.
struct Attempt<'a> {
    provisioner: &'a Provisioner,
    line: &'a RailLine,
    reservation: &'a Reservation,
    /// Before the lease was asked for: by our clock the lease lasts no longer than from here.
    leased_since: Instant,
    worker: Worker,
}

impl Provisioner {
    /// A provisioner on this store.
    #[must_use]
    pub fn new(store: Arc<dyn Provisioning>, ids: Arc<IdMint>) -> Self {
        Self { store, ids }
    }

    /// Works on a reservation for which nothing was ever sent: no need to look first.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    pub async fn start(
        &self,
        line: &RailLine,
        reservation: &Reservation,
        leased_since: Instant,
        worker: Worker,
    ) -> Result<CustomerSummary, ProvisionError> {
        steps::pass(Step::Reserved);
        let attempt = self.attempt(line, reservation, leased_since, worker);
        match attempt.create().await? {
            Ok(customer) => Ok(customer),
            Err(fields) => attempt.abandon(fields).await,
        }
    }

    /// Works on a reservation for which something may have been sent: looks first, and creates only when absence is
    /// clear.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    pub async fn resume(
        &self,
        line: &RailLine,
        reservation: &Reservation,
        leased_since: Instant,
        worker: Worker,
    ) -> Result<CustomerSummary, ProvisionError> {
        steps::pass(Step::TakenOver);
        let attempt = self.attempt(line, reservation, leased_since, worker);
        if let Some(customer) = attempt.adopt(AbsenceClear::AsBefore).await? {
            return Ok(customer);
        }
        let doubt = reservation
            .lease
            .absence_clear_in
            .saturating_sub(leased_since.elapsed());
        if !doubt.is_zero() {
            return attempt.put_off(doubt).await;
        }
        let fields = match attempt.create().await? {
            Ok(customer) => return Ok(customer),
            Err(fields) => fields,
        };
        // An earlier, unclear attempt may be what the rail now calls a duplicate.
        match attempt.adopt(AbsenceClear::Now).await? {
            Some(customer) => Ok(customer),
            None => attempt.abandon(fields).await,
        }
    }

    fn attempt<'a>(
        &'a self,
        line: &'a RailLine,
        reservation: &'a Reservation,
        leased_since: Instant,
        worker: Worker,
    ) -> Attempt<'a> {
        Attempt {
            provisioner: self,
            line,
            reservation,
            leased_since,
            worker,
        }
    }
}

impl Attempt<'_> {
    /// Sends the one create that the lease allows, and records what comes of it. The inner error is a refusal, for the
    /// caller to judge.
    async fn create(&self) -> Result<Result<CustomerSummary, Vec<RailField>>, ProvisionError> {
        let left = self
            .line
            .terms
            .lease()
            .saturating_sub(self.leased_since.elapsed());
        if left < self.line.terms.needed_for_create() {
            tracing::warn!(customer = %self.reservation.id, "too little is left of the lease to send a create");
            return self.put_off(RETRY_AFTER).await;
        }
        steps::pass(Step::Sending);
        let sent = self
            .line
            .rail
            .create_customer(&self.reservation.customer, self.worker.urgency())
            .await;
        match sent {
            Ok(rail_customer) => self.record_created(&rail_customer).await,
            Err(RailFailure::Refused { fields }) => Ok(Err(fields)),
            Err(failure) => {
                let absence = failure.absence_clear(self.line.terms.settle);
                self.leave(absence, &failure).await
            }
        }
    }

    async fn record_created(
        &self,
        rail_customer: &RailCustomerId,
    ) -> Result<Result<CustomerSummary, Vec<RailField>>, ProvisionError> {
        steps::pass(Step::Created);
        match self.record(rail_customer).await? {
            RecordOutcome::Recorded(customer) => Ok(Ok(customer)),
            // The rail answered our create with somebody else's record: to us that is a duplicate it refused.
            RecordOutcome::RailCustomerTaken => Ok(Err(vec![RailField("id_number")])),
            RecordOutcome::LeaseLost => Err(self.lost_lease()),
        }
    }

    /// Looks at the rail and binds the oldest record that fits and is free. `absence` is what a failed look-up leaves.
    async fn adopt(
        &self,
        absence: AbsenceClear,
    ) -> Result<Option<CustomerSummary>, ProvisionError> {
        let found = self
            .line
            .rail
            .find_customers(&self.reservation.customer, self.worker.urgency())
            .await;
        let found = match found {
            Ok(found) => found,
            Err(failure) => return self.leave(absence, &failure).await,
        };
        for candidate in self.fitting(found) {
            steps::pass(Step::Adopting);
            match self.record(&candidate.id).await? {
                RecordOutcome::Recorded(customer) => return Ok(Some(customer)),
                RecordOutcome::RailCustomerTaken => {}
                RecordOutcome::LeaseLost => return Err(self.lost_lease()),
            }
        }
        Ok(None)
    }

    /// The records that can be ours, oldest first.
    fn fitting(&self, mut found: Vec<RailCustomer>) -> Vec<RailCustomer> {
        let reserved_at = self.reservation.id.created_at();
        found.retain(|record| record.fits(&self.reservation.customer, reserved_at));
        found.sort_by_key(|record| record.created_at);
        found
    }

    /// Records the success, within a limited time.
    async fn record(&self, rail_customer: &RailCustomerId) -> Result<RecordOutcome, StoreError> {
        let recorded = timeout(RECORD_LIMIT, self.record_patiently(rail_customer)).await;
        recorded.unwrap_or_else(|_| {
            let cause = "a success could not be recorded in time".to_owned();
            Err(StoreError::Unavailable(cause))
        })
    }

    /// Records the success; again, where the store lost the connection: the rail has the customer by now, and the event's
    /// id keeps a repetition from doing anything twice.
    async fn record_patiently(
        &self,
        rail_customer: &RailCustomerId,
    ) -> Result<RecordOutcome, StoreError> {
        let answered = self.worker.takes_the_answer();
        let event = self.provisioner.ids.mint();
        let store = &self.provisioner.store;
        for pause in RECORD_PAUSES {
            let recorded = store
                .record_provisioned(self.reservation, rail_customer, event, answered)
                .await;
            match recorded {
                Err(StoreError::Unavailable(cause)) => {
                    tracing::warn!(customer = %self.reservation.id, cause, "a success is recorded again");
                }
                decided => {
                    steps::pass(Step::Recorded);
                    return decided;
                }
            }
            sleep(pause).await;
        }
        store
            .record_provisioned(self.reservation, rail_customer, event, answered)
            .await
    }

    async fn abandon<T>(&self, fields: Vec<RailField>) -> Result<T, ProvisionError> {
        steps::pass(Step::Refused);
        match self.provisioner.store.abandon(self.reservation).await? {
            true => Err(ProvisionError::Refused { fields }),
            false => Err(self.lost_lease()),
        }
    }

    /// Keeps the reservation and gives the lease back: the rail brought no result.
    async fn leave<T>(
        &self,
        absence: AbsenceClear,
        failure: &RailFailure,
    ) -> Result<T, ProvisionError> {
        let Reservation { tenant, id, .. } = self.reservation;
        tracing::warn!(env = tenant.env.as_str(), customer = %id, %failure, "the rail brought no result");
        self.release(absence).await?;
        let retry_after = match failure {
            RailFailure::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        };
        Err(ProvisionError::RailFailed {
            retry_after: retry_after.unwrap_or(RETRY_AFTER),
        })
    }

    /// Keeps the reservation and gives the lease back: it is too early, or too late, for a create.
    async fn put_off<T>(&self, retry_after: Duration) -> Result<T, ProvisionError> {
        self.release(AbsenceClear::AsBefore).await?;
        Err(ProvisionError::Undecided { retry_after })
    }

    async fn release(&self, absence: AbsenceClear) -> Result<(), StoreError> {
        steps::pass(Step::Leaving);
        let store = &self.provisioner.store;
        store.release(self.reservation, absence).await
    }

    /// Whoever has the lease now decides.
    fn lost_lease(&self) -> ProvisionError {
        tracing::warn!(customer = %self.reservation.id, "the lease ended before the outcome was recorded");
        ProvisionError::Undecided {
            retry_after: RETRY_AFTER,
        }
    }
}
