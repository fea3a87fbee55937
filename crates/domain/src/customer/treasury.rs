//! Customers as the Treasury API sees them: payers and beneficiaries, whichever contract made them.

use chrono::{DateTime, Utc};

use crate::{
    id::CustomerId,
    values::{CustomerName, CustomerType, DisplayName, TreasuryEmail},
};

/// Everything an organisation said of a customer when it had the Treasury API make it. No identity is known, so there is
/// nothing that the rail could verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTreasuryCustomer {
    /// What it is called.
    pub name: CustomerName,
    /// Where to reach it; not unique.
    pub email: TreasuryEmail,
    /// Person or business.
    pub customer_type: CustomerType,
}

/// A customer of a tenant: made by either contract, or the organisation itself as its own primary customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreasuryCustomer {
    /// Its id, which also tells when it was created.
    pub id: CustomerId,
    /// What it is called.
    pub name: DisplayName,
    /// Where to reach it.
    pub email: TreasuryEmail,
    /// Person or business.
    pub customer_type: CustomerType,
    /// Whether it stands for the organisation itself. Each tenant has exactly one such customer.
    pub is_primary: bool,
}

impl TreasuryCustomer {
    /// What becomes of a new customer under this id.
    #[must_use]
    pub fn made(id: CustomerId, new: &NewTreasuryCustomer) -> Self {
        Self {
            id,
            name: DisplayName::from(&new.name),
            email: new.email.clone(),
            customer_type: new.customer_type,
            is_primary: false,
        }
    }

    /// When it was created.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.id.created_at()
    }
}
