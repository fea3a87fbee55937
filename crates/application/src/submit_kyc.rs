//! Handing a customer to the rail's reviewers.

use std::sync::Arc;

use uuid::Uuid;
use vouch_domain::{
    customer::CustomerHandle,
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
    kyc_files::{Done, Earlier, contended, earlier},
};

/// How often a submission is judged anew because somebody else changed the customer in between.
const ATTEMPTS: u8 = 5;

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
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct SubmitKyc {
    files: Arc<dyn KycFiles>,
    submissions: Arc<dyn Submissions>,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl SubmitKyc {
    /// The use case on this store. Of every submission, `wake` tells whoever brings it to the rail.
    #[must_use]
    pub fn new(
        files: Arc<dyn KycFiles>,
        submissions: Arc<dyn Submissions>,
        ids: Arc<IdMint>,
        wake: Wake,
    ) -> Self {
        Self {
            files,
            submissions,
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
        for _ in 0..ATTEMPTS {
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
        }
        Err(SubmitError::Store(contended()))
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
        let new = NewSubmission {
            id: self.ids.mint(),
            customer: basis.customer,
            event: self.ids.mint(),
        };
        let opened = self.submissions.open_submission(tenant, &new, claim).await;
        Ok(opened?)
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
