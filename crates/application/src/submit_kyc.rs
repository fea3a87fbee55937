//! Handing a customer to the rail's reviewers.

use std::sync::Arc;

use uuid::Uuid;
use vouch_domain::{
    customer::{Cause, CustomerHandle, Status},
    form::FieldProblem,
    id::KycSubmissionId,
    idempotency::KeyClaim,
    kyc::{Submission, SubmissionRefused},
    ports::{KycBasis, KycFiles, NewSubmission, StoreError, Submissions},
    tenant::Tenant,
};

use crate::{
    background::Wake,
    ids::IdMint,
    kyc_files::{Done, Earlier, earlier},
    patience::Patience,
    transitions::{Move, MoveError, Moved, Transitions},
};

/// Why nothing was submitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The body has fields.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The customer was made by the Treasury API: there is nothing that the rail could verify.
    #[error("the customer has no identity")]
    NoIdentity,
    /// The customer may not be submitted now.
    #[error(transparent)]
    Refused(#[from] SubmissionRefused),
    /// The customer was rejected, and another one has its Interac e-mail by now.
    #[error("another customer has the Interac e-mail")]
    InteracEmailTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct SubmitKyc {
    files: Arc<dyn KycFiles>,
    submissions: Arc<dyn Submissions>,
    transitions: Transitions,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl SubmitKyc {
    /// The use case on this store. Of every submission, `wake` tells whoever brings it to the rail.
    #[must_use]
    pub fn new(
        files: Arc<dyn KycFiles>,
        submissions: Arc<dyn Submissions>,
        transitions: Transitions,
        ids: Arc<IdMint>,
        wake: Wake,
    ) -> Self {
        Self {
            files,
            submissions,
            transitions,
            ids,
            wake,
        }
    }

    /// Submits the files that are in the customer's slots. A job brings them to the rail.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
        form: &Result<(), Vec<FieldProblem>>,
    ) -> Result<Done<Submission>, SubmitError> {
        let mut patience = Patience::new();
        loop {
            let basis = self.files.kyc_basis(tenant, customer, claim).await?;
            let basis = basis.ok_or(SubmitError::NotFound)?;
            match earlier(&basis, claim) {
                Earlier::None => {}
                Earlier::Conflict => return Err(SubmitError::KeyConflict),
                Earlier::Same(subject) => return self.submitted_before(tenant, subject).await,
            }
            form.clone().map_err(SubmitError::Invalid)?;
            if let Some(submission) = self.open(tenant, &basis, claim).await? {
                self.wake.wake();
                return Ok(Done {
                    now: submission,
                    replayed: false,
                });
            }
            patience.again().await?;
        }
    }

    /// Nothing when somebody changed the customer.
    async fn open(
        &self,
        tenant: Tenant,
        basis: &KycBasis,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Submission>, SubmitError> {
        if !basis.has_identity {
            return Err(SubmitError::NoIdentity);
        }
        basis.standing.judge()?;
        if basis.standing.status == Status::Rejected && !self.reopen(tenant, basis).await? {
            return Ok(None);
        }
        let new = NewSubmission {
            id: self.ids.mint(),
            customer: basis.customer,
            event: self.ids.mint(),
        };
        let opened = self.submissions.open_submission(tenant, &new, claim).await;
        Ok(opened?)
    }

    /// Has a rejected customer wait for a decision again. Should the submission not be stored after that, the next request
    /// finds a customer that may be submitted all the same. Answers false when somebody changed the customer.
    async fn reopen(&self, tenant: Tenant, basis: &KycBasis) -> Result<bool, SubmitError> {
        let wanted = Move {
            customer: &CustomerHandle::Id(basis.customer),
            to: Status::Pending,
            cause: Cause::Submission,
            explanation: None,
            review: None,
            claim: None,
        };
        match self.transitions.move_customer(tenant, &wanted).await {
            Ok(Moved::Now { .. } | Moved::Already(_) | Moved::Before(_)) => Ok(true),
            // It is verified or closed by now.
            Err(MoveError::Refused(_)) => Ok(false),
            Err(MoveError::NotFound) => Err(SubmitError::NotFound),
            Err(MoveError::InteracEmailTaken) => Err(SubmitError::InteracEmailTaken),
            Err(MoveError::KeyConflict) => Err(SubmitError::KeyConflict),
            // Only a customer that is closed may have none, and there was no look before.
            Err(error @ (MoveError::PayoutsProcessing | MoveError::Outrun)) => {
                Err(StoreError::Defect(error.to_string()).into())
            }
            Err(MoveError::Store(error)) => Err(error.into()),
        }
    }

    async fn submitted_before(
        &self,
        tenant: Tenant,
        subject: Option<Uuid>,
    ) -> Result<Done<Submission>, SubmitError> {
        let vanished = || StoreError::Defect("a submission has vanished".to_owned());
        let id = subject.and_then(|uuid| KycSubmissionId::from_uuid(uuid).ok());
        let id = id.ok_or_else(vanished)?;
        let found = self.submissions.find_submission(tenant, id).await?;
        Ok(Done {
            now: found.ok_or_else(vanished)?,
            replayed: true,
        })
    }
}
