use std::time::Duration;

use async_trait::async_trait;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    event::{AccountMark, EventDetail},
    id::{CustomerId, EventId, VirtualAccountId},
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, AccountBasis, AccountCustomer, AccountJob, AccountJobs, AccountPage,
        AccountPageRequest, AccountRelease, InsertAccount, PageError, RailAccountId,
        RailCustomerId, StoreError, VirtualAccounts,
    },
    tenant::{Env, Tenant},
    values::FiatCurrency,
    virtual_account::{AccountState, VirtualAccount},
};

use super::{InMemory, Stage, State, money::Looked, queries::cut};

/// An account, and who looks after it.
pub(super) struct AccountRecord {
    account: VirtualAccount,
    rail_account: Option<RailAccountId>,
    looked: Looked,
}

#[async_trait]
impl VirtualAccounts for InMemory {
    async fn account_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        currency: Option<FiatCurrency>,
        claim: &KeyClaim,
    ) -> Result<AccountBasis, StoreError> {
        let state = self.state().await?;
        let bound = state.bound(tenant, claim).and_then(|bound| {
            let id = VirtualAccountId::of_time_ordered(bound.subject?);
            let record = state.accounts.get(&tenant)?.get(&id)?;
            Some((bound.fingerprint, record.account.clone()))
        });
        let customer = state.find(tenant, customer).map(|found| AccountCustomer {
            id: found.summary.id,
            reference: found.summary.reference.clone(),
            status: found.summary.status,
        });
        let wanted = customer.as_ref().zip(currency).filter(|_| bound.is_none());
        let open = wanted.and_then(|(customer, currency)| {
            state.open_account(tenant, customer.id, currency).cloned()
        });
        Ok(AccountBasis {
            customer,
            bound,
            open,
        })
    }

    async fn insert_account(
        &self,
        tenant: Tenant,
        insert: &InsertAccount<'_>,
    ) -> Result<Option<VirtualAccount>, StoreError> {
        let mut state = self.state().await?;
        let customer = insert.customer.id;
        let open = state.open_account(tenant, customer, insert.currency);
        let found = state.find(tenant, &CustomerHandle::Id(customer));
        let is_verified = found.is_some_and(|found| found.summary.status == Status::Verified);
        if open.is_some() || !is_verified || state.bound(tenant, insert.claim).is_some() {
            return Ok(None);
        }
        let account = VirtualAccount {
            id: insert.id,
            customer,
            reference: insert.customer.reference.clone(),
            currency: insert.currency,
            state: AccountState::Provisioning,
        };
        let record = AccountRecord {
            account: account.clone(),
            rail_account: None,
            looked: Looked::due(state.now),
        };
        let accounts = state.accounts.entry(tenant).or_default();
        accounts.insert(account.id, record);
        state.bind_to(tenant, insert.claim, customer, account.id.uuid());
        Ok(Some(account))
    }

    async fn bind_account_key(
        &self,
        tenant: Tenant,
        account: &VirtualAccount,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        Ok(state.bind_to(tenant, claim, account.customer, account.id.uuid()))
    }

    async fn accounts_page(
        &self,
        tenant: Tenant,
        request: &AccountPageRequest,
    ) -> Result<Option<AccountPage>, PageError> {
        let state = self.state().await?;
        let Some(customer) = state.find(tenant, &request.customer) else {
            return Ok(None);
        };
        let customer = customer.summary.id;
        let accounts = state.accounts.get(&tenant).into_iter();
        let accounts = accounts.flat_map(|accounts| accounts.values().rev());
        let ours: Vec<_> = accounts
            .map(|record| &record.account)
            .filter(|account| account.customer == customer)
            .collect();
        let is_known = |after| ours.iter().any(|account| account.id == after);
        if request.after.is_some_and(|after| !is_known(after)) {
            return Err(PageError::UnknownCursor);
        }
        let matches = ours
            .into_iter()
            .filter(|account| request.after.is_none_or(|after| account.id < after))
            .cloned();
        let (accounts, has_more) = cut(matches, request.limit);
        Ok(Some(AccountPage { accounts, has_more }))
    }
}

#[async_trait]
impl AccountJobs for InMemory {
    async fn take_due_accounts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<AccountJob>, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let State {
            accounts,
            customers,
            ..
        } = &mut *state;
        let of_env = accounts.iter_mut().filter(|(tenant, _)| tenant.env == env);
        let due = of_env.flat_map(|(tenant, accounts)| {
            let customers = customers.get(tenant);
            accounts.values_mut().filter_map(move |record| {
                let customer = customers?.get(&record.account.customer)?;
                let Stage::Provisioned(rail_customer) = &customer.stage else {
                    return None;
                };
                let taken = record.looked.take(now, lease)?;
                Some(AccountJob {
                    tenant: *tenant,
                    account: record.account.id,
                    rail_customer: rail_customer.clone(),
                    currency: record.account.currency,
                    status: record.account.state.status(),
                    rail_account: record.rail_account.clone(),
                    absence_clear_in: taken.absence_clear_in,
                    lease: taken.token,
                    hastened: taken.hastened,
                })
            })
        });
        Ok(due.take(usize::from(limit)).collect())
    }

    async fn next_due_account(&self, env: Env) -> Result<Option<Duration>, StoreError> {
        let state = self.state().await?;
        let of_env = state
            .accounts
            .iter()
            .filter(|(tenant, _)| tenant.env == env);
        let records = of_env.flat_map(|(_, accounts)| accounts.values());
        Ok(records
            .filter_map(|record| record.looked.due_in(state.now))
            .min())
    }

    async fn account_customer(&self, job: &AccountJob) -> Result<Status, StoreError> {
        let state = self.state().await?;
        let accounts = &state.accounts[&job.tenant];
        Ok(state.status_of(job.tenant, accounts[&job.account].account.customer))
    }

    async fn bind_account(
        &self,
        job: &AccountJob,
        rail_account: &RailAccountId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let Some(record) = state.held_account(job) else {
            return Ok(false);
        };
        record.rail_account = Some(rail_account.clone());
        Ok(true)
    }

    async fn settle_account(
        &self,
        job: &AccountJob,
        after: &AccountState,
        event: EventId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(record) = state.held_account(job) else {
            return Ok(false);
        };
        record.account.state = after.clone();
        match after {
            AccountState::Active(_) => record.looked.rest(now, job.hastened),
            _ => record.looked.end(),
        }
        let customer = record.account.customer;
        let mark = AccountMark {
            account: job.account,
            currency: job.currency,
        };
        let detail = match after {
            AccountState::Active(_) => EventDetail::AccountActivated(mark),
            AccountState::Failed => EventDetail::AccountFailed(mark),
            AccountState::Provisioning | AccountState::Closed => return Ok(true),
        };
        state.log_event(job.tenant, customer, event, detail);
        Ok(true)
    }

    async fn release_account(
        &self,
        job: &AccountJob,
        release: AccountRelease,
    ) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(record) = state.held_account(job) else {
            return Ok(());
        };
        let looked = &mut record.looked;
        match release {
            AccountRelease::Failed(absence) => looked.release(now, absence, None, job.hastened),
            AccountRelease::LookAgain(pause) => {
                looked.release(now, AbsenceClear::AsBefore, Some(pause), job.hastened);
            }
            AccountRelease::Done => looked.rest(now, job.hastened),
        }
        Ok(())
    }

    async fn hasten_accounts(
        &self,
        env: Env,
        rail_account: &RailAccountId,
        rail_customer: Option<&RailCustomerId>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let State {
            accounts,
            customers,
            ..
        } = &mut *state;
        let mut is_any = false;
        for (tenant, accounts) in accounts.iter_mut().filter(|(tenant, _)| tenant.env == env) {
            for record in accounts.values_mut() {
                let customers = customers.get(tenant);
                let customer =
                    customers.and_then(|customers| customers.get(&record.account.customer));
                let is_theirs = customer.is_some_and(|customer| {
                    matches!(&customer.stage, Stage::Provisioned(id) if Some(id) == rail_customer)
                });
                let is_it = record.rail_account.as_ref() == Some(rail_account);
                if record.account.state.status().is_open() && (is_it || is_theirs) {
                    record.looked.hasten(now);
                    is_any = true;
                }
            }
        }
        Ok(is_any)
    }
}

impl State {
    fn open_account(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        currency: FiatCurrency,
    ) -> Option<&VirtualAccount> {
        let mut accounts = self
            .accounts
            .get(&tenant)?
            .values()
            .map(|record| &record.account);
        accounts.find(|account| {
            account.customer == customer
                && account.currency == currency
                && account.state.status().is_open()
        })
    }

    /// Closes the accounts of a customer that is closed.
    pub(super) fn end_accounts(&mut self, tenant: Tenant, customer: CustomerId, status: Status) {
        let accounts = self.accounts.get_mut(&tenant).into_iter();
        let records = accounts.flat_map(|accounts| accounts.values_mut());
        let open = records.filter(|record| {
            record.account.customer == customer && record.account.state.status().is_open()
        });
        for record in open.filter(|_| status == Status::Closed) {
            record.account.state = AccountState::Closed;
            record.looked.end();
        }
    }

    /// The account, if the job still has the lease.
    fn held_account(&mut self, job: &AccountJob) -> Option<&mut AccountRecord> {
        let record = self.accounts.get_mut(&job.tenant)?.get_mut(&job.account)?;
        record.looked.is_held_by(job.lease).then_some(record)
    }
}
