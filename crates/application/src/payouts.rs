//! Making a payout: stored here at once, sent to the rail afterwards.

use std::sync::Arc;

use vouch_domain::{
    customer::Status,
    form::{FieldProblem, InvalidPayout, recipient_email_missing},
    idempotency::{Fingerprint, KeyClaim},
    payout::{Payout, PayoutRequest, Recipient},
    ports::{InsertPayout, PayoutBasis, PayoutCustomer, PayoutQuestion, Payouts, StoreError},
    tenant::Tenant,
};

use crate::{
    background::Wake,
    digest::Digests,
    ids::IdMint,
    money_lines::MoneyLines,
    patience::Patience,
    steps::{self, Step},
};

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
    /// The merchant reference was used for another payout.
    #[error("the merchant reference was used for another payout")]
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
    digests: Arc<Digests>,
    wake: Wake,
}

impl MakePayout {
    /// The use case on this store. `wake` wakes whoever sends payouts to the rail.
    #[must_use]
    pub fn new(
        store: Arc<dyn Payouts>,
        lines: MoneyLines,
        ids: Arc<IdMint>,
        digests: Arc<Digests>,
        wake: Wake,
    ) -> Self {
        Self {
            store,
            lines,
            ids,
            digests,
            wake,
        }
    }

    /// Makes the payout that the form describes, or answers with the one that the key is bound to, or that was asked for
    /// under its merchant reference.
    ///
    /// # Errors
    /// See [`MakePayoutError`].
    pub async fn make(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<PayoutRequest, InvalidPayout>,
    ) -> Result<PayoutMade, MakePayoutError> {
        let mut patience = Patience::new();
        loop {
            if let Some(made) = self.attempt(tenant, claim, &form).await? {
                return Ok(made);
            }
            patience.again().await?;
        }
    }

    /// Nothing when somebody was faster.
    async fn attempt(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: &Result<PayoutRequest, InvalidPayout>,
    ) -> Result<Option<PayoutMade>, MakePayoutError> {
        let question = match form {
            Ok(request) => request.into(),
            Err(invalid) => PayoutQuestion {
                customer: invalid.relies_on.as_ref(),
                merchant_reference: None,
            },
        };
        let basis = self.store.payout_basis(tenant, question, claim).await?;
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
            Err(invalid) => {
                let problems = all_problems(invalid.clone(), basis.customer.as_ref());
                return Err(MakePayoutError::Invalid(problems));
            }
        };
        match basis.namesake {
            Some((asked, _)) if Some(asked) != self.asked(request, basis.customer.as_ref()) => {
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
            asked: self.hashed(request, &customer, &recipient),
            claim,
        };
        let inserted = self.store.insert_payout(tenant, &insert).await?;
        if inserted.is_some() {
            steps::pass(Step::PayoutStored);
            self.wake.wake();
        }
        Ok(inserted.map(PayoutMade::New))
    }

    /// What the request asks for. The customer's own address counts whether it is held or not: a payout to it was asked for
    /// while it was. Nothing where nobody could get the money.
    fn asked(
        &self,
        request: &PayoutRequest,
        customer: Option<&PayoutCustomer>,
    ) -> Option<Fingerprint> {
        let customer = customer?;
        let recipient = request.recipient.resolved(customer.own_address.as_ref())?;
        Some(self.hashed(request, customer, &recipient))
    }

    fn hashed(
        &self,
        request: &PayoutRequest,
        customer: &PayoutCustomer,
        recipient: &Recipient,
    ) -> Fingerprint {
        let canonical = request.canonical(customer.id, recipient);
        self.digests.fingerprint(canonical.as_bytes())
    }
}

/// The problems of the form, and the one that only the customer shows. Of one that may not transact there is another thing
/// to say first.
fn all_problems(invalid: InvalidPayout, relied_on: Option<&PayoutCustomer>) -> Vec<FieldProblem> {
    let lacks_address = |customer: &PayoutCustomer| {
        customer.status == Status::Verified && customer.held_address.is_none()
    };
    match relied_on.is_some_and(lacks_address) {
        true => invalid.without_address(),
        false => invalid.problems,
    }
}
