use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::{
    customer::{
        CustomerHandle, CustomerSummary, Explanation, RailReason, Rejection, StatusChange,
        Transition, TransitionRefused,
    },
    id::{CustomerId, EventId, StatusChangeId},
    idempotency::{Fingerprint, KeyClaim},
    tenant::Tenant,
};

/// Changes of customers' statuses. What may follow what, the domain has judged before.
#[async_trait]
pub trait StatusChanges: Send + Sync {
    /// All that judging a change needs: the customer, and what the key is bound to. Nothing for a customer that the
    /// tenant does not have.
    async fn status_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<StatusBasis>, StoreError>;

    /// Moves the customer on, if nothing that bears on its status has happened since the change was judged: status, version,
    /// event, history, the hold on its Interac e-mail and the key, all of it or nothing.
    ///
    /// The hold is released when the customer is rejected or closed, and taken again when a rejected one comes back. If
    /// another customer has it by then, one that the rail revives goes without, and the history says so; one that a
    /// submission revives stays where it is. A customer with a payout that is processing is not closed.
    async fn transition(
        &self,
        tenant: Tenant,
        change: &ChangeStatus<'_>,
    ) -> Result<TransitionOutcome, StoreError>;

    /// Keeps a refused change for operators: once, however often it is asked for before the next event.
    async fn record_refusal(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        id: StatusChangeId,
        refused: TransitionRefused,
    ) -> Result<(), StoreError>;

    /// Replaces the explanation of a customer's present rejection, unless the rail gave that at a later time. Does
    /// nothing for a customer that is not rejected.
    async fn explain_rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        explanation: &Explanation,
    ) -> Result<(), StoreError>;
}

/// What a change of a status is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusBasis {
    /// The customer as it is.
    pub customer: CustomerSummary,
    /// The number of the last event that bore on its status: a change of it, or a submission. 0 where there was none.
    pub status_event: i32,
    /// The body with which the key was used before, if it was.
    pub bound: Option<Fingerprint>,
}

/// A change of a status to be stored.
#[derive(Debug, Clone)]
pub struct ChangeStatus<'a> {
    /// Whose status changes.
    pub customer: CustomerId,
    /// What the domain allows.
    pub transition: Transition,
    /// The number of the last event that bore on the status when the change was judged. Once there was another one,
    /// nothing is changed. Whatever else happens to the customer meanwhile, such as an amendment, is in no change's way.
    pub status_event: i32,
    /// The id of the event.
    pub event: EventId,
    /// Why: of a rejection, and of nothing else.
    pub explanation: Option<&'a Explanation>,
    /// The lease of the review that found it, if one did: without it, nothing is changed any more.
    pub review: Option<Uuid>,
    /// The caller's key, if it gave one.
    pub claim: Option<&'a KeyClaim>,
}

/// How a change of a status ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransitionOutcome {
    /// Stored.
    Changed {
        /// As it is now.
        customer: CustomerSummary,
        /// Whether it came back, and another customer has its Interac e-mail.
        hold_lost: bool,
    },
    /// The status was changed since, or the customer submitted; or somebody used the key, or the lease has passed to another.
    Outrun,
    /// Another customer has the Interac e-mail of one that a submission would revive.
    InteracEmailTaken,
    /// A payout of the customer that was to be closed is processing. Nothing is stored.
    PayoutsProcessing,
}

/// What became of customers' statuses.
#[async_trait]
pub trait StatusHistory: Send + Sync {
    /// Every change that was asked for, oldest first; none for an unknown customer.
    async fn status_history(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Vec<StatusChange>, StoreError>;

    /// Why the customer is rejected; nothing for one that is not, or whose rejection nobody recorded.
    async fn rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<Rejection>, StoreError>;

    /// The same in the rail's own words, where it gave any. For operators alone.
    async fn rail_reason(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<RailReason>, StoreError>;

    /// Whether the customer holds its Interac e-mail.
    async fn holds_interac_email(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError>;
}
