//! Customers that the Treasury API makes: payers and beneficiaries without a KYC identity, unknown to the rail.

use std::{sync::Arc, time::Duration};

use vouch_domain::{
    customer::{NewTreasuryCustomer, TreasuryCustomer},
    form::FieldProblem,
    id::CustomerId,
    idempotency::{Grant, Keep, KeptAnswer, KeyClaim},
    ports::{CreateTreasuryCustomer, StoreError, TreasuryCustomers},
    tenant::Tenant,
};

use crate::{
    ids::IdMint,
    kept_answers::{Answered, Ended, KeptAnswers, KeyError, OperationError, Unwritten},
};

/// Longer than the one statement may take, connection included.
const LEASE: Duration = Duration::from_secs(15);

/// Why there is no customer to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateTreasuryCustomerError {
    /// The body breaks rules, and its key is not bound to an answer.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key could be neither claimed nor replayed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperationError for CreateTreasuryCustomerError {
    fn is_unclear(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

/// The use case.
#[derive(Clone)]
pub struct CreateCustomerForTreasury {
    store: Arc<dyn TreasuryCustomers>,
    answers: KeptAnswers,
    ids: Arc<IdMint>,
}

impl CreateCustomerForTreasury {
    /// The use case on this store.
    #[must_use]
    pub fn new(store: Arc<dyn TreasuryCustomers>, answers: KeptAnswers, ids: Arc<IdMint>) -> Self {
        Self {
            store,
            answers,
            ids,
        }
    }

    /// Creates the customer that the form describes, answering as `render` has it, or repeats the answer that the key is
    /// bound to.
    ///
    /// # Errors
    /// See [`CreateTreasuryCustomerError`].
    pub async fn create(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        form: Result<NewTreasuryCustomer, Vec<FieldProblem>>,
        render: fn(&TreasuryCustomer) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Answered, CreateTreasuryCustomerError> {
        let use_case = self.clone();
        let invalid = CreateTreasuryCustomerError::Invalid;
        let operation =
            |grant, new| async move { use_case.store(tenant, &grant, &new, render).await };
        self.answers
            .once_if_valid(tenant, claim, LEASE, form, invalid, operation)
            .await
    }

    async fn store(
        &self,
        tenant: Tenant,
        grant: &Grant,
        new: &NewTreasuryCustomer,
        render: fn(&TreasuryCustomer) -> Result<KeptAnswer, Unwritten>,
    ) -> Result<Ended, CreateTreasuryCustomerError> {
        let id = CustomerId::of_time_ordered(grant.subject);
        let answer = render(&TreasuryCustomer::made(id, new)).map_err(KeyError::from)?;
        let create = CreateTreasuryCustomer {
            id,
            customer: new,
            event: self.ids.mint(),
            keep: Keep {
                grant,
                answer: &answer,
            },
        };
        let kept = self.store.create(tenant, &create).await?;
        let outrun = || StoreError::Defect("a new customer was outrun".to_owned());
        Ok(Ended::of(kept, answer).ok_or_else(outrun)?)
    }
}
