//! Opening a virtual account: stored here at once, ordered at the rail afterwards.

use std::sync::Arc;

use vouch_domain::{
    customer::{CustomerHandle, Status},
    form::FieldProblem,
    idempotency::KeyClaim,
    ports::{InsertAccount, StoreError, VirtualAccounts},
    tenant::Tenant,
    values::FiatCurrency,
    virtual_account::VirtualAccount,
};

use crate::{background::Wake, ids::IdMint, money_lines::MoneyLines, patience::Patience};

/// How a request for an account ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountOpened {
    /// The account is new.
    New(VirtualAccount),
    /// The account was there.
    Existing {
        /// As it is now.
        account: VirtualAccount,
        /// Whether the same key had asked for it.
        replayed: bool,
    },
}

/// Why there is no account to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenAccountError {
    /// The body breaks rules, and its key is not bound to an account.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
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
pub struct OpenVirtualAccount {
    store: Arc<dyn VirtualAccounts>,
    lines: MoneyLines,
    ids: Arc<IdMint>,
    wake: Wake,
}

impl OpenVirtualAccount {
    /// The use case on this store. `wake` wakes whoever orders accounts at the rail.
    #[must_use]
    pub fn new(
        store: Arc<dyn VirtualAccounts>,
        lines: MoneyLines,
        ids: Arc<IdMint>,
        wake: Wake,
    ) -> Self {
        Self {
            store,
            lines,
            ids,
            wake,
        }
    }

    /// Opens the account that the form describes, or answers with the one that the key is bound to, or that the customer
    /// has in this currency.
    ///
    /// # Errors
    /// See [`OpenAccountError`].
    pub async fn open(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: &KeyClaim,
        form: Result<FiatCurrency, Vec<FieldProblem>>,
    ) -> Result<AccountOpened, OpenAccountError> {
        let mut patience = Patience::new();
        loop {
            if let Some(opened) = self.attempt(tenant, customer, claim, &form).await? {
                return Ok(opened);
            }
            patience.again().await?;
        }
    }

    /// Nothing when somebody was faster.
    async fn attempt(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: &KeyClaim,
        form: &Result<FiatCurrency, Vec<FieldProblem>>,
    ) -> Result<Option<AccountOpened>, OpenAccountError> {
        let currency = form.as_ref().ok().copied();
        let basis = self
            .store
            .account_basis(tenant, customer, currency, claim)
            .await?;
        if let Some((used_with, account)) = basis.bound {
            claim
                .repeats(used_with)
                .map_err(|_| OpenAccountError::KeyConflict)?;
            return Ok(Some(AccountOpened::Existing {
                account,
                replayed: true,
            }));
        }
        let currency = form.clone().map_err(OpenAccountError::Invalid)?;
        if self.lines.of(tenant.env).is_none() {
            return Err(OpenAccountError::NoRail);
        }
        let customer = basis.customer.ok_or(OpenAccountError::UnknownCustomer)?;
        if customer.status != Status::Verified {
            return Err(OpenAccountError::NotVerified);
        }
        if let Some(account) = basis.open {
            let bound = self.store.bind_account_key(tenant, &account, claim).await?;
            return Ok(bound.then_some(AccountOpened::Existing {
                account,
                replayed: false,
            }));
        }
        let insert = InsertAccount {
            id: self.ids.mint(),
            customer: &customer,
            currency,
            claim,
        };
        let inserted = self.store.insert_account(tenant, &insert).await?;
        if inserted.is_some() {
            self.wake.wake();
        }
        Ok(inserted.map(AccountOpened::New))
    }
}
