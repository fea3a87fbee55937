use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{AbsenceClear, PageError, RailAccountId, RailCustomerId, StoreError};
use crate::{
    customer::{CustomerHandle, Status},
    id::{CustomerId, EventId, VirtualAccountId},
    idempotency::{Fingerprint, KeyClaim},
    tenant::{Env, Tenant},
    values::{CustomerReference, FiatCurrency},
    virtual_account::{AccountState, AccountStatus, VirtualAccount},
};

/// The virtual accounts of customers.
#[async_trait]
pub trait VirtualAccounts: Send + Sync {
    /// All that judging a request for an account needs, in one read. Without a currency only the key is looked at.
    async fn account_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        currency: Option<FiatCurrency>,
        claim: &KeyClaim,
    ) -> Result<AccountBasis, StoreError>;

    /// Stores an account that is to be opened at the rail, and binds the key: both, or neither. Nothing when somebody used
    /// the key, opened such an account, or changed the customer since the basis was read: read it again.
    async fn insert_account(
        &self,
        tenant: Tenant,
        insert: &InsertAccount<'_>,
    ) -> Result<Option<VirtualAccount>, StoreError>;

    /// Binds a key to an account that was there. Answers whether the key was free.
    async fn bind_account_key(
        &self,
        tenant: Tenant,
        account: &VirtualAccount,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError>;

    /// A page of one customer's accounts, newest first, or nothing for an unknown customer.
    async fn accounts_page(
        &self,
        tenant: Tenant,
        request: &AccountPageRequest,
    ) -> Result<Option<AccountPage>, PageError>;
}

/// What a request for an account is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountBasis {
    /// The customer, if the tenant has it.
    pub customer: Option<AccountCustomer>,
    /// What the key is bound to, and the body that it was used with.
    pub bound: Option<(Fingerprint, VirtualAccount)>,
    /// The open account of this customer in this currency.
    pub open: Option<VirtualAccount>,
}

/// A customer who is to have an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCustomer {
    /// Which one.
    pub id: CustomerId,
    /// The organisation's own name for it.
    pub reference: CustomerReference,
    /// How far the rail's decision about it has come.
    pub status: Status,
}

/// An account to be stored.
#[derive(Debug, Clone)]
pub struct InsertAccount<'a> {
    /// The id that it will have.
    pub id: VirtualAccountId,
    /// Whose it will be; has to be verified still.
    pub customer: &'a AccountCustomer,
    /// What will be paid into it.
    pub currency: FiatCurrency,
    /// The caller's key.
    pub claim: &'a KeyClaim,
}

/// Which accounts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPageRequest {
    /// Whose accounts.
    pub customer: CustomerHandle,
    /// At most so many, 1–100.
    pub limit: u8,
    /// Only accounts older than this one.
    pub after: Option<VirtualAccountId>,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// Newest first.
    pub accounts: Vec<VirtualAccount>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// Following accounts at the rail, shared among processes.
///
/// Every account that is provisioning is followed, and an active one once more whenever the rail says something of its
/// customer's accounts. When a customer is closed, its accounts are closed in the same step, and nobody follows them.
#[async_trait]
pub trait AccountJobs: Send + Sync {
    /// Takes accounts of an env that are due, at most `limit`, under a lease on the store's clock. Each attempt puts the
    /// next one off for longer. No account is given to two processes at once.
    async fn take_due_accounts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<AccountJob>, StoreError>;

    /// In how long the next account of an env is due; nothing when none is.
    async fn next_due_account(&self, env: Env) -> Result<Option<Duration>, StoreError>;

    /// How far the decision about the account's customer has come by now. Accounts are ordered for verified ones alone.
    async fn account_customer(&self, job: &AccountJob) -> Result<Status, StoreError>;

    /// Notes by which id the rail knows the account. Answers whether the lease still stood; else nothing is noted.
    async fn bind_account(
        &self,
        job: &AccountJob,
        rail_account: &RailAccountId,
    ) -> Result<bool, StoreError>;

    /// Moves the account on from the job's status to one that follows from it, appends the event, if that change has one,
    /// and ends the job: all of it, or nothing when the lease has passed to somebody else.
    async fn settle_account(
        &self,
        job: &AccountJob,
        after: &AccountState,
        event: EventId,
    ) -> Result<bool, StoreError>;

    /// Gives the lease back with the account as it is. Does nothing when the lease has passed to somebody else.
    async fn release_account(
        &self,
        job: &AccountJob,
        release: AccountRelease,
    ) -> Result<(), StoreError>;

    /// Makes an account due at once, and all other open ones of its customer, if that is known: the rail may speak of an
    /// account before its id is noted here. Somebody who is looking after one of them has it looked after again. Answers
    /// whether there are any.
    async fn hasten_accounts(
        &self,
        env: Env,
        rail_account: &RailAccountId,
        rail_customer: Option<&RailCustomerId>,
    ) -> Result<bool, StoreError>;
}

/// How the lease of an account is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRelease {
    /// The rail failed: the next attempt comes when it is due. Says when absence at the rail will be clear.
    Failed(AbsenceClear),
    /// Somebody is to look again after this time.
    LookAgain(Duration),
    /// Nothing is to be done until the rail says something.
    Done,
}

/// An account that is held under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountJob {
    /// Whose it is.
    pub tenant: Tenant,
    /// Which account.
    pub account: VirtualAccountId,
    /// Its customer at the rail.
    pub rail_customer: RailCustomerId,
    /// What is paid into it.
    pub currency: FiatCurrency,
    /// How far it has come here.
    pub status: AccountStatus,
    /// The account at the rail, once that has told its id.
    pub rail_account: Option<RailAccountId>,
    /// How long from the grant until absence at the rail proves that nothing was ordered. Zero: at once.
    pub absence_clear_in: Duration,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
    /// How often somebody wanted it looked after at once.
    pub hastened: i32,
}
