//! What operators may know of a customer: how it came to be where it is, and why.

use std::sync::Arc;

use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, RailReason, Rejection, StatusChange},
    ports::{CustomerQueries, StatusHistory, StoreError},
    tenant::Tenant,
};

/// A customer and its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFile {
    /// As it is now.
    pub customer: CustomerSummary,
    /// Whether it holds its Interac e-mail.
    pub holds_interac_email: bool,
    /// Every change of its status that was asked for, oldest first.
    pub history: Vec<StatusChange>,
}

/// Why a customer is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyRejected {
    /// In our words.
    pub rejection: Rejection,
    /// In the rail's, where it gave any.
    pub reason: Option<RailReason>,
}

/// Reads customers' files.
#[derive(Clone)]
pub struct CustomerFiles {
    queries: Arc<dyn CustomerQueries>,
    history: Arc<dyn StatusHistory>,
}

impl CustomerFiles {
    /// On these ports.
    #[must_use]
    pub fn new(queries: Arc<dyn CustomerQueries>, history: Arc<dyn StatusHistory>) -> Self {
        Self { queries, history }
    }

    /// The file of a customer, if the tenant has it.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn show(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
    ) -> Result<Option<CustomerFile>, StoreError> {
        let Some(customer) = self.queries.find(tenant, customer).await? else {
            return Ok(None);
        };
        let history = self.history.status_history(tenant, customer.id).await?;
        let holds = self
            .history
            .holds_interac_email(tenant, customer.id)
            .await?;
        Ok(Some(CustomerFile {
            customer,
            holds_interac_email: holds,
            history,
        }))
    }

    /// Why a customer is rejected, if it is.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn why_rejected(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
    ) -> Result<Option<WhyRejected>, StoreError> {
        let Some(customer) = self.queries.find(tenant, customer).await? else {
            return Ok(None);
        };
        let rejection = self.history.rejection(tenant, customer.id).await?;
        let reason = self.history.rail_reason(tenant, customer.id).await?;
        Ok(rejection.map(|rejection| WhyRejected { rejection, reason }))
    }
}
