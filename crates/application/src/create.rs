//! Creating a customer, exactly once.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use vouch_domain::{
    customer::{CustomerSummary, IdentityField, NewCustomer},
    form::FieldProblem,
    id::CustomerId,
    idempotency::KeyClaim,
    ports::{Lease, Provisioning, RailField, Reservation, Reserve, Reserved, Standing, StoreError},
    tenant::Tenant,
};

use crate::{
    background::Wake,
    ids::IdMint,
    patience::Patience,
    provision::{ProvisionError, Provisioner, Worker},
    rails::{RETRY_AFTER, RailLine, Rails},
};

/// How a create ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The caller is the one who is told that the customer is new.
    New(CustomerSummary),
    /// The customer was there, and somebody else was or will be told that it is new.
    Existing {
        /// As it is now.
        customer: CustomerSummary,
        /// Whether the same key had made it.
        replayed: bool,
    },
}

/// Why there is no customer to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The body breaks rules, and its key is not bound to an outcome.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The first request was still running after a fair wait.
    #[error("the first request is still running")]
    InProgress,
    /// The reference belongs to another identity.
    #[error("the reference belongs to another identity")]
    ReferenceTaken {
        /// The customer that has it, unless it is a mere reservation.
        customer: Option<CustomerId>,
        /// In which fields the two differ.
        differing: Vec<IdentityField>,
    },
    /// Another customer holds the Interac e-mail.
    #[error("the Interac e-mail is held by another customer")]
    InteracEmailTaken,
    /// The rail refused the data; nothing is kept.
    #[error("the rail refused the data")]
    RefusedByRail {
        /// Which fields, where known.
        fields: Vec<RailField>,
    },
    /// The rail brought no result; a reservation may be kept, and the same request resumes it.
    #[error("the rail brought no result")]
    RailUnresolved {
        /// When to try again.
        retry_after: Duration,
    },
    /// No rail is configured for the env.
    #[error("no rail is configured for this env")]
    NoRail,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvisionError> for CreateError {
    fn from(error: ProvisionError) -> Self {
        match error {
            ProvisionError::Refused { fields } => Self::RefusedByRail { fields },
            ProvisionError::Unresolved { retry_after } => Self::RailUnresolved { retry_after },
            ProvisionError::Store(error) => Self::Store(error),
        }
    }
}

/// The use case.
#[derive(Clone)]
pub struct CreateCustomer {
    store: Arc<dyn Provisioning>,
    provisioner: Provisioner,
    rails: Rails,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl CreateCustomer {
    /// The use case on this store and these rails. What it leaves open, `wake` tells the reconciler of.
    #[must_use]
    pub fn new(store: Arc<dyn Provisioning>, rails: Rails, ids: Arc<IdMint>, wake: Wake) -> Self {
        Self {
            provisioner: Provisioner::new(Arc::clone(&store), Arc::clone(&ids)),
            store,
            rails,
            ids,
            wake,
        }
    }

    /// Creates the customer that the form describes, or answers with the one that the key or the reference names.
    ///
    /// # Errors
    /// See [`CreateError`].
    pub async fn create(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<NewCustomer, Vec<FieldProblem>>,
    ) -> Result<Created, CreateError> {
        let line = self.rails.of(tenant.env).ok_or(CreateError::NoRail)?;
        match form {
            Ok(customer) => self.create_or_join(tenant, line, claim, &customer).await,
            Err(problems) => self.replay(tenant, line, claim, problems).await,
        }
    }

    /// A valid form: reserves, or waits for whoever has what it asks for.
    async fn create_or_join(
        &self,
        tenant: Tenant,
        line: &RailLine,
        claim: &KeyClaim,
        customer: &NewCustomer,
    ) -> Result<Created, CreateError> {
        let mut patience = Patience::new();
        loop {
            let reserve = Reserve {
                id: self.ids.mint(),
                customer,
                claim,
                terms: line.terms,
            };
            let leased_since = Instant::now();
            let standing = match self.store.reserve(tenant, &reserve).await? {
                Reserved::Granted(lease) => {
                    let reservation = reservation(tenant, &reserve, lease);
                    return self.start(line, reservation, leased_since).await;
                }
                Reserved::Stands(standing) => standing,
            };
            let joined = self
                .join(
                    tenant,
                    line,
                    &reserve,
                    standing,
                    leased_since,
                    &mut patience,
                )
                .await;
            if let Some(outcome) = joined {
                return outcome;
            }
        }
    }

    /// Follows a standing to an outcome, waiting where somebody else has to move first. Nothing when every obstacle
    /// went away, so that reserving may succeed now.
    async fn join(
        &self,
        tenant: Tenant,
        line: &RailLine,
        reserve: &Reserve<'_>,
        mut standing: Standing,
        mut leased_since: Instant,
        patience: &mut Patience,
    ) -> Option<Result<Created, CreateError>> {
        loop {
            let obstacle = match self.settle(tenant, line, standing, leased_since).await {
                Settled::Ended(outcome) => return Some(outcome),
                Settled::Blocked(obstacle) => obstacle,
            };
            if !patience.wait().await {
                return Some(Err(obstacle));
            }
            leased_since = Instant::now();
            standing = match self.store.standing(tenant, reserve).await {
                Ok(standing) => standing?,
                Err(error) => return Some(Err(error.into())),
            };
        }
    }

    /// An invalid form: only what its key is bound to may save it.
    async fn replay(
        &self,
        tenant: Tenant,
        line: &RailLine,
        claim: &KeyClaim,
        problems: Vec<FieldProblem>,
    ) -> Result<Created, CreateError> {
        let mut patience = Patience::new();
        loop {
            let leased_since = Instant::now();
            let standing = self.store.key_standing(tenant, claim, line.terms).await?;
            let Some(standing) = standing else {
                return Err(CreateError::Invalid(problems));
            };
            let obstacle = match self.settle(tenant, line, standing, leased_since).await {
                Settled::Ended(outcome) => return outcome,
                Settled::Blocked(obstacle) => obstacle,
            };
            if !patience.wait().await {
                return Err(obstacle);
            }
        }
    }

    /// Turns a standing into an outcome, unless somebody else has to move first.
    async fn settle(
        &self,
        tenant: Tenant,
        line: &RailLine,
        standing: Standing,
        leased_since: Instant,
    ) -> Settled {
        let outcome = match standing {
            Standing::InProgress => return Settled::Blocked(CreateError::InProgress),
            Standing::PersonBusy => {
                return Settled::Blocked(CreateError::RailUnresolved {
                    retry_after: RETRY_AFTER,
                });
            }
            Standing::Resumed(reservation) => self.resume(line, *reservation, leased_since).await,
            Standing::Exists {
                customer,
                by_key,
                answered,
            } => self.existing(tenant, customer, by_key, answered).await,
            Standing::KeyConflict => Err(CreateError::KeyConflict),
            Standing::ReferenceTaken {
                customer,
                differing,
            } => Err(CreateError::ReferenceTaken {
                customer,
                differing,
            }),
            Standing::InteracEmailTaken => Err(CreateError::InteracEmailTaken),
        };
        Settled::Ended(outcome)
    }

    async fn start(
        &self,
        line: &RailLine,
        reservation: Reservation,
        leased_since: Instant,
    ) -> Result<Created, CreateError> {
        let (provisioner, line) = (self.provisioner.clone(), line.clone());
        self.finish(async move {
            provisioner
                .start(&line, &reservation, leased_since, Worker::Caller)
                .await
        })
        .await
    }

    async fn resume(
        &self,
        line: &RailLine,
        reservation: Reservation,
        leased_since: Instant,
    ) -> Result<Created, CreateError> {
        let (provisioner, line) = (self.provisioner.clone(), line.clone());
        self.finish(async move {
            provisioner
                .resume(&line, &reservation, leased_since, Worker::Caller)
                .await
        })
        .await
    }

    async fn existing(
        &self,
        tenant: Tenant,
        customer: CustomerSummary,
        by_key: bool,
        answered: bool,
    ) -> Result<Created, CreateError> {
        // Finished by the reconciler: the first to ask is told that the customer is new.
        if !answered
            && self
                .store
                .claim_creation_answer(tenant, customer.id)
                .await?
        {
            return Ok(Created::New(customer));
        }
        Ok(Created::Existing {
            customer,
            replayed: by_key,
        })
    }

    /// Runs the work to its end even when the caller hangs up, so that a lease is not left to expire for that.
    async fn finish(
        &self,
        work: impl Future<Output = Result<CustomerSummary, ProvisionError>> + Send + 'static,
    ) -> Result<Created, CreateError> {
        let wake = self.wake.clone();
        let work = async move {
            let outcome = work.await;
            if matches!(outcome, Err(ProvisionError::Unresolved { .. })) {
                wake.wake();
            }
            outcome
        };
        match tokio::spawn(work).await {
            Ok(outcome) => Ok(Created::New(outcome?)),
            Err(join) => Err(CreateError::Store(StoreError::Defect(join.to_string()))),
        }
    }
}

enum Settled {
    Ended(Result<Created, CreateError>),
    Blocked(CreateError),
}

fn reservation(tenant: Tenant, reserve: &Reserve<'_>, lease: Lease) -> Reservation {
    Reservation {
        tenant,
        id: reserve.id,
        customer: reserve.customer.clone(),
        lease,
    }
}
