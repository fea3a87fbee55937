//! Creating a customer, exactly once.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use vouch_domain::{
    customer::{CustomerSummary, IdentityField, NewCustomer},
    form::FieldProblem,
    id::CustomerId,
    idempotency::KeyClaim,
    ports::{
        Lease, LeaseTerms, Provisioning, RailField, Reservation, Reserve, Reserved, Standing,
        StoreError,
    },
    tenant::Tenant,
};

use crate::{
    background::Wake,
    ids::IdMint,
    patience::Patience,
    provision::{Caller, ProvisionError, Provisioner, Worker},
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
            ProvisionError::RailFailed { retry_after }
            | ProvisionError::Undecided { retry_after } => Self::RailUnresolved { retry_after },
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
    /// The work goes on to its end when the caller hangs up, so that no lease is left to expire for that; the one 201 is
    /// then left for the caller's next attempt.
    ///
    /// # Errors
    /// See [`CreateError`].
    pub async fn create(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<NewCustomer, Vec<FieldProblem>>,
    ) -> Result<Created, CreateError> {
        let here = Arc::new(());
        let request = Request {
            tenant,
            claim: claim.clone(),
            line: self.rails.of(tenant.env).cloned(),
            caller: Caller(Arc::downgrade(&here)),
            use_case: self.clone(),
        };
        let outcome = tokio::spawn(async move { request.carry_out(form).await }).await;
        drop(here);
        outcome.unwrap_or_else(|_| {
            let panicked = StoreError::Defect("a provisioning panicked".to_owned());
            Err(CreateError::Store(panicked))
        })
    }
}

/// One request being carried out.
struct Request {
    tenant: Tenant,
    claim: KeyClaim,
    /// None where no rail serves the env.
    line: Option<RailLine>,
    caller: Caller,
    use_case: CreateCustomer,
}

enum Settled {
    Ended(Result<Created, CreateError>),
    Blocked(CreateError),
}

impl Request {
    async fn carry_out(
        &self,
        form: Result<NewCustomer, Vec<FieldProblem>>,
    ) -> Result<Created, CreateError> {
        let outcome = match (form, &self.line) {
            (Ok(customer), Some(line)) => self.create_or_join(line, &customer).await,
            (Ok(_), None) => self.replay(CreateError::NoRail).await,
            (Err(problems), _) => self.replay(CreateError::Invalid(problems)).await,
        };
        if matches!(outcome, Err(CreateError::RailUnresolved { .. })) {
            self.use_case.wake.wake();
        }
        outcome
    }

    /// A valid form: reserves, or waits for whoever has what it asks for.
    async fn create_or_join(
        &self,
        line: &RailLine,
        customer: &NewCustomer,
    ) -> Result<Created, CreateError> {
        let mut patience = Patience::new();
        loop {
            let reserve = Reserve {
                id: self.use_case.ids.mint(),
                customer,
                claim: &self.claim,
                terms: line.terms,
            };
            let leased_since = Instant::now();
            let standing = match self.use_case.store.reserve(self.tenant, &reserve).await? {
                Reserved::Granted(lease) => {
                    let reservation = reservation(self.tenant, &reserve, lease);
                    return self.start(line, &reservation, leased_since).await;
                }
                Reserved::Stands(standing) => standing,
            };
            let joined = self
                .join(&reserve, standing, leased_since, &mut patience)
                .await?;
            if let Some(created) = joined {
                return Ok(created);
            }
        }
    }

    /// Follows a standing to an outcome, waiting where somebody else has to move first. Nothing when every obstacle
    /// went away, so that reserving may succeed now.
    async fn join(
        &self,
        reserve: &Reserve<'_>,
        mut standing: Standing,
        mut leased_since: Instant,
        patience: &mut Patience,
    ) -> Result<Option<Created>, CreateError> {
        loop {
            let obstacle = match self.settle(standing, leased_since).await {
                Settled::Ended(outcome) => return outcome.map(Some),
                Settled::Blocked(obstacle) => obstacle,
            };
            if !patience.wait().await {
                return Err(obstacle);
            }
            leased_since = Instant::now();
            standing = match self.use_case.store.standing(self.tenant, reserve).await? {
                Some(standing) => standing,
                None => return Ok(None),
            };
        }
    }

    /// A request that may not reserve: only what its key is bound to may save it from `otherwise`.
    async fn replay(&self, otherwise: CreateError) -> Result<Created, CreateError> {
        let mut patience = Patience::new();
        // Without a rail a lease of no length: what it takes over is given back at once.
        let terms = self
            .line
            .as_ref()
            .map_or(LeaseTerms::NONE, |line| line.terms);
        loop {
            let leased_since = Instant::now();
            let store = &self.use_case.store;
            let Some(standing) = store.key_standing(self.tenant, &self.claim, terms).await? else {
                return Err(otherwise);
            };
            let obstacle = match self.settle(standing, leased_since).await {
                Settled::Ended(outcome) => return outcome,
                Settled::Blocked(obstacle) => obstacle,
            };
            if !patience.wait().await {
                return Err(obstacle);
            }
        }
    }

    /// Turns a standing into an outcome, unless somebody else has to move first.
    async fn settle(&self, standing: Standing, leased_since: Instant) -> Settled {
        let outcome = match standing {
            Standing::InProgress => return Settled::Blocked(CreateError::InProgress),
            Standing::PersonBusy => {
                return Settled::Blocked(CreateError::RailUnresolved {
                    retry_after: RETRY_AFTER,
                });
            }
            Standing::Resumed(reservation) => self.resume(&reservation, leased_since).await,
            Standing::Exists {
                customer,
                by_key,
                answered,
            } => self.existing(customer, by_key, answered).await,
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
        reservation: &Reservation,
        leased_since: Instant,
    ) -> Result<Created, CreateError> {
        let worker = Worker::Caller(self.caller.clone());
        let provisioner = &self.use_case.provisioner;
        let made = provisioner
            .start(line, reservation, leased_since, worker)
            .await?;
        Ok(Created::New(made))
    }

    async fn resume(
        &self,
        reservation: &Reservation,
        leased_since: Instant,
    ) -> Result<Created, CreateError> {
        let line = self.line.as_ref().ok_or(CreateError::NoRail)?;
        let worker = Worker::Caller(self.caller.clone());
        let provisioner = &self.use_case.provisioner;
        let made = provisioner
            .resume(line, reservation, leased_since, worker)
            .await?;
        Ok(Created::New(made))
    }

    async fn existing(
        &self,
        customer: CustomerSummary,
        by_key: bool,
        answered: bool,
    ) -> Result<Created, CreateError> {
        let store = &self.use_case.store;
        // Finished by the reconciler: the first to ask is told that the customer is new.
        if !answered
            && store
                .claim_creation_answer(self.tenant, customer.id)
                .await?
        {
            return Ok(Created::New(customer));
        }
        Ok(Created::Existing {
            customer,
            replayed: by_key,
        })
    }
}

fn reservation(tenant: Tenant, reserve: &Reserve<'_>, lease: Lease) -> Reservation {
    Reservation {
        tenant,
        id: reserve.id,
        customer: reserve.customer.clone(),
        lease,
    }
}
