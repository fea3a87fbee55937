//! Making a payout: stored here at once, sent to the rail afterwards.

use std::sync::Arc;

use vouch_domain::{
    customer::Status,
    form::{FieldProblem, recipient_email_missing},
    idempotency::KeyClaim,
    payout::{Payout, PayoutRequest},
    ports::{InsertPayout, PayoutBasis, Payouts, StoreError},
    tenant::Tenant,
};

use crate::{
    background::Wake,
    ids::IdMint,
    money_lines::MoneyLines,
    steps::{self, Step},
};

/// How often a request is judged again because somebody else was faster.
const ATTEMPTS: u8 = 5;

/// How a request for a payout ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutMade {
    /// The payout is new.
    New(Payout),
    /// The payout was there.
    Existing {
        /// As it is now.
        payout: Payout,
        /// Whether the same key had asked for it.
        replayed: bool,
    },
}

/// Why there is no payout to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MakePayoutError {
    /// The body breaks rules, and its key is not bound to a payout.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The merchant reference was used with another body.
    #[error("the merchant reference was used with another body")]
    ReferenceUsed,
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    UnknownCustomer,
    /// The customer may not transact.
    #[error("the customer is not verified")]
    NotVerified,
    /// No rail is configured for the env.
    #[error("no rail is configured for this env")]
    NoRail,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct MakePayout {
    store: Arc<dyn Payouts>,
    lines: MoneyLines,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl MakePayout {
    /// The use case on this store. `wake` wakes whoever sends payouts to the rail.
    #[must_use]
    pub fn new(store: Arc<dyn Payouts>, lines: MoneyLines, ids: Arc<IdMint>, wake: Wake) -> Self {
        Self {
            store,
            lines,
            ids,
            wake,
        }
    }

    /// Makes the payout that the form describes, or answers with the one that the key is bound to, or that has its
    /// merchant reference.
    ///
    /// # Errors
    /// See [`MakePayoutError`].
    pub async fn make(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<PayoutRequest, Vec<FieldProblem>>,
    ) -> Result<PayoutMade, MakePayoutError> {
        for _ in 0..ATTEMPTS {
            if let Some(made) = self.attempt(tenant, claim, &form).await? {
                return Ok(made);
            }
        }
        let contended = StoreError::Unavailable("others kept changing the customer".to_owned());
        Err(MakePayoutError::Store(contended))
    }

    /// Nothing when somebody was faster.
    async fn attempt(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: &Result<PayoutRequest, Vec<FieldProblem>>,
    ) -> Result<Option<PayoutMade>, MakePayoutError> {
        let basis = self
            .store
            .payout_basis(tenant, form.as_ref().ok(), claim)
            .await?;
        if let Some((used_with, payout)) = basis.bound {
            claim
                .repeats(used_with)
                .map_err(|_| MakePayoutError::KeyConflict)?;
            return Ok(Some(PayoutMade::Existing {
                payout,
                replayed: true,
            }));
        }
        let request = match form {
            Ok(request) => request,
            Err(problems) => return Err(MakePayoutError::Invalid(problems.clone())),
        };
        match basis.namesake {
            Some((asked_with, _)) if asked_with != claim.fingerprint => {
                Err(MakePayoutError::ReferenceUsed)
            }
            Some((_, payout)) => {
                let bound = self.store.bind_payout_key(tenant, &payout, claim).await?;
                Ok(bound.then_some(PayoutMade::Existing {
                    payout,
                    replayed: false,
                }))
            }
            None => self.insert(tenant, claim, request, basis).await,
        }
    }

    async fn insert(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        request: &PayoutRequest,
        basis: PayoutBasis,
    ) -> Result<Option<PayoutMade>, MakePayoutError> {
        if self.lines.of(tenant.env).is_none() {
            return Err(MakePayoutError::NoRail);
        }
        let customer = basis.customer.ok_or(MakePayoutError::UnknownCustomer)?;
        if customer.status != Status::Verified {
            return Err(MakePayoutError::NotVerified);
        }
        let recipient = request.recipient.resolved(customer.held_address.as_ref());
        let recipient =
            recipient.ok_or_else(|| MakePayoutError::Invalid(vec![recipient_email_missing()]))?;
        let insert = InsertPayout {
            id: self.ids.mint(),
            customer: &customer,
            request,
            recipient: &recipient,
            claim,
        };
        let inserted = self.store.insert_payout(tenant, &insert).await?;
        if inserted.is_some() {
            steps::pass(Step::PayoutStored);
            self.wake.wake();
        }
        Ok(inserted.map(PayoutMade::New))
    }
}
