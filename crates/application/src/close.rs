//! Closing a customer for good.

use std::sync::Arc;

use vouch_domain::{
    customer::{Cause, CustomerHandle, CustomerSummary, Status},
    idempotency::KeyClaim,
    ports::{Customers, StoreError},
    tenant::Tenant,
};

use crate::transitions::{Move, MoveError, Moved, Transitions};

/// A customer that is closed by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// As it is now.
    pub customer: CustomerSummary,
    /// Whether an earlier request under the same key had done it.
    pub replayed: bool,
}

/// Why a customer was not closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// A payout of the customer is processing.
    #[error("a payout of the customer is processing")]
    PayoutsProcessing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MoveError> for CloseError {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::NotFound => Self::NotFound,
            MoveError::KeyConflict => Self::KeyConflict,
            MoveError::PayoutsProcessing => Self::PayoutsProcessing,
            MoveError::Store(error) => Self::Store(error),
            // Whoever may close may do so from everywhere, takes no address, and has looked at nothing before.
            MoveError::Refused(_) | MoveError::InteracEmailTaken | MoveError::Outrun => {
                Self::Store(StoreError::Defect(error.to_string()))
            }
        }
    }
}

/// The use case.
#[derive(Clone)]
pub struct CloseCustomer {
    transitions: Transitions,
    keys: Arc<dyn Customers>,
}

impl CloseCustomer {
    /// The use case on these ports.
    #[must_use]
    pub fn new(transitions: Transitions, keys: Arc<dyn Customers>) -> Self {
        Self { transitions, keys }
    }

    /// Closes a customer. One that is closed stays so.
    ///
    /// # Errors
    /// See [`CloseError`].
    pub async fn close(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        cause: Cause,
        claim: Option<&KeyClaim>,
    ) -> Result<Closed, CloseError> {
        let wanted = Move {
            customer,
            to: Status::Closed,
            cause,
            explanation: None,
            review: None,
            claim,
        };
        match self.transitions.move_customer(tenant, &wanted).await? {
            Moved::Now { customer, .. } => Ok(Closed {
                customer,
                replayed: false,
            }),
            Moved::Before(customer) => Ok(Closed {
                customer,
                replayed: true,
            }),
            Moved::Already(customer) => self.bind(tenant, customer, claim).await,
        }
    }

    /// Binds the key to a customer that was closed before.
    async fn bind(
        &self,
        tenant: Tenant,
        customer: CustomerSummary,
        claim: Option<&KeyClaim>,
    ) -> Result<Closed, CloseError> {
        if let Some(claim) = claim {
            // A key that somebody used meanwhile was used for the same: the customer is closed.
            self.keys.bind_key(tenant, customer.id, claim).await?;
        }
        Ok(Closed {
            customer,
            replayed: false,
        })
    }
}
