//! Amending a customer's contact data.

use std::sync::Arc;

use vouch_domain::{
    customer::{Amendment, Customer, CustomerHandle, CustomerSummary, Version},
    form::FieldProblem,
    idempotency::KeyClaim,
    ports::{Amend, AmendOutcome, AmendmentBasis, Customers, StoreError},
    tenant::Tenant,
};

use crate::{background::Wake, ids::IdMint, patience::Patience};

/// What a caller asks for.
pub struct AmendRequest<'a> {
    /// Whose data is to change.
    pub customer: CustomerHandle,
    /// The version that the caller has seen, if it says so.
    pub expected: Option<Version>,
    /// The caller's key, if it gave one.
    pub claim: Option<KeyClaim>,
    /// Judges the caller's form against the customer's country and type.
    pub judge: &'a (dyn Fn(&Customer) -> Result<Amendment, Vec<FieldProblem>> + Send + Sync),
}

/// How an amendment ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The customer as it is now.
    pub customer: CustomerSummary,
    /// Whether an earlier request under the same key had done it.
    pub replayed: bool,
}

/// Why nothing was amended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The form breaks rules.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The customer is not in the version that the caller has seen.
    #[error("the customer was changed by somebody else")]
    VersionConflict,
    /// The customer is closed.
    #[error("the customer is closed")]
    Closed,
    /// The customer was made by the Treasury API: there is no identity, and nothing to amend.
    #[error("the customer has no identity")]
    NoIdentity,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct AmendCustomer {
    store: Arc<dyn Customers>,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl AmendCustomer {
    /// The use case on this store. Of every change, `wake` tells whoever tells the rail.
    #[must_use]
    pub fn new(store: Arc<dyn Customers>, ids: Arc<IdMint>, wake: Wake) -> Self {
        Self { store, ids, wake }
    }

    /// Amends contact data here; the rail is told afterwards.
    ///
    /// # Errors
    /// See [`AmendError`].
    pub async fn amend(
        &self,
        tenant: Tenant,
        request: &AmendRequest<'_>,
    ) -> Result<Amended, AmendError> {
        let mut patience = Patience::new();
        loop {
            let basis = self
                .store
                .amendment_basis(tenant, &request.customer, request.claim.as_ref())
                .await?
                .ok_or(AmendError::NotFound)?;
            if let Some(replay) = replayed(&basis, request.claim.as_ref()) {
                return replay;
            }
            let customer = basis.subject.known().ok_or(AmendError::NoIdentity)?;
            if let Some(customer) = self.apply(tenant, request, customer).await? {
                return Ok(Amended {
                    customer,
                    replayed: false,
                });
            }
            patience.again().await?;
        }
    }

    /// Nothing when somebody outran the amendment.
    async fn apply(
        &self,
        tenant: Tenant,
        request: &AmendRequest<'_>,
        customer: &Customer,
    ) -> Result<Option<CustomerSummary>, AmendError> {
        let amendment = (request.judge)(customer).map_err(AmendError::Invalid)?;
        let summary = &customer.summary;
        if summary.status.is_final() {
            return Err(AmendError::Closed);
        }
        if request.expected.is_some_and(|seen| seen != summary.version) {
            return Err(AmendError::VersionConflict);
        }
        let (contact, changed) = customer.contact.amended(amendment);
        let claim = request.claim.as_ref();
        if changed.is_empty() {
            let bound = match claim {
                Some(claim) => self.store.bind_key(tenant, summary.id, claim).await?,
                None => true,
            };
            return Ok(bound.then(|| summary.clone()));
        }
        let amend = Amend {
            customer: summary.id,
            identity: &customer.identity,
            contact: &contact,
            changed: &changed,
            expected: summary.version,
            event: self.ids.mint(),
            claim,
        };
        match self.store.amend(tenant, &amend).await? {
            AmendOutcome::Amended(customer) => {
                self.wake.wake();
                Ok(Some(customer))
            }
            AmendOutcome::Outrun => Ok(None),
        }
    }
}

/// What an earlier request under the same key means for this one.
fn replayed(
    basis: &AmendmentBasis,
    claim: Option<&KeyClaim>,
) -> Option<Result<Amended, AmendError>> {
    let (used_with, claim) = basis.bound.zip(claim)?;
    if claim.repeats(used_with).is_err() {
        return Some(Err(AmendError::KeyConflict));
    }
    let customer = basis.subject.known()?.summary.clone();
    Some(Ok(Amended {
        customer,
        replayed: true,
    }))
}
