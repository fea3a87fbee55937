//! Moving a customer from one status to another, whoever asks.

use std::sync::Arc;

use vouch_domain::{
    customer::{Cause, CustomerHandle, CustomerSummary, Explanation, Status, TransitionRefused},
    idempotency::KeyClaim,
    ports::{ChangeStatus, DueReview, StatusBasis, StatusChanges, StoreError, TransitionOutcome},
    tenant::Tenant,
};

use crate::{ids::IdMint, patience::Patience};

/// A change of a status that somebody asks for.
pub struct Move<'a> {
    /// Whose.
    pub customer: &'a CustomerHandle,
    /// Where to.
    pub to: Status,
    /// Who asks.
    pub cause: Cause,
    /// Why, of a rejection.
    pub explanation: Option<&'a Explanation>,
    /// The look that found it, if one did: whatever has borne on the status since makes it worthless.
    pub review: Option<&'a DueReview>,
    /// The caller's key, if it gave one.
    pub claim: Option<&'a KeyClaim>,
}

/// How a change ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is done.
    Now {
        /// As it is now.
        customer: CustomerSummary,
        /// Whether it came back, and another customer has its Interac e-mail.
        hold_lost: bool,
    },
    /// The customer was there already.
    Already(CustomerSummary),
    /// An earlier request under the same key had done it.
    Before(CustomerSummary),
}

/// Why a status is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The rules do not allow it; that it was asked for is recorded.
    #[error(transparent)]
    Refused(#[from] TransitionRefused),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The look that found the change is worthless: the customer's status has changed since, or it was submitted, or
    /// another look has begun.
    #[error("the rail was asked about the customer as it stood before")]
    Outrun,
    /// Another customer has the Interac e-mail of one that a submission would revive.
    #[error("another customer has the Interac e-mail")]
    InteracEmailTaken,
    /// A payout of a customer that is to be closed is processing.
    #[error("a payout of the customer is processing")]
    PayoutsProcessing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves customers.
#[derive(Clone)]
pub struct Transitions {
    store: Arc<dyn StatusChanges>,
    ids: Arc<IdMint>,
}

impl Transitions {
    /// On this store.
    #[must_use]
    pub fn new(store: Arc<dyn StatusChanges>, ids: Arc<IdMint>) -> Self {
        Self { store, ids }
    }

    /// Moves a customer, if the rules allow it from where the customer is when it is done.
    ///
    /// # Errors
    /// See [`MoveError`].
    pub async fn move_customer(
        &self,
        tenant: Tenant,
        wanted: &Move<'_>,
    ) -> Result<Moved, MoveError> {
        let mut patience = Patience::new();
        loop {
            let basis = self
                .store
                .status_basis(tenant, wanted.customer, wanted.claim)
                .await?
                .ok_or(MoveError::NotFound)?;
            if wanted
                .review
                .is_some_and(|review| review.status_event != basis.status_event)
            {
                return Err(MoveError::Outrun);
            }
            let customer = &basis.customer;
            if let Some((claim, used_with)) = wanted.claim.zip(basis.bound) {
                claim
                    .repeats(used_with)
                    .map_err(|_| MoveError::KeyConflict)?;
                return Ok(Moved::Before(basis.customer));
            }
            // A closed customer waits for nothing: that the rail has not decided is no news.
            let is_news = wanted.review.is_none()
                || !customer.status.is_final()
                || wanted.to != Status::Pending;
            if customer.status == wanted.to || !is_news {
                return Ok(Moved::Already(basis.customer));
            }
            match self.attempt(tenant, wanted, &basis).await? {
                TransitionOutcome::Changed {
                    customer,
                    hold_lost,
                } => {
                    return Ok(Moved::Now {
                        customer,
                        hold_lost,
                    });
                }
                TransitionOutcome::InteracEmailTaken => return Err(MoveError::InteracEmailTaken),
                TransitionOutcome::PayoutsProcessing => return Err(MoveError::PayoutsProcessing),
                // What it found is as worthless the next time.
                TransitionOutcome::Outrun if wanted.review.is_some() => {
                    return Err(MoveError::Outrun);
                }
                TransitionOutcome::Outrun => patience.again().await?,
            }
        }
    }

    async fn attempt(
        &self,
        tenant: Tenant,
        wanted: &Move<'_>,
        basis: &StatusBasis,
    ) -> Result<TransitionOutcome, MoveError> {
        let customer = &basis.customer;
        let transition = match customer.status.transition(wanted.to, wanted.cause) {
            Ok(transition) => transition,
            Err(refused) => {
                let id = self.ids.mint();
                self.store
                    .record_refusal(tenant, customer.id, id, refused)
                    .await?;
                return Err(refused.into());
            }
        };
        let change = ChangeStatus {
            customer: customer.id,
            transition,
            status_event: basis.status_event,
            event: self.ids.mint(),
            explanation: wanted.explanation,
            review: wanted.review.map(|review| review.lease),
            claim: wanted.claim,
        };
        Ok(self.store.transition(tenant, &change).await?)
    }

    /// Replaces the explanation of a rejection that stands.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn explain(
        &self,
        tenant: Tenant,
        customer: &CustomerSummary,
        explanation: &Explanation,
    ) -> Result<(), StoreError> {
        self.store
            .explain_rejection(tenant, customer.id, explanation)
            .await
    }
}
